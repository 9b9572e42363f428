//! Finds the key of a resident's phone, a QR code (ISO/IEC 18004), in camera pictures. The picture
//! may show a person, so every copy of it is overwritten when it is dropped.

use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

use attestation::wallet::{HolderKey, NotAHolderKey};
use hal::camera::{Frame, PixelFormat};
use image::{ImageBuffer, Luma};
use kiosk_ui::Preview;
use zeroize::Zeroizing;

/// Codes in one picture that are looked at: a phone shows one.
const MOST_CODES: usize = 4;

/// A picture in shades of grey.
pub type Grey = ImageBuffer<Luma<u8>, Pixels>;

/// The memory of a picture, overwritten when dropped.
#[derive(Clone)]
pub struct Pixels(Zeroizing<Vec<u8>>);

impl Deref for Pixels {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Pixels {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// The brightness of a frame.
pub fn grey(frame: &Frame) -> Option<Grey> {
    let (width, height) = (frame.width(), frame.height());
    let step = frame.format().bytes_per_pixel();
    let row_bytes = width as usize * step;
    let mut pixels = Zeroizing::new(Vec::with_capacity(width as usize * height as usize));
    for row in frame.data().chunks(frame.stride()).take(height as usize) {
        let row = &row[..row_bytes.min(row.len())];
        pixels.extend(
            row.chunks_exact(step)
                .map(|pixel| brightness(frame.format(), pixel)),
        );
    }
    ImageBuffer::from_raw(width, height, Pixels(pixels))
}

fn brightness(format: PixelFormat, pixel: &[u8]) -> u8 {
    match format {
        PixelFormat::Yuyv | PixelFormat::Grey8 => pixel[0],
        // Green carries most of what the eye calls bright (ITU-R BT.601).
        PixelFormat::Rgb8 => pixel[1],
    }
}

/// The picture for the screen.
pub fn preview(grey: &Grey) -> Preview {
    Preview {
        rgb: grey.as_raw().iter().flat_map(|&shade| [shade; 3]).collect(),
        width: grey.width(),
        height: grey.height(),
        face: None,
    }
}

/// What the codes in the picture say; none if none can be read. A key outranks anything else.
pub fn key(grey: Grey) -> Option<Result<HolderKey, NotAHolderKey>> {
    // Whatever is held before the camera comes from outside: a decoder that stumbles over it must
    // not take the kiosk down.
    let texts = catch_unwind(AssertUnwindSafe(|| texts(grey))).unwrap_or_default();
    let mut seen = None;
    for text in texts {
        match HolderKey::from_qr_text(&text) {
            Ok(key) => return Some(Ok(key)),
            Err(NotAHolderKey::Secret) => seen = Some(Err(NotAHolderKey::Secret)),
            Err(other) => seen = seen.or(Some(Err(other))),
        }
    }
    seen
}

fn texts(grey: Grey) -> Vec<Zeroizing<String>> {
    let mut prepared = rqrr::PreparedImage::prepare(grey);
    let grids = prepared.detect_grids();
    let codes = grids.iter().take(MOST_CODES);
    codes
        .filter_map(|grid| grid.decode().ok())
        .map(|(_, text)| Zeroizing::new(text))
        .collect()
}
