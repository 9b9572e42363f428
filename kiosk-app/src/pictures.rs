//! Decoding the portrait of a card: bytes from outside, so their size is bounded before anything
//! is allocated for them.

use std::io::Cursor;

use face_pipeline::{ImageError as ViewError, ImageView, PixelFormat};
use hal::card::emrtd::lds::{FaceError, Portrait};
use hal::jpeg::guarded;
use hal::wlt::WltPicture;
use hal::wlt::protocol::{HEIGHT, WIDTH};
use image::{ColorType, ImageDecoder, ImageError, ImageReader, Limits};
use zeroize::Zeroizing;

/// Longest side of a chip portrait that is accepted; ICAO 9303 portraits stay well below.
const MAX_SIDE_PX: u32 = 2_048;

/// Largest amount of memory a decoder may take.
const MAX_DECODER_BYTES: usize = 32 << 20;

/// A decoded picture, zeroed when dropped.
pub struct Picture {
    rgb: Zeroizing<Vec<u8>>,
    width: usize,
    height: usize,
}

/// Why a picture cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// A common picture.
    #[error("the portrait cannot be decoded")]
    Image(#[from] ImageError),
    /// One on which the decoder gives up, or whose colours nobody uses.
    #[error("the portrait is damaged, or of a kind that no portrait is of")]
    Unusual,
    /// The portrait of a travel document.
    #[error("the portrait of the document cannot be decoded")]
    Portrait(#[from] FaceError),
}

/// Decodes a JPEG, PNG or WebP. A picture on which the decoder panics ends a session, not the kiosk.
pub fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
    guarded(bytes, || Some(decode_unguarded(bytes))).unwrap_or(Err(PictureError::Unusual))
}

fn decode_unguarded(bytes: &[u8]) -> Result<Picture, PictureError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE_PX);
    limits.max_image_height = Some(MAX_SIDE_PX);
    limits.max_alloc = Some(MAX_DECODER_BYTES as u64);
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(ImageError::from)?;
    reader.limits(limits);
    let decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let colours = decoder.color_type();
    let size = usize::try_from(decoder.total_bytes())
        .ok()
        .filter(|size| *size <= MAX_DECODER_BYTES)
        .ok_or(PictureError::Unusual)?;
    // Zeroed also when the picture turns out to be damaged half-way.
    let mut samples = Zeroizing::new(vec![0; size]);
    decoder.read_image(&mut samples)?;
    Ok(Picture {
        rgb: to_rgb(samples, colours).ok_or(PictureError::Unusual)?,
        width: width as usize,
        height: height as usize,
    })
}

/// Eight bits of red, green and blue a pixel; how transparent it is counts for nothing.
fn to_rgb(samples: Zeroizing<Vec<u8>>, colours: ColorType) -> Option<Zeroizing<Vec<u8>>> {
    if colours == ColorType::Rgb8 {
        return Some(samples);
    }
    let (channels, bytes) = (colours.channel_count(), colours.bytes_per_pixel());
    let pixels = samples.chunks_exact(usize::from(bytes));
    let mut rgb = Zeroizing::new(Vec::with_capacity(3 * pixels.len()));
    for pixel in pixels {
        let colour = |at: usize| match bytes / channels {
            1 => Some(pixel[at]),
            2 => Some(to_eight_bits([pixel[2 * at], pixel[2 * at + 1]])),
            _ => None,
        };
        rgb.extend(match channels {
            1 | 2 => [colour(0)?; 3],
            _ => [colour(0)?, colour(1)?, colour(2)?],
        });
    }
    Some(rgb)
}

fn to_eight_bits(sixteen: [u8; 2]) -> u8 {
    let rounded = (u32::from(u16::from_ne_bytes(sixteen)) + 128) / 257;
    u8::try_from(rounded).unwrap_or(u8::MAX)
}

/// Decodes a JPEG 2000, as many travel documents have it.
pub fn decode_jpeg_2000(bytes: &[u8]) -> Result<Picture, PictureError> {
    let picture = Portrait::from_picture(bytes)?.decode()?;
    Ok(Picture {
        rgb: picture.rgb,
        width: picture.width as usize,
        height: picture.height as usize,
    })
}

impl From<WltPicture> for Picture {
    fn from(picture: WltPicture) -> Self {
        Self {
            rgb: picture.into_rgb(),
            width: WIDTH,
            height: HEIGHT,
        }
    }
}

impl Picture {
    /// The picture as the face pipeline looks at it.
    pub fn view(&self) -> Result<ImageView<'_>, ViewError> {
        ImageView::packed(&self.rgb, self.width, self.height, PixelFormat::Rgb8)
    }
}

#[cfg(feature = "demo")]
impl Picture {
    /// Colours and size, for making a simulated person.
    pub(crate) fn parts(&self) -> (&[u8], usize, usize) {
        (&self.rgb, self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageFormat};

    use super::*;

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn portraits_come_out_the_same_whatever_their_colours() {
        let colours = DynamicImage::from(image::RgbaImage::from_fn(9, 7, |x, y| {
            image::Rgba([20 * x as u8, 30 * y as u8, 7, 255])
        }));
        for (picture, format) in [
            (colours.clone(), ImageFormat::Png),
            (colours.to_rgb8().into(), ImageFormat::Png),
            (colours.to_rgb8().into(), ImageFormat::Jpeg),
            (colours.to_luma8().into(), ImageFormat::Jpeg),
            (colours.to_luma8().into(), ImageFormat::Png),
            (colours.to_luma_alpha8().into(), ImageFormat::Png),
            (colours.to_rgb16().into(), ImageFormat::Png),
            (colours.to_luma_alpha16().into(), ImageFormat::Png),
        ] {
            let bytes = encoded(&picture, format);
            let ours = decode(&bytes).unwrap();
            let expected = image::load_from_memory(&bytes).unwrap().into_rgb8();
            assert_eq!((ours.width, ours.height), (9, 7));
            assert_eq!(
                ours.rgb.as_slice(),
                expected.as_raw().as_slice(),
                "{format:?}"
            );
        }
    }

    /// Found by fuzzing (hal/fuzz): the decoder panicked. A passport with such a portrait would have ended
    /// the kiosk each time it was presented.
    #[test]
    fn a_portrait_with_colours_finer_than_its_brightness_is_refused() {
        let picture = DynamicImage::from(image::RgbImage::new(64, 48));
        let mut bytes = encoded(&picture, ImageFormat::Jpeg);
        let frame = bytes.windows(2).position(|two| two == [0xFF, 0xC0]);
        let sampling = frame.unwrap() + 11;
        (bytes[sampling], bytes[sampling + 3]) = (0x22, 0x41);
        assert!(matches!(decode(&bytes), Err(PictureError::Unusual)));
    }
}
