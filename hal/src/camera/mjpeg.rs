//! One picture of an MJPEG stream to RGB, into recycled memory. Bytes from a cable: anything may
//! be in them, so sizes are bounded before memory is taken and a damaged picture is no picture, nor is
//! one on which the decoder gives up with a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{FrameLayout, FramePool, PixelBuffer, PixelFormat};

/// Decodes a picture of at most this width and height; nothing if it is damaged.
pub(super) fn decode(
    bytes: &[u8],
    (max_width, max_height): (u32, u32),
    pool: &FramePool,
) -> Option<(PixelBuffer, FrameLayout)> {
    let options = DecoderOptions::default()
        .set_max_width(max_width as usize)
        .set_max_height(max_height as usize)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().ok()?;
    let (width, height) = decoder.dimensions()?;
    let layout = FrameLayout::packed(
        u32::try_from(width).ok()?,
        u32::try_from(height).ok()?,
        PixelFormat::Rgb8,
    );
    if !is_usually_sampled(bytes) {
        return None;
    }
    let mut data = pool.take(layout.byte_len()?);
    // One bad picture must not take the camera away: to its worker a panic is a broken driver.
    catch_unwind(AssertUnwindSafe(|| decoder.decode_into(&mut data)))
        .ok()?
        .ok()?;
    Some((data, layout))
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

#[cfg(all(test, feature = "sim"))] // the encoder comes with the simulators
mod tests {
    use super::*;

    #[allow(clippy::unwrap_used)] // a failed helper is a failed test
    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let image = image::RgbImage::from_pixel(width, height, image::Rgb([200, 100, 50]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        image
            .write_to(&mut bytes, image::ImageFormat::Jpeg)
            .unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_picture_is_decoded_to_rgb() {
        let (data, layout) = decode(&jpeg(64, 48), (4096, 4096), &FramePool::new()).unwrap();
        assert_eq!(layout, FrameLayout::packed(64, 48, PixelFormat::Rgb8));
        let near = |a: u8, b: u8| a.abs_diff(b) <= 4;
        assert!(near(data[0], 200) && near(data[1], 100) && near(data[2], 50));
    }

    /// Found by fuzzing: the decoder panicked, and the camera with it.
    #[test]
    fn a_picture_with_colours_finer_than_its_brightness_is_none() {
        let mut picture = jpeg(64, 48);
        let frame = picture.windows(2).position(|two| two == [0xFF, 0xC0]);
        let sampling = frame.unwrap() + 11;
        (picture[sampling], picture[sampling + 3]) = (0x22, 0x41);
        assert!(decode(&picture, (4096, 4096), &FramePool::new()).is_none());
    }

    #[test]
    fn damaged_and_oversized_pictures_are_no_pictures() {
        let pool = FramePool::new();
        let good = jpeg(64, 48);
        assert!(
            decode(&good, (63, 48), &pool).is_none(),
            "larger than allowed"
        );
        assert!(decode(&[], (4096, 4096), &pool).is_none());
        assert!(decode(&[0xFF; 300], (4096, 4096), &pool).is_none());
        for cut in 0..good.len() {
            let _ = decode(&good[..cut], (4096, 4096), &pool); // whatever it is, no panic
        }
    }
}
