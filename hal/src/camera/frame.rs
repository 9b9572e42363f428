//! One picture and the memory it lives in. Memory is lent by a [`FramePool`] and handed back,
//! zeroed, when the frame is dropped, so that a running camera allocates nothing and a picture
//! of a person does not outlive its frame.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use super::CameraError;

/// How the bytes of a frame are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Y0 U Y1 V, two pixels in four bytes (V4L2 `YUYV`), BT.601, limited range.
    Yuyv,
    /// A plane of luminance, then a plane of U V pairs for two by two pixels each (V4L2 `NV12`),
    /// BT.601, limited range.
    Nv12,
    /// Red, green, blue, 8 bits each.
    Rgb8,
    /// Luminance, 8 bits.
    Grey8,
}

impl PixelFormat {
    /// Bytes per pixel in a row of the first plane (only NV12 has a second one).
    #[must_use]
    pub const fn bytes_per_pixel(self) -> usize {
        match self {
            Self::Yuyv => 2,
            Self::Rgb8 => 3,
            Self::Grey8 | Self::Nv12 => 1,
        }
    }
}

/// The geometry of a picture in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLayout {
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes from the start of one row to the start of the next.
    pub stride: usize,
    /// Meaning of the bytes.
    pub format: PixelFormat,
}

impl FrameLayout {
    /// Rows without padding.
    #[must_use]
    pub const fn packed(width: u32, height: u32, format: PixelFormat) -> Self {
        Self {
            width,
            height,
            stride: width as usize * format.bytes_per_pixel(),
            format,
        }
    }

    /// Bytes a picture of this layout needs, or nothing if the layout contradicts itself.
    #[must_use]
    pub fn byte_len(&self) -> Option<usize> {
        let row = (self.width as usize).checked_mul(self.format.bytes_per_pixel())?;
        let odd = match self.format {
            PixelFormat::Yuyv => self.width % 2 == 1,
            PixelFormat::Nv12 => self.width % 2 == 1 || self.height % 2 == 1,
            PixelFormat::Rgb8 | PixelFormat::Grey8 => false,
        };
        if self.width == 0 || self.height == 0 || self.stride < row || odd {
            return None;
        }
        self.stride.checked_mul(self.rows())
    }

    /// Rows in memory: the picture's, and those of a second plane.
    #[must_use]
    pub const fn rows(&self) -> usize {
        let height = self.height as usize;
        match self.format {
            PixelFormat::Nv12 => height + height / 2,
            PixelFormat::Yuyv | PixelFormat::Rgb8 | PixelFormat::Grey8 => height,
        }
    }
}

/// One picture, with the time at which the driver took it.
pub struct Frame {
    data: PixelBuffer,
    layout: FrameLayout,
    at: Duration,
    sequence: u64,
}

impl Frame {
    /// Puts a picture together.
    ///
    /// `at` is the driver's CLOCK_MONOTONIC time (see [`crate::clock::monotonic_now`]);
    /// `sequence` counts the frames of one opened camera, gaps being frames lost before us.
    ///
    /// # Errors
    /// [`CameraError::Unsupported`] if `data` has another size than `layout` needs.
    pub fn new(
        data: PixelBuffer,
        layout: FrameLayout,
        at: Duration,
        sequence: u64,
    ) -> Result<Self, CameraError> {
        if layout.byte_len() != Some(data.len()) {
            return Err(CameraError::Unsupported {
                device: String::from("frame"),
                reason: format!("{} bytes do not fit {layout:?}", data.len()),
            });
        }
        Ok(Self {
            data,
            layout,
            at,
            sequence,
        })
    }

    /// The bytes of all rows.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Size and meaning of the bytes.
    #[must_use]
    pub fn layout(&self) -> FrameLayout {
        self.layout
    }

    /// Pixels per row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.layout.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.layout.height
    }

    /// Bytes from the start of one row to the start of the next.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.layout.stride
    }

    /// Meaning of the bytes.
    #[must_use]
    pub fn format(&self) -> PixelFormat {
        self.layout.format
    }

    /// When the driver took the picture, on CLOCK_MONOTONIC.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.at
    }

    /// Number of the frame since the camera was opened.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }
}

impl fmt::Debug for Frame {
    /// Size and time only: the pixels are a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("layout", &self.layout)
            .field("at", &self.at)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

/// The memory of one picture. It is zeroed when dropped, and goes back to its pool.
pub struct PixelBuffer {
    bytes: Zeroizing<Vec<u8>>,
    pool: Option<FramePool>,
}

impl From<Vec<u8>> for PixelBuffer {
    /// Memory without a pool, for the rare picture (a test, a file).
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes: Zeroizing::new(bytes),
            pool: None,
        }
    }
}

impl std::ops::Deref for PixelBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl std::ops::DerefMut for PixelBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for PixelBuffer {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.put_back(std::mem::take(&mut *self.bytes));
        }
    }
}

/// Memory for frames, used again and again. Cloning gives another handle on the same pool.
#[derive(Clone, Default)]
pub struct FramePool(Arc<Mutex<Vec<Vec<u8>>>>);

impl FramePool {
    /// Buffers kept for use: one being filled, one in the slot, one being looked at, one spare.
    const KEPT: usize = 4;

    /// An empty pool; it grows to what is used at the same time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A buffer of `len` zero bytes, without allocating if one of that size has come back.
    #[must_use]
    pub fn take(&self, len: usize) -> PixelBuffer {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = free.iter().position(|b| b.capacity() >= len);
        let mut bytes = fits.map(|i| free.swap_remove(i)).unwrap_or_default();
        drop(free);
        bytes.resize(len, 0);
        PixelBuffer {
            bytes: Zeroizing::new(bytes),
            pool: Some(self.clone()),
        }
    }

    fn put_back(&self, bytes: Vec<u8>) {
        let mut bytes = Zeroizing::new(bytes);
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < Self::KEPT {
            // A plain fill is not optimised away here: the memory lives on in the pool.
            bytes.fill(0);
            free.push(std::mem::take(&mut *bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_zeroed_and_is_used_again() {
        let pool = FramePool::new();
        let mut first = pool.take(12);
        first.fill(0xA5);
        let memory = first.as_ptr();
        drop(first);
        let second = pool.take(12);
        assert_eq!(second.as_ptr(), memory, "the same memory is used again");
        assert!(second.iter().all(|b| *b == 0));
    }

    #[test]
    fn a_frame_is_refused_when_its_bytes_do_not_fit_its_layout() {
        let layout = FrameLayout::packed(4, 2, PixelFormat::Rgb8);
        let make = |len: usize| Frame::new(vec![0; len].into(), layout, Duration::ZERO, 0);
        assert!(make(24).is_ok());
        assert!(make(23).is_err());
        let planes = FrameLayout::packed(4, 2, PixelFormat::Nv12);
        assert_eq!(planes.byte_len(), Some(12));
        assert_eq!(
            FrameLayout::packed(4, 3, PixelFormat::Nv12).byte_len(),
            None
        );
        let absurd = FrameLayout {
            stride: 1,
            ..layout
        };
        assert_eq!(absurd.byte_len(), None);
    }
}
