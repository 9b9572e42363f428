//! A receipt as a phone sees it: a QR code as a picture, and as a film for a camera.

use fast_qr::{ECL, QRBuilder};
use image::{GrayImage, Luma};

use crate::Outcome;

/// A module of the QR code, and the quiet zone around it, as ISO/IEC 18004 asks (four modules).
const MODULE_PX: usize = 5;
const QUIET: usize = 4;

/// The QR code as a printer or screen would show it.
pub(crate) fn draw(text: &str) -> Outcome<GrayImage> {
    let code = QRBuilder::new(text).ecl(ECL::M).build()?;
    let side = u32::try_from((code.size + 2 * QUIET) * MODULE_PX)?;
    Ok(GrayImage::from_fn(side, side, |x, y| {
        let module = |at: u32| (at as usize / MODULE_PX).checked_sub(QUIET);
        let dark = |x: usize, y: usize| x < code.size && y < code.size && code[y][x].value();
        match (module(x), module(y)) {
            (Some(x), Some(y)) if dark(x, y) => Luma([0]),
            _ => Luma([255]),
        }
    }))
}

/// The film's frame, in pixels.
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
/// How many frames each of several pictures stands: two seconds.
const FRAMES: usize = 10;

/// A film of still pictures in turn for Chromium's fake camera: YUV4MPEG2, 4:2:0, grey all round.
pub(crate) fn camera(codes: &[GrayImage]) -> Vec<u8> {
    let mut film = format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F5:1 Ip A1:1 C420jpeg\n").into_bytes();
    let times = if codes.len() > 1 { FRAMES } else { 1 };
    for code in codes {
        film.extend(frame(code).repeat(times));
    }
    film
}

fn frame(code: &GrayImage) -> Vec<u8> {
    let (left, top) = ((WIDTH - code.width()) / 2, (HEIGHT - code.height()) / 2);
    let pixel = |x: u32, y: u32| {
        let at = x.checked_sub(left).zip(y.checked_sub(top));
        let found = at.and_then(|(x, y)| code.get_pixel_checked(x, y));
        found.map_or(150, |pixel| 16 + (u16::from(pixel.0[0]) * 219 / 255) as u8)
    };
    let luma = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| pixel(x, y)));
    let mut frame = b"FRAME\n".to_vec();
    frame.extend(luma);
    frame.extend(vec![128; (WIDTH * HEIGHT / 2) as usize]);
    frame
}
