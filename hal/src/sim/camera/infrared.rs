//! What a camera for infrared light beside the other one sees of the same scenes at the same time.
//! Simple on purpose: it shows what the kiosk does with such pictures, and measures nothing.
//!
//! - People, cloth and room are grey, by their red, which is nearest to infrared; the room is farther
//!   from the camera's lamp, and darker.
//! - Screens are dark, whatever they show. The one that fills the other camera's picture leaves an edge
//!   of the room to this one, which stands a little aside.
//! - Prints show their picture, or are blank paper: as the ink is ([`Ink`]).

use super::{WIDTH, relief::Relief};

/// What becomes of a print in infrared light.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The ink has carbon in it, as a laser printer's toner.
    Shows,
    /// The ink is a dye, as most of an inkjet printer's, and lets infrared light through.
    Vanishes,
}

/// Light of the camera's lamp that the room has left.
const FALL_OFF: f32 = 0.55;
/// Luminance of a screen's glass.
const GLASS: u8 = 8;
/// Left and upper edge of the screen, pixels: what is left of the room beside it.
const EDGES: [usize; 2] = [72, 30];
/// BT.601, limited range.
const BLACK: i32 = 16;
const RANGE: i32 = 219;
const NO_COLOUR: u8 = 128;

/// The person of a portrait.
pub(super) fn person(relief: &Relief) -> Relief {
    let rgb = relief.rgb.chunks_exact(3);
    Relief {
        rgb: rgb.flat_map(|pixel| [pixel[0]; 3]).collect(),
        ..relief.clone()
    }
}

/// The same, printed.
pub(super) fn print(relief: &Relief, ink: Ink) -> Relief {
    match ink {
        Ink::Shows => person(relief),
        Ink::Vanishes => Relief {
            rgb: vec![u8::MAX; relief.rgb.len()],
            ..relief.clone()
        },
    }
}

/// What stands behind.
pub(super) fn room(rgb: &[u8]) -> Vec<u8> {
    let lit = |red: u8| (FALL_OFF * f32::from(red)) as u8;
    let pixels = rgb.chunks_exact(3);
    pixels.flat_map(|pixel| [lit(pixel[0]); 3]).collect()
}

/// A large screen held before a room.
pub(super) fn screen(room: &[u8]) -> Vec<u8> {
    let mut seen = room.to_vec();
    for row in seen.chunks_exact_mut(3 * WIDTH).skip(EDGES[1]) {
        row[3 * EDGES[0]..].fill(GLASS);
    }
    seen
}

/// The luminance of a YUYV picture as full-range grey.
pub(super) fn grey(yuyv: &[u8], grey: &mut [u8]) {
    for (out, pixel) in grey.iter_mut().zip(yuyv.chunks_exact(2)) {
        let value = (i32::from(pixel[0]) - BLACK) * 255 / RANGE;
        *out = value.clamp(0, 255) as u8;
    }
}

/// Full-range grey as a YUYV picture without colour.
pub(super) fn yuyv(grey: &[u8], yuyv: &mut [u8]) {
    for (value, pixel) in grey.iter().zip(yuyv.chunks_exact_mut(2)) {
        let value = BLACK + i32::from(*value) * RANGE / 255;
        pixel.copy_from_slice(&[value as u8, NO_COLOUR]);
    }
}
