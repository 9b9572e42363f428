//! An image file as the frame of a camera: YUYV, as webcams send it.

use std::path::Path;

use face_pipeline::{ImageError, ImageView, PixelFormat};
use zeroize::Zeroizing;

use crate::photo::{Photo, PhotoError};

pub struct CameraFrame {
    bytes: Zeroizing<Vec<u8>>,
    width: usize,
    height: usize,
}

impl CameraFrame {
    /// An odd last column is left out.
    pub fn open(path: &Path) -> Result<Self, PhotoError> {
        let photo = Photo::open(path)?;
        let (width, height) = (photo.width() & !1, photo.height());
        let rows = photo.pixels().chunks_exact(photo.width() * 3);
        let pairs = rows.flat_map(|row| row[..width * 3].chunks_exact(6));
        let bytes = pairs.flat_map(|pair| yuyv(&pair[..3], &pair[3..]));
        Ok(Self {
            bytes: Zeroizing::new(bytes.collect()),
            width,
            height,
        })
    }

    pub fn view(&self) -> Result<ImageView<'_>, ImageError> {
        ImageView::packed(&self.bytes, self.width, self.height, PixelFormat::Yuyv)
    }
}

/// Two pixels of red, green, blue; BT.601, limited range. They share the first one's colour.
fn yuyv(first: &[u8], second: &[u8]) -> [u8; 4] {
    let mix = |pixel: &[u8], offset: f32, weights: [f32; 3]| {
        let sum: f32 = pixel
            .iter()
            .zip(weights)
            .map(|(v, w)| f32::from(*v) * w)
            .sum();
        (offset + sum / 255.0).round() as u8
    };
    let luma = |pixel| mix(pixel, 16.0, [65.481, 128.553, 24.966]);
    [
        luma(first),
        mix(first, 128.0, [-37.797, -74.203, 112.0]),
        luma(second),
        mix(first, 128.0, [112.0, -93.786, -18.214]),
    ]
}
