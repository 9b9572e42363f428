//! Image files as the pipeline wants them: decoded, standing upright as their camera noted it (EXIF),
//! of a size that the pipeline takes. Nothing is allocated for what is larger, and a file on which a
//! decoder panics (zune-jpeg 0.5.15 does on some) is one that cannot be read: it ends no run.

use std::fs::File;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use face_pipeline::{ImageError, ImageView, PixelFormat, Rotation};
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage, imageops};
use zeroize::Zeroizing;

/// Largest picture, decoded, and largest file: the pipeline's longest side squared, four bytes a pixel.
const MAX_BYTES: usize = ImageView::MAX_SIDE_PX * ImageView::MAX_SIDE_PX * 4;

/// A decoded image, zeroed when dropped.
pub struct Photo {
    pixels: Zeroizing<Vec<u8>>,
    width: usize,
    height: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error("cannot open image {path}", path = path.display())]
    Open {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot decode image {path}", path = path.display())]
    Decode {
        path: PathBuf,
        source: image::ImageError,
    },
    #[error("cannot decode image {path}: it is damaged, or of a kind on which the decoder gives up", path = path.display())]
    Unusual { path: PathBuf },
    #[error("cannot use image {path}: scale it", path = path.display())]
    Size { path: PathBuf, source: ImageError },
    #[error("cannot use image {path}: more than {limit} MiB", path = path.display(), limit = MAX_BYTES >> 20)]
    TooLarge { path: PathBuf },
    #[error("cannot encode a chip photo: {0}")]
    Encode(String),
    #[error("cannot decode the chip photo just encoded")]
    ChipDecode(#[source] image::ImageError),
}

impl Photo {
    pub fn open(path: &Path) -> Result<Self, PhotoError> {
        let bytes = read(path)?;
        let decode = AssertUnwindSafe(|| upright(&bytes));
        let unusual = || PhotoError::Unusual { path: path.into() };
        let decoded = catch_unwind(decode).map_err(|_| unusual())?;
        let decoded = decoded.map_err(|refusal| refusal.of(path))?;
        Ok(Self::new(decoded.into_rgb8()))
    }

    /// A stored frame of a camera that is mounted turned, standing upright.
    pub fn frame(path: &Path, rotation: Rotation) -> Result<Self, PhotoError> {
        let photo = Self::open(path)?;
        let turn = match rotation {
            Rotation::None => return Ok(photo),
            Rotation::Quarter => imageops::rotate90,
            Rotation::Half => imageops::rotate180,
            Rotation::ThreeQuarters => imageops::rotate270,
        };
        Ok(photo.rgb().map_or(photo, |image| Self::new(turn(&image))))
    }

    pub fn new(image: RgbImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        Self {
            pixels: Zeroizing::new(image.into_raw()),
            width,
            height,
        }
    }

    pub fn view(&self) -> Result<ImageView<'_>, ImageError> {
        ImageView::packed(&self.pixels, self.width, self.height, PixelFormat::Rgb8)
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.height
    }

    /// Red, green, blue, without gaps.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    pub fn rgb(&self) -> Option<RgbImage> {
        RgbImage::from_raw(self.width as u32, self.height as u32, self.pixels.to_vec())
    }
}

