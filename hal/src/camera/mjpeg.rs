//! One picture of an MJPEG stream to RGB, into recycled memory. Bytes from a cable: anything may
//! be in them, so sizes are bounded before memory is taken and a damaged picture is no picture: one
//! that breaks off would show grey where the camera showed nothing. Nor is one on which the decoder
//! gives up with a panic.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{FrameLayout, FramePool, PixelBuffer, PixelFormat};
use crate::jpeg::guarded;

/// End of image.
const EOI: [u8; 2] = [0xFF, 0xD9];

/// Decodes a picture of at most this width and height; nothing if it is damaged.
pub(super) fn decode(
    bytes: &[u8],
    (max_width, max_height): (u32, u32),
    pool: &FramePool,
) -> Option<(PixelBuffer, FrameLayout)> {
    if !has_end(bytes) {
        return None;
    }
    // One bad picture must not take the camera away: to its worker a panic is a broken driver.
    guarded(bytes, || decode_whole(bytes, (max_width, max_height), pool))
}

fn decode_whole(
    bytes: &[u8],
    (max_width, max_height): (u32, u32),
    pool: &FramePool,
) -> Option<(PixelBuffer, FrameLayout)> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
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
    let mut data = pool.take(layout.byte_len()?);
    decoder.decode_into(&mut data).ok()?;
    Some((data, layout))
}

/// Whether the end of the picture came (EOI, ITU-T T.81, B.1.1.3): the decoder would not miss the
/// last rows. What follows it is padding.
fn has_end(bytes: &[u8]) -> bool {
    bytes.windows(2).rev().any(|marker| marker == EOI)
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
        let decoded = |bytes: &[u8]| decode(bytes, (4096, 4096), &pool);
        let good = jpeg(64, 48);
        assert!(
            decode(&good, (63, 48), &pool).is_none(),
            "larger than allowed"
        );
        assert!(decoded(&[]).is_none());
        assert!(decoded(&[0xFF; 300]).is_none());
        for whole in [&good[..], WITH_RESTARTS] {
            assert!(decoded(whole).is_some());
            // Nothing but ones is no Huffman code (ITU-T T.81, C.2).
            let begun = &whole[..whole.len() - 20];
            let spoiled = [begun, &[0xFF, 0].repeat(50), &EOI].concat();
            assert!(decoded(&spoiled).is_none(), "spoiled");
            for cut in 0..whole.len() {
                assert!(decoded(&whole[..cut]).is_none(), "cut off at {cut}");
            }
        }
    }

    /// As cameras send them: restart markers (4:2:2), padding after the end, no Huffman tables.
    #[test]
    fn what_cameras_make_of_jpeg_is_decoded() {
        let pool = FramePool::new();
        let decoded = |bytes: &[u8]| {
            let (data, _) = decode(bytes, (4096, 4096), &pool).expect("a picture");
            data.to_vec()
        };
        let near = |pixels: &[u8], at: usize, value: u8| pixels[at].abs_diff(value) <= 12;
        let restarted = decoded(WITH_RESTARTS);
        assert!(near(&restarted, 0, 0) && near(&restarted, 3 * (47 * 64 + 63), 252));

        let good = jpeg(64, 48);
        let expected = decoded(&good);
        assert_eq!(decoded(&[&good[..], &[0; 700]].concat()), expected);
        assert_eq!(decoded(&without_tables(&good)), expected);
    }

    /// 64×48, red grows to the right; made with Pillow (quality 75, 4:2:2, a restart every three
    /// blocks).
    const WITH_RESTARTS: &[u8] = include_bytes!("../../tests/data/restart.jpg");

    /// The picture as an AVI frame: the usual Huffman tables (ITU-T T.81, annex K), which our encoder
    /// uses, are understood and left out.
    fn without_tables(jpeg: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 16];
        bytes.extend(b"AVI1\0\0\0\0\0\0\0\0\0\0");
        let mut at = 2;
        while jpeg[at + 1] != 0xDA {
            let next = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
            if !matches!(jpeg[at + 1], 0xC4 | 0xE0) {
                bytes.extend(&jpeg[at..next]);
            }
            at = next;
        }
        bytes.extend(&jpeg[at..]);
        bytes
    }
}
