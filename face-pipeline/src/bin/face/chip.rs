//! What an ID chip holds of a photo: head and shoulders in 102×126 pixels and at most 1,024 bytes
//! of lossy WebP, the stand-in for the vendor's own coding.

use face_pipeline::{Face, Pipeline};
use image::imageops::{self, FilterType};
use webp::{Encoder, WebPConfig};

use crate::photo::{Photo, PhotoError};

const WIDTH: u32 = 102;
const HEIGHT: u32 = 126;
const MAX_BYTES: i32 = 1024;
/// Step by which the aim is lowered when the encoder overshot, bytes.
const STEP: usize = 32;
/// Width of the photo over the distance between the eyes. GA 490 has a head of 207 in 358 pixels,
/// and eyes are a little less than half a head apart.
const WIDTH_PER_INTER_EYE: f32 = 3.7;
/// Height of the eyes in the photo, from the top.
const EYE_LINE: f32 = 0.45;

/// The chip's photo of the main face; of the whole image when there is none.
pub fn degrade(
    pipeline: &mut Pipeline,
    photo: &Photo,
) -> Result<Photo, Box<dyn std::error::Error>> {
    let findings = pipeline.find(photo.view()?)?;
    let largest = findings
        .iter()
        .map(|f| f.face)
        .max_by(|a, b| a.inter_eye_distance().total_cmp(&b.inter_eye_distance()));
    let image = photo
        .rgb()
        .ok_or_else(|| PhotoError::Encode("the image is empty".into()))?;
    let part = largest.map_or_else(|| image.clone(), |face| head_and_shoulders(&image, &face));
    let small = imageops::resize(&part, WIDTH, HEIGHT, FilterType::Lanczos3);
    let bytes = squeeze(&small)?;
    let decoded = image::load_from_memory(&bytes).map_err(PhotoError::ChipDecode)?;
    Ok(Photo::new(decoded.into_rgb8()))
}

/// The part of the image around the face that a photo studio would frame, as far as there is one.
fn head_and_shoulders(image: &image::RgbImage, face: &Face) -> image::RgbImage {
    let (image_width, image_height) = (image.width() as f32, image.height() as f32);
    let [right, left, ..] = face.landmarks;
    let shape = WIDTH as f32 / HEIGHT as f32;
    let wanted = face.inter_eye_distance() * WIDTH_PER_INTER_EYE;
    let width = wanted.min(image_width).min(image_height * shape).max(1.0);
    let height = width / shape;
    let x = ((right.x + left.x) / 2.0 - width / 2.0).clamp(0.0, image_width - width);
    let y =
        ((right.y + left.y) / 2.0 - height * EYE_LINE).clamp(0.0, (image_height - height).max(0.0));
    imageops::crop_imm(
        image,
        x as u32,
        y as u32,
        (width as u32).max(1),
        (height as u32).max(1),
    )
    .to_image()
}

fn squeeze(image: &image::RgbImage) -> Result<Vec<u8>, PhotoError> {
    let aims = (STEP as i32..=MAX_BYTES).rev().step_by(STEP);
    for aim in aims {
        let bytes = encode(image, aim)?;
        if bytes.len() <= MAX_BYTES as usize {
            return Ok(bytes);
        }
    }
    Err(PhotoError::Encode("it never got small enough".into()))
}

fn encode(image: &image::RgbImage, aim: i32) -> Result<Vec<u8>, PhotoError> {
    let mut config =
        WebPConfig::new().map_err(|()| PhotoError::Encode("no configuration".into()))?;
    config.lossless = 0;
    config.method = 6; // slowest, smallest
    config.pass = 10; // as many as there are, to hit the size
    config.target_size = aim;
    let encoder = Encoder::from_rgb(image.as_raw(), image.width(), image.height());
    let encoded = encoder
        .encode_advanced(&config)
        .map_err(|e| PhotoError::Encode(format!("{e:?}")))?;
    Ok(encoded.to_vec())
}