/// The bytes of a file; a device that never ends is none.
fn read(path: &Path) -> Result<Vec<u8>, PhotoError> {
    let failed = |source| PhotoError::Open {
        path: path.into(),
        source,
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    let long = file.metadata().map_err(failed)?.len();
    let most = MAX_BYTES as u64;
    if long <= most {
        file.take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
    }
    if long > most || bytes.len() > MAX_BYTES {
        return Err(PhotoError::TooLarge { path: path.into() });
    }
    Ok(bytes)
}

/// Why bytes are no picture, whatever file they are from.
enum Refusal {
    Decode(image::ImageError),
    Size(ImageError),
    TooLarge,
}

impl From<image::ImageError> for Refusal {
    fn from(error: image::ImageError) -> Self {
        Self::Decode(error)
    }
}

impl Refusal {
    fn of(self, path: &Path) -> PhotoError {
        let path = path.into();
        match self {
            Self::Decode(source) => PhotoError::Decode { path, source },
            Self::Size(source) => PhotoError::Size { path, source },
            Self::TooLarge => PhotoError::TooLarge { path },
        }
    }
}

/// Phones store what their sensor saw, and beside it how the phone was held. What a picture needs is
/// known from its head, before anything is allocated for it.
fn upright(bytes: &[u8]) -> Result<DynamicImage, Refusal> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_BYTES as u64);
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(image::ImageError::from)?;
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    check(&decoder)?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn check(decoder: &impl ImageDecoder) -> Result<(), Refusal> {
    let (width, height) = decoder.dimensions();
    let sides = 1..=ImageView::MAX_SIDE_PX as u32;
    if !sides.contains(&width) || !sides.contains(&height) {
        let (width, height) = (width as usize, height as usize);
        return Err(Refusal::Size(ImageError::Size { width, height }));
    }
    if decoder.total_bytes() > MAX_BYTES as u64 {
        return Err(Refusal::TooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageEncoder;
    use image::codecs::jpeg::JpegEncoder;

    /// EXIF of one entry, tag 0x0112: "turn by a quarter, clockwise" (CIPA DC-008, 4.6.4 A, value 6).
    const TURNED: &[u8] = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";

    #[test]
    fn a_photo_of_a_phone_held_upright_stands_upright() {
        // As the sensor lay: bright at the left. As the phone was held: bright above.
        let stored =
            RgbImage::from_fn(32, 16, |x, _| image::Rgb([if x < 16 { 250 } else { 5 }; 3]));
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new(&mut bytes);
        encoder.set_exif_metadata(TURNED.to_vec()).expect("EXIF");
        encoder.encode_image(&stored).expect("JPEG");
        let file = file(&bytes);

        let photo = Photo::open(file.path()).expect("a photo");

        assert_eq!((photo.width(), photo.height()), (16, 32));
        let pixels = photo.pixels();
        assert!(pixels[0] > 200 && pixels[pixels.len() - 1] < 50);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let file = file(b"\xff\xd8\xff\xe0 cut short");
        let error = Photo::open(file.path()).err().expect("no photo");
        let name = file.path().display().to_string();
        assert!(error.to_string().contains(&name), "{error}");
    }

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), bytes).expect("written");
        file
    }

    /// Found by fuzzing (hal/fuzz): zune-jpeg panics at colours finer than the brightness.
    #[test]
    fn a_picture_on_which_the_decoder_panics_cannot_be_read() {
        let bytes = include_bytes!("../../../tests/data/colours-finer-than-brightness.jpg");
        let file = file(bytes);
        let error = Photo::open(file.path()).err().expect("no photo");
        assert!(matches!(error, PhotoError::Unusual { .. }), "{error}");
        let name = file.path().display().to_string();
        assert!(error.to_string().contains(&name), "{error}");
    }

    /// A PNG's signature and first chunk (ISO/IEC 15948, 11.2.1), and the beginning of its pixels.
    fn png(side: u32, bits: u8, colour: u8) -> Vec<u8> {
        let mut head = b"IHDR".to_vec();
        head.extend([side.to_be_bytes(), side.to_be_bytes()].concat());
        head.extend([bits, colour, 0, 0, 0]);
        let check = crc(&head);
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
        png.extend(head);
        png.extend(check.to_be_bytes());
        png.extend(b"\0\0\0\x08IDAT\x78\x9c");
        png
    }

    /// ISO/IEC 15948, annex D.
    fn crc(bytes: &[u8]) -> u32 {
        let of_bit = |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), of_bit)
        })
    }

    /// A small file can ask for gigabytes; it did get them.
    #[test]
    fn what_is_too_large_is_refused_before_anything_is_allocated_for_it() {
        let refusal = |png: &[u8]| Photo::open(file(png).path()).err().expect("no photo");
        let grey = refusal(&png(60_000, 8, 0));
        assert!(matches!(grey, PhotoError::Size { .. }), "{grey}");
        let colours_of_16_bits = refusal(&png(8_192, 16, 6));
        let is_too_large = matches!(colours_of_16_bits, PhotoError::TooLarge { .. });
        assert!(is_too_large, "{colours_of_16_bits}");
        let long = file(&[]);
        let most = MAX_BYTES as u64;
        long.as_file().set_len(most + 1).expect("a hole");
        let long = Photo::open(long.path()).err().expect("no photo");
        assert!(matches!(long, PhotoError::TooLarge { .. }), "{long}");
    }
}
