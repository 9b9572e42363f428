//! The portrait as DG2 carries it: JPEG of 413×531 pixels, or a JPEG 2000 file as it is, because
//! many countries use that.

use std::fs;
use std::path::Path;

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

use super::face::{HEIGHT, WIDTH};
use crate::sim::card::{Crop, PhotoError, cut, open};

/// The start of a JP2 file (ISO/IEC 15444-1, I.5.1).
const JP2_SIGNATURE: &[u8] = b"\0\0\0\x0CjP  ";
/// Quality at which a portrait has the 15 to 20 kB that are usual.
const JPEG_QUALITY: u8 = 85;

/// Makes the portrait of a chip from an image file.
///
/// # Errors
/// [`PhotoError`].
pub fn encode_portrait(file: &Path, crop: Option<Crop>) -> Result<Vec<u8>, PhotoError> {
    if let Ok(bytes) = fs::read(file)
        && bytes.starts_with(JP2_SIGNATURE)
    {
        return Ok(bytes);
    }
    jpeg(&cut(&open(file)?, crop, (WIDTH, HEIGHT))?)
}

/// A picture of nobody.
pub(super) fn nobody() -> Result<Vec<u8>, PhotoError> {
    let inside = |x: u32, y: u32, (cx, cy): (f32, f32), (rx, ry): (f32, f32)| {
        let (dx, dy) = ((x as f32 - cx) / rx, (y as f32 - cy) / ry);
        dx * dx + dy * dy < 1.0
    };
    jpeg(&RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let head = inside(x, y, (206.0, 230.0), (100.0, 135.0));
        let body = inside(x, y, (206.0, 560.0), (190.0, 190.0));
        image::Rgb(if head || body { [120; 3] } else { [225; 3] })
    }))
}

fn jpeg(image: &RgbImage) -> Result<Vec<u8>, PhotoError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
        .encode_image(image)
        .map_err(|e| PhotoError::Encoding(e.to_string()))?;
    Ok(bytes)
}

/// Width and height of the picture; zero where a JPEG 2000 file does not say.
pub(super) fn size(portrait: &[u8]) -> (u16, u16) {
    let header = portrait.windows(4).position(|w| w == b"ihdr");
    let numbers = header.and_then(|at| portrait.get(at + 4..at + 12));
    match numbers {
        Some([_, _, h1, h0, _, _, w1, w0]) if portrait.starts_with(JP2_SIGNATURE) => (
            u16::from_be_bytes([*w1, *w0]),
            u16::from_be_bytes([*h1, *h0]),
        ),
        _ if portrait.starts_with(JP2_SIGNATURE) => (0, 0),
        _ => (WIDTH as u16, HEIGHT as u16),
    }
}
