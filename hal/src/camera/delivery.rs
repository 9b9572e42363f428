//! From the bytes in a driver's buffer to a picture of ours: one copy (or one JPEG decoded), into
//! memory that is used again. Bytes from a cable: whatever they are, sizes are checked first and a
//! damaged picture is no picture.

use super::{FrameLayout, FramePool, PixelBuffer, PixelFormat, mirror, mjpeg};

/// Pictures larger than this are refused: nothing here is tuned for them.
pub(super) const MAX_SIDE: u32 = 4096;

/// A JPEG may be larger than agreed by less than a block of 16×16 (ITU-T T.81, A.2.4), and by no more:
/// its size is believed before its contents are seen.
const BLOCK: u32 = 16;

/// How pictures come from the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As pixels.
    Raw(PixelFormat),
    /// Each as a JPEG.
    Mjpeg,
}

impl Coding {
    /// All that are understood, in the order of preference: colours at the least cost first.
    pub const ALL: [Self; 5] = [
        Self::Raw(PixelFormat::Yuyv),
        Self::Raw(PixelFormat::Nv12),
        Self::Mjpeg,
        Self::Raw(PixelFormat::Grey8),
        Self::Raw(PixelFormat::Rgb8),
    ];

    /// The name V4L2 has for it.
    #[must_use]
    pub const fn four_cc(self) -> &'static str {
        match self {
            Self::Raw(PixelFormat::Yuyv) => "YUYV",
            Self::Raw(PixelFormat::Nv12) => "NV12",
            Self::Raw(PixelFormat::Grey8) => "GREY",
            Self::Raw(PixelFormat::Rgb8) => "RGB3",
            Self::Mjpeg => "MJPG",
        }
    }
}

/// The format agreed with a driver, and what is done with each picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    coding: Coding,
    width: u32,
    height: u32,
    stride: usize,
    mirror: bool,
}

impl Delivery {
    /// Pictures of this coding and size. `bytes_per_line` may be zero, as some drivers leave it,
    /// for packed rows. Nothing if the size is absurd.
    #[must_use]
    pub fn new(
        coding: Coding,
        width: u32,
        height: u32,
        bytes_per_line: u32,
        mirror: bool,
    ) -> Option<Self> {
        let sane = |side: u32| (1..=MAX_SIDE).contains(&side);
        let packed = match coding {
            Coding::Raw(format) => FrameLayout::packed(width, height, format).stride,
            Coding::Mjpeg => 0,
        };
        // A row is never longer than this with any padding that makes sense.
        let stride = packed.max(bytes_per_line as usize);
        let delivery = Self {
            coding,
            width,
            height,
            stride,
            mirror,
        };
        (sane(width) && sane(height) && stride <= 8 * MAX_SIDE as usize).then_some(delivery)
    }

    /// The picture in a driver's buffer; nothing if it is damaged or too short.
    #[must_use]
    pub fn picture(&self, bytes: &[u8], pool: &FramePool) -> Option<(PixelBuffer, FrameLayout)> {
        match self.coding {
            Coding::Raw(format) => self.copy(bytes, format, pool),
            Coding::Mjpeg => {
                let largest = (self.width + BLOCK, self.height + BLOCK);
                let (mut data, layout) = mjpeg::decode(bytes, largest, pool)?;
                if self.mirror {
                    mirror::in_place(&mut data, layout.width as usize);
                }
                Some((data, layout))
            }
        }
    }

    fn copy(
        &self,
        bytes: &[u8],
        format: PixelFormat,
        pool: &FramePool,
    ) -> Option<(PixelBuffer, FrameLayout)> {
        let layout = FrameLayout {
            width: self.width,
            height: self.height,
            stride: self.stride,
            format,
        };
        let source = bytes.get(..layout.byte_len()?)?;
        let mut data = pool.take(source.len());
        if self.mirror {
            mirror::copy(source, &mut data, &layout);
        } else {
            data.copy_from_slice(source);
        }
        Some((data, layout))
    }
}

impl std::fmt::Display for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            coding,
            width,
            height,
            ..
        } = self;
        write!(f, "{width}×{height} {}", coding.four_cc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_formats_are_refused_and_packed_rows_are_assumed_where_a_driver_says_nothing() {
        let raw = |w, h, line| Delivery::new(Coding::Raw(PixelFormat::Yuyv), w, h, line, false);
        assert_eq!(raw(640, 480, 0).unwrap().stride, 1280);
        assert_eq!(raw(640, 480, 1536).unwrap().stride, 1536);
        assert!(raw(0, 480, 0).is_none() && raw(640, 4097, 0).is_none());
        assert!(raw(640, 480, u32::MAX).is_none());
    }
}
