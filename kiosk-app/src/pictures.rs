//! Decoding the portrait of a card: bytes from outside, so their size is bounded before anything
//! is allocated for them.

use std::io::Cursor;

use face_pipeline::{ImageError as ViewError, ImageView, PixelFormat};
use hal::wlt::WltPicture;
use hal::wlt::protocol::{HEIGHT, WIDTH};
use image::{ImageError, ImageReader, Limits};
use zeroize::Zeroizing;

/// Longest side of a chip portrait that is accepted; ICAO 9303 portraits stay well below.
const MAX_SIDE_PX: u32 = 2_048;

/// Largest amount of memory a decoder may take.
const MAX_DECODER_BYTES: u64 = 32 << 20;

/// A decoded picture, zeroed when dropped.
pub struct Picture {
    rgb: Zeroizing<Vec<u8>>,
    width: usize,
    height: usize,
}

/// Why a picture cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the portrait cannot be decoded")]
pub struct PictureError(#[from] ImageError);

/// Decodes a JPEG, PNG or WebP.
pub fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE_PX);
    limits.max_image_height = Some(MAX_SIDE_PX);
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(ImageError::from)?;
    reader.limits(limits);
    let rgb = reader.decode()?.into_rgb8();
    let (width, height) = rgb.dimensions();
    Ok(Picture {
        rgb: Zeroizing::new(rgb.into_raw()),
        width: width as usize,
        height: height as usize,
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
