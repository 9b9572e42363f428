//! What our decoder of JPEG (zune-jpeg 0.5.15, here and below the crate `image`) cannot be given
//! unguarded: pictures come from cables and chips, anything may be in them, and there are some on which
//! it panics. Such a picture is none; it takes neither a camera nor the kiosk away.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Decodes these bytes, if they are nothing that is known to make the decoder panic, and catches the
/// panics that are not known yet.
pub fn guarded<T>(bytes: &[u8], decode: impl FnOnce() -> Option<T>) -> Option<T> {
    if is_jpeg(bytes) && !is_usually_sampled(bytes) {
        return None;
    }
    catch_unwind(AssertUnwindSafe(decode)).ok().flatten()
}

/// Start of image (ITU-T T.81, B.1.1.3) and the next marker.
fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8, 0xFF])
}

/// Whether no picture in these bytes has its colours finer than its brightness, or one colour finer than
/// the other (ITU-T T.81, B.2.2): no camera does that, and the decoder (zune-jpeg 0.5.15) panics.
fn is_usually_sampled(bytes: &[u8]) -> bool {
    /// Start of frame with three components: marker, length, precision, height, width, their number, and
    /// for each its name, its sampling across and down, its table.
    const FRAME_LEN: usize = 19;
    let factors = |sampling: u8| (sampling >> 4, sampling & 0x0F);
    bytes.windows(FRAME_LEN).all(|frame| match frame {
        &[
            0xFF,
            0xC0..=0xC2,
            _,
            _,
            8,
            _,
            _,
            _,
            _,
            3,
            _,
            brightness,
            _,
            _,
            blue,
            _,
            _,
            red,
            _,
        ] => {
            let ((across, down), (blue_across, blue_down)) = (factors(brightness), factors(blue));
            blue == red && blue_across <= across && blue_down <= down
        }
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_decoder_is_no_picture() {
        assert_eq!(guarded(&[], || -> Option<u8> { panic!("as tested") }), None);
        assert_eq!(guarded(&[], || Some(1)), Some(1));
        assert_eq!(guarded(&[], || None::<u8>), None);
    }
}
