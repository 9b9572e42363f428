//! How bright a picture or a part of it is, on one scale whatever the format: 0 is black, 255 is
//! white. Only every fourth pixel of every fourth row is looked at; numbers leave, pixels do not.

use std::ops::Range;

use super::{Frame, PixelFormat};

/// Of each row and column, every how many-th pixel is looked at.
const STEP: usize = 4;
/// Luminance of black, and its range, in BT.601 limited range (as YUYV and NV12 have it).
const LIMITED_BLACK: u32 = 16;
const LIMITED_RANGE: u32 = 219;
/// Below this mean luminance (of 255) a lens is covered or a room dark. A covered lens gives 0 to
/// 6 with noise; a face in a room with its lights off but daylight outside still gives 20.
const BLACK: u8 = 12;

/// Luminance of a picture, 0 (black) to 255 (white).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Light {
    /// Mean.
    pub mean: u8,
    /// Difference between the darkest and the brightest twentieth.
    pub contrast: u8,
}

impl Light {
    /// Whether nothing can be seen: the lens is covered, or there is no light at all.
    #[must_use]
    pub fn is_black(&self) -> bool {
        self.mean < BLACK
    }
}

/// A part of a picture, in shares of its width and height (0 to 1), as the camera delivers it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

impl Region {
    /// All of the picture.
    pub const WHOLE: Self = Self {
        left: 0.0,
        top: 0.0,
        right: 1.0,
        bottom: 1.0,
    };

    /// The same part before the picture was turned clockwise by so many quarters: what is found
    /// in an upright picture is metered in the one that the sensor gives.
    #[must_use]
    pub fn before_turn(self, quarters: u8) -> Self {
        (0..quarters % 4).fold(self, |turned, _| Self {
            left: turned.top,
            top: 1.0 - turned.right,
            right: turned.bottom,
            bottom: 1.0 - turned.left,
        })
    }

    /// The pixels it covers along one side.
    fn span(from: f32, to: f32, side: u32) -> Range<usize> {
        let at = |share: f32| (share.clamp(0.0, 1.0) * side as f32) as usize;
        at(from)..at(to).max(at(from))
    }
}

/// What is remembered of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measured {
    pub(super) light: Light,
    /// Tells two pictures apart, keeps neither.
    pub(super) fingerprint: u64,
}

pub(super) fn measure(frame: &Frame) -> Measured {
    let mut histogram = [0_u32; 256];
    // FNV-1a.
    let mut fingerprint = 0xCBF2_9CE4_8422_2325_u64;
    for value in samples(frame, Region::WHOLE) {
        histogram[usize::from(value)] += 1;
        fingerprint = (fingerprint ^ u64::from(value)).wrapping_mul(0x0100_0000_01B3);
    }
    Measured {
        light: light(&histogram),
        fingerprint,
    }
}

/// Mean luminance of a part of a picture; nothing if no pixel lies in it.
pub(crate) fn mean(frame: &Frame, region: Region) -> Option<u8> {
    let (sum, count) = samples(frame, region).fold((0_u64, 0_u64), |(sum, count), value| {
        (sum + u64::from(value), count + 1)
    });
    u8::try_from(sum.checked_div(count)?).ok()
}

fn samples(frame: &Frame, region: Region) -> impl Iterator<Item = u8> {
    let format = frame.format();
    let pixel = format.bytes_per_pixel();
    let columns = Region::span(region.left, region.right, frame.width());
    let rows = Region::span(region.top, region.bottom, frame.height());
    let bytes = columns.start * pixel..columns.end * pixel;
    frame
        .data()
        .chunks(frame.stride())
        .take(rows.end)
        .skip(rows.start)
        .step_by(STEP)
        .flat_map(move |line| line[bytes.clone()].chunks_exact(pixel).step_by(STEP))
        .map(move |bytes| luminance(format, bytes))
}

fn luminance(format: PixelFormat, pixel: &[u8]) -> u8 {
    let at = |i: usize| u32::from(pixel[i]);
    let value = match format {
        PixelFormat::Grey8 => at(0),
        PixelFormat::Yuyv | PixelFormat::Nv12 => {
            at(0).saturating_sub(LIMITED_BLACK) * 255 / LIMITED_RANGE
        }
        // BT.601: 0.299, 0.587, 0.114.
        PixelFormat::Rgb8 => (at(0) * 299 + at(1) * 587 + at(2) * 114) / 1000,
    };
    u8::try_from(value).unwrap_or(u8::MAX)
}

fn light(histogram: &[u32; 256]) -> Light {
    let count: u64 = histogram.iter().map(|n| u64::from(*n)).sum();
    let sum: u64 = (0_u64..)
        .zip(histogram)
        .map(|(v, n)| v * u64::from(*n))
        .sum();
    let below = |share: u64| {
        let mut left = count * share / 20;
        (0_u8..=255)
            .find(|v| {
                let here = u64::from(histogram[usize::from(*v)]);
                let found = here > left;
                left = left.saturating_sub(here);
                found
            })
            .unwrap_or(u8::MAX)
    };
    Light {
        mean: u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX),
        contrast: below(19).saturating_sub(below(1)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::camera::FrameLayout;

    #[test]
    fn luminance_is_on_one_scale_whatever_the_format() {
        assert_eq!(luminance(PixelFormat::Yuyv, &[16, 128]), 0);
        assert_eq!(luminance(PixelFormat::Nv12, &[235]), 255);
        assert_eq!(luminance(PixelFormat::Rgb8, &[255; 3]), 255);
        assert_eq!(luminance(PixelFormat::Grey8, &[7]), 7);
    }

    #[test]
    fn a_region_is_metered_alone_and_planes_of_colour_are_not_light() {
        let layout = FrameLayout::packed(64, 64, PixelFormat::Nv12);
        let mut bytes = vec![0; layout.byte_len().unwrap()];
        for (i, byte) in bytes.iter_mut().take(64 * 64).enumerate() {
            *byte = if i % 64 < 32 { 16 } else { 235 };
        }
        let frame = Frame::new(bytes.into(), layout, Duration::ZERO, 0).unwrap();
        let right = Region {
            left: 0.5,
            ..Region::WHOLE
        };
        assert_eq!(mean(&frame, right), Some(255));
        assert_eq!(mean(&frame, Region::WHOLE), Some(127));
        let nowhere = Region {
            left: 0.7,
            right: 0.2,
            ..Region::WHOLE
        };
        assert_eq!(mean(&frame, nowhere), None);
        assert_eq!(measure(&frame).light.mean, 127);
    }

    #[test]
    fn a_place_in_a_turned_picture_is_found_in_the_sensors() {
        // The upper left corner of a picture that was turned clockwise by a quarter was its lower
        // left corner before.
        let corner = Region {
            left: 0.0,
            top: 0.0,
            right: 0.25,
            bottom: 0.5,
        };
        let before = Region {
            left: 0.0,
            top: 0.75,
            right: 0.5,
            bottom: 1.0,
        };
        assert_eq!(corner.before_turn(1), before);
        assert_eq!(corner.before_turn(4), corner);
        assert_eq!(corner.before_turn(2).before_turn(2), corner);
    }
}
