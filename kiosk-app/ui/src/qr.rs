//! Receipts and wallet proofs as QR codes (ISO/IEC 18004): one pixel a module, with its quiet zone.

use fast_qr::{ECL, QRBuilder, QRCode};
use slint::{Image, Rgb8Pixel, SharedPixelBuffer};

/// The code for `text`, or nothing if no code is large enough. Error correction is level M where
/// the text fits, level L where it does not.
pub(crate) fn image(text: &str) -> Option<Image> {
    pixels(text, &[ECL::M, ECL::L]).map(Image::from_rgb8)
}

/// The code at level L, for who has to overwrite the pixels afterwards.
pub(crate) fn plain(text: &str) -> Option<SharedPixelBuffer<Rgb8Pixel>> {
    pixels(text, &[ECL::L])
}

fn pixels(text: &str, levels: &[ECL]) -> Option<SharedPixelBuffer<Rgb8Pixel>> {
    levels
        .iter()
        .find_map(|&level| QRBuilder::new(text).ecl(level).build().ok())
        .map(|code| paint(&code))
}

fn paint(code: &QRCode) -> SharedPixelBuffer<Rgb8Pixel> {
    let side = code.size + 2 * QUIET_ZONE_MODULES;
    let mut buffer = SharedPixelBuffer::<Rgb8Pixel>::new(side as u32, side as u32);
    let pixels = buffer.make_mut_slice();
    pixels.fill(LIGHT);
    for row in 0..code.size {
        let start = (row + QUIET_ZONE_MODULES) * side + QUIET_ZONE_MODULES;
        for (pixel, module) in pixels[start..].iter_mut().zip(&code[row]) {
            *pixel = if module.value() { DARK } else { LIGHT };
        }
    }
    buffer
}

const QUIET_ZONE_MODULES: usize = 4; // ISO/IEC 18004, 6.3.8
const DARK: Rgb8Pixel = Rgb8Pixel { r: 0, g: 0, b: 0 };
const LIGHT: Rgb8Pixel = Rgb8Pixel {
    r: 255,
    g: 255,
    b: 255,
};
