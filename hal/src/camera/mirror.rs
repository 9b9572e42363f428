//! Left and right exchanged while a picture is copied: for cameras that look through a mirror (a
//! half-silvered screen), whose pictures would show codes and faces the wrong way round.

use super::{FrameLayout, PixelFormat};

/// Copies a picture with its rows reversed. Both slices have the layout's length; padding at the
/// end of rows is not copied.
pub(super) fn copy(source: &[u8], target: &mut [u8], layout: &FrameLayout) {
    let height = layout.height as usize;
    let rows = source
        .chunks_exact(layout.stride)
        .zip(target.chunks_exact_mut(layout.stride));
    for (number, (from, to)) in rows.enumerate() {
        let row = layout.width as usize * layout.format.bytes_per_pixel();
        let (from, to) = (&from[..row], &mut to[..row]);
        match layout.format {
            PixelFormat::Yuyv => reverse::<4>(from, to, |[y0, u, y1, v]| [y1, u, y0, v]),
            PixelFormat::Rgb8 => reverse::<3>(from, to, |pixel| pixel),
            PixelFormat::Nv12 if number >= height => reverse::<2>(from, to, |pair| pair),
            PixelFormat::Nv12 | PixelFormat::Grey8 => reverse::<1>(from, to, |pixel| pixel),
        }
    }
}

fn reverse<const N: usize>(from: &[u8], to: &mut [u8], turn: impl Fn([u8; N]) -> [u8; N]) {
    let (from, _) = from.as_chunks::<N>();
    let (to, _) = to.as_chunks_mut::<N>();
    for (from, to) in from.iter().rev().zip(to) {
        *to = turn(*from);
    }
}

/// Reverses the rows of a packed RGB picture in its place.
pub(super) fn in_place(rgb: &mut [u8], width: usize) {
    let (pixels, _) = rgb.as_chunks_mut::<3>();
    for row in pixels.chunks_exact_mut(width) {
        row.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirrored(format: PixelFormat, height: u32, source: &[u8]) -> Vec<u8> {
        let layout = FrameLayout::packed(4, height, format);
        let mut target = vec![0; source.len()];
        copy(source, &mut target, &layout);
        target
    }

    #[test]
    fn rows_are_reversed_in_every_format_and_colours_stay_with_their_pixels() {
        let yuyv = mirrored(PixelFormat::Yuyv, 1, &[1, 10, 2, 20, 3, 11, 4, 21]);
        assert_eq!(yuyv, [4, 11, 3, 21, 2, 10, 1, 20]);
        let nv12 = mirrored(
            PixelFormat::Nv12,
            2,
            &[1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 11, 21],
        );
        assert_eq!(nv12, [4, 3, 2, 1, 8, 7, 6, 5, 11, 21, 10, 20]);
        assert_eq!(mirrored(PixelFormat::Grey8, 1, &[1, 2, 3, 4]), [4, 3, 2, 1]);
        let rgb = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        let turned = [10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3];
        assert_eq!(mirrored(PixelFormat::Rgb8, 1, &rgb), turned);
        let mut here = rgb;
        in_place(&mut here, 4);
        assert_eq!(here, turned);
    }

    #[test]
    fn mirroring_twice_gives_the_same_picture_whatever_the_stride() {
        let layout = FrameLayout {
            stride: 13,
            ..FrameLayout::packed(6, 2, PixelFormat::Yuyv)
        };
        let source: Vec<u8> = (0..26).map(|i| if i % 13 == 12 { 0 } else { i }).collect();
        let (mut once, mut twice) = (vec![0; 26], vec![0; 26]);
        copy(&source, &mut once, &layout);
        copy(&once, &mut twice, &layout);
        assert_ne!(once, source);
        assert_eq!(twice, source);
    }
}
