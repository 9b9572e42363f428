//! From a portrait to the photo of a card: 102×126 pixels in at most 1,024 bytes. That is little:
//! the encoder is given all its time and a size to aim at, and aims lower until it fits.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use image::RgbImage;
use image::imageops::{FilterType, crop_imm, resize};
use webp::{Encoder, WebPConfig};

/// Pixels of a card's photo.
const WIDTH: u32 = 102;
const HEIGHT: u32 = 126;
/// Bytes a card sets aside for it.
const MAX_BYTES: usize = 1024;
/// Step by which the aim is lowered when the encoder overshot, bytes.
const STEP: usize = 32;

/// A part of an image, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crop {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl FromStr for Crop {
    type Err = String;

    /// Reads `x,y,width,height`.
    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Vec<u32> = text
            .split(',')
            .map(|n| {
                n.trim()
                    .parse()
                    .map_err(|_| format!("{n:?} is not a number of pixels"))
            })
            .collect::<Result<_, _>>()?;
        match numbers[..] {
            [x, y, width, height] if width > 0 && height > 0 => Ok(Self {
                x,
                y,
                width,
                height,
            }),
            _ => Err(String::from("expected x,y,width,height in pixels")),
        }
    }
}

/// Why a portrait did not become a photo.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// The file is no image.
    #[error("failed to read the portrait {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: image::ImageError,
    },
    /// The crop lies outside the image.
    #[error("the crop {crop:?} is not inside the portrait of {width}×{height} pixels")]
    CropOutside {
        /// The crop.
        crop: Crop,
        /// Width of the portrait.
        width: u32,
        /// Height of the portrait.
        height: u32,
    },
    /// The encoder failed, or could not make it small enough.
    #[error("failed to encode the photo in {MAX_BYTES} bytes: {0}")]
    Encoding(String),
}

/// Makes the photo of a card from a portrait; without a crop, from the largest part in the
/// middle that has the shape of a card's photo.
///
/// # Errors
/// [`PhotoError`].
pub fn encode_photo(portrait: &Path, crop: Option<Crop>) -> Result<Vec<u8>, PhotoError> {
    encode_image(&open(portrait)?, crop)
}

/// Reads a portrait.
pub(crate) fn open(portrait: &Path) -> Result<RgbImage, PhotoError> {
    let image = image::open(portrait).map_err(|source| PhotoError::Unreadable {
        path: portrait.to_owned(),
        source,
    })?;
    Ok(image.into_rgb8())
}

fn encode_image(image: &RgbImage, crop: Option<Crop>) -> Result<Vec<u8>, PhotoError> {
    squeeze(&cut(image, crop, (WIDTH, HEIGHT))?)
}

/// A part of a portrait in the size of a document's photo; without a crop, the largest part in the
/// middle that has its shape.
pub(crate) fn cut(
    image: &RgbImage,
    crop: Option<Crop>,
    size: (u32, u32),
) -> Result<RgbImage, PhotoError> {
    let (width, height) = image.dimensions();
    let whole = Crop {
        x: 0,
        y: 0,
        width,
        height,
    };
    let crop = crop.unwrap_or(whole);
    let inside = |start: u32, len: u32, all| start.checked_add(len).is_some_and(|end| end <= all);
    if !inside(crop.x, crop.width, width) || !inside(crop.y, crop.height, height) {
        return Err(PhotoError::CropOutside {
            crop,
            width,
            height,
        });
    }
    let part = shaped(crop, size);
    let part = crop_imm(image, part.x, part.y, part.width, part.height).to_image();
    Ok(resize(&part, size.0, size.1, FilterType::Lanczos3))
}

/// The largest part in the middle with the shape of a photo of this size.
fn shaped(crop: Crop, (across, down): (u32, u32)) -> Crop {
    let width = crop.width.min(crop.height * across / down).max(1);
    let height = crop.height.min(crop.width * down / across).max(1);
    Crop {
        x: crop.x + (crop.width - width) / 2,
        y: crop.y + (crop.height - height) / 2,
        width,
        height,
    }
}

fn squeeze(photo: &RgbImage) -> Result<Vec<u8>, PhotoError> {
    let mut aim = MAX_BYTES;
    while aim >= STEP {
        let bytes = encode_towards(photo, aim)?;
        if bytes.len() <= MAX_BYTES {
            return Ok(bytes);
        }
        aim -= STEP;
    }
    Err(PhotoError::Encoding(String::from(
        "it never got small enough",
    )))
}

fn encode_towards(photo: &RgbImage, bytes: usize) -> Result<Vec<u8>, PhotoError> {
    let mut config =
        WebPConfig::new().map_err(|()| PhotoError::Encoding(String::from("no configuration")))?;
    config.lossless = 0;
    config.method = 6; // slowest, smallest
    config.pass = 10; // as many as there are, to hit the size
    config.target_size = i32::try_from(bytes).unwrap_or(i32::MAX);
    let encoder = Encoder::from_rgb(photo.as_raw(), photo.width(), photo.height());
    let encoded = encoder
        .encode_advanced(&config)
        .map_err(|e| PhotoError::Encoding(format!("{e:?}")))?;
    Ok(encoded.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{Photo, PhotoCoding};

    fn busy_image(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let v = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 7;
            image::Rgb([v as u8, (v >> 3) as u8, (x ^ y) as u8])
        })
    }

    #[test]
    fn even_noise_fits_into_the_field_and_has_the_size_of_a_card_photo() {
        let bytes = encode_image(&busy_image(640, 480), None).unwrap();
        assert!(bytes.len() <= MAX_BYTES, "{} bytes", bytes.len());
        assert_eq!(Photo::parse(&bytes).unwrap().coding(), PhotoCoding::WebP);
        let decoded = image::load_from_memory(&bytes).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (WIDTH, HEIGHT));
    }

    #[test]
    fn a_crop_outside_the_portrait_is_refused() {
        let outside = "600,0,100,100".parse().unwrap();
        let result = encode_image(&busy_image(640, 480), Some(outside));
        assert!(matches!(result, Err(PhotoError::CropOutside { .. })));
        assert!("1,2,3".parse::<Crop>().is_err());
        assert!("1,2,0,4".parse::<Crop>().is_err());
    }
}
