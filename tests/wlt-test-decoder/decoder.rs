//! For tests only: a shared library as an integrator brings one for photos in WLT coding
//! (`hal/wlt-plugin/wlt.h`). The vendor's coding is secret, so the photos of the tests have one that is
//! not: behind the mark `WLf` and a byte lies what follows the header of a WebP file. The byte says what
//! the decoder does: decode (0), crash (`c`), or come to no end (`h`).

use std::hint;

/// Bytes of a card's photo field.
const FIELD: usize = 1024;
/// Pixels of its picture.
const WIDTH: u32 = 102;
const HEIGHT: u32 = 126;
const RGB: usize = (WIDTH * HEIGHT * 3) as usize;
/// What the decoder answers for a photo that is not like this.
const NO_PHOTO: i32 = 1;

/// Decodes one photo.
///
/// # Safety
/// `field` is `FIELD` readable bytes and `rgb` `RGB` writable ones, as `wlt.h` promises.
#[allow(unsafe_code, reason = "the interface is C's")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kiosk_wlt_decode(field: *const u8, rgb: *mut u8) -> i32 {
    // SAFETY: the caller keeps to wlt.h: two buffers of these lengths that do not overlap.
    let (field, rgb) = unsafe {
        (
            std::slice::from_raw_parts(field, FIELD),
            std::slice::from_raw_parts_mut(rgb, RGB),
        )
    };
    match field {
        [b'W', b'L', b'f', 0, coded @ ..] => decode(coded, rgb).map_or(NO_PHOTO, |()| 0),
        [b'W', b'L', b'f', b'c', ..] => std::process::abort(),
        [b'W', b'L', b'f', b'h', ..] => loop {
            hint::spin_loop();
        },
        _ => NO_PHOTO,
    }
}

/// Puts the header back and decodes the file.
fn decode(coded: &[u8], rgb: &mut [u8]) -> Option<()> {
    // The length of the VP8 chunk stands behind its four letters; both are even.
    let chunk = u32::from_le_bytes(coded.get(4..8)?.try_into().ok()?);
    let length = usize::try_from(chunk).ok()?.checked_add(8)?;
    let coded = coded.get(..length)?;
    let rest = u32::try_from(length).ok()?.checked_add(4)?;
    let file = [b"RIFF", &rest.to_le_bytes()[..], b"WEBP", coded].concat();
    let picture = webp::Decoder::new(&file).decode()?;
    let fits = (picture.width(), picture.height()) == (WIDTH, HEIGHT) && !picture.is_alpha();
    if !fits || picture.len() != rgb.len() {
        return None;
    }
    rgb.copy_from_slice(&picture);
    Some(())
}
