//! The border for images: a borrowed look at someone else's pixels, checked once. The pipeline
//! keeps none of it.

use serde::Deserialize;

/// How the bytes of an image are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelFormat {
    /// Y0 U Y1 V, two pixels in four bytes (V4L2 `YUYV`), BT.601, limited range.
    Yuyv,
    /// Red, green, blue, 8 bits each.
    Rgb8,
    /// Blue, green, red, 8 bits each.
    Bgr8,
    /// Luminance, 8 bits.
    Grey8,
    /// A plane of luminance, then one of U and V in turn for 2×2 pixels each (V4L2 `NV12`), rows of
    /// both the same distance apart; BT.601, limited range.
    Nv12,
}

impl PixelFormat {
    /// Bytes per pixel within a row.
    #[must_use]
    pub const fn bytes_per_pixel(self) -> usize {
        match self {
            Self::Yuyv => 2,
            Self::Rgb8 | Self::Bgr8 => 3,
            Self::Grey8 | Self::Nv12 => 1,
        }
    }

    /// Rows of bytes in an image of `height` rows of pixels.
    #[must_use]
    pub const fn rows(self, height: usize) -> usize {
        match self {
            Self::Nv12 => height.saturating_add(height / 2),
            Self::Yuyv | Self::Rgb8 | Self::Bgr8 | Self::Grey8 => height,
        }
    }

    /// Whether pixels share their colour so that an image of this size cannot be.
    const fn splits(self, width: usize, height: usize) -> bool {
        match self {
            Self::Yuyv => width % 2 == 1,
            Self::Nv12 => width % 2 == 1 || height % 2 == 1,
            Self::Rgb8 | Self::Bgr8 | Self::Grey8 => false,
        }
    }
}

/// How a picture is turned to stand upright: clockwise, by the degrees at which the camera is
/// mounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u16")]
pub enum Rotation {
    /// Not at all.
    #[default]
    None,
    /// By 90 degrees.
    Quarter,
    /// By 180 degrees.
    Half,
    /// By 270 degrees.
    ThreeQuarters,
}

impl TryFrom<u16> for Rotation {
    type Error = String;

    fn try_from(degrees: u16) -> Result<Self, String> {
        match degrees {
            0 => Ok(Self::None),
            90 => Ok(Self::Quarter),
            180 => Ok(Self::Half),
            270 => Ok(Self::ThreeQuarters),
            other => Err(format!(
                "a rotation of {other} degrees: 0, 90, 180 or 270 are possible"
            )),
        }
    }
}

/// An image that belongs to somebody else; its geometry and its bytes agree.
#[derive(Clone, Copy)]
pub struct ImageView<'a> {
    data: &'a [u8],
    width: usize,
    height: usize,
    stride: usize,
    format: PixelFormat,
}

/// Why bytes and geometry are no image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Width or height is zero or beyond [`ImageView::MAX_SIDE_PX`].
    #[error("image of {width}×{height} pixels: each side must be 1 to {max}", max = ImageView::MAX_SIDE_PX)]
    Size {
        /// Pixels per row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// The format shares colour between two pixels, or between four.
    #[error("{format:?} image with an odd side: {width}×{height}")]
    OddSide {
        /// Meaning of the bytes.
        format: PixelFormat,
        /// Pixels per row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// A row does not fit into the stride.
    #[error("stride of {stride} bytes is shorter than a row of {row} bytes")]
    Stride {
        /// Bytes from row to row.
        stride: usize,
        /// Bytes a row needs.
        row: usize,
    },
    /// The data end before the last row does.
    #[error("image needs {needed} bytes, there are {present}")]
    Truncated {
        /// Bytes to the end of the last row.
        needed: usize,
        /// Bytes given.
        present: usize,
    },
}

impl<'a> ImageView<'a> {
    /// Longest side accepted, pixels: beyond any camera of a kiosk, and far from integer overflow.
    pub const MAX_SIDE_PX: usize = 8192;

    /// An image over `data`, whose rows start `stride` bytes apart.
    pub fn new(
        data: &'a [u8],
        width: usize,
        height: usize,
        stride: usize,
        format: PixelFormat,
    ) -> Result<Self, ImageError> {
        let sides = 1..=Self::MAX_SIDE_PX;
        if !sides.contains(&width) || !sides.contains(&height) {
            return Err(ImageError::Size { width, height });
        }
        if format.splits(width, height) {
            return Err(ImageError::OddSide {
                format,
                width,
                height,
            });
        }
        let row = width * format.bytes_per_pixel();
        if stride < row {
            return Err(ImageError::Stride { stride, row });
        }
        let gaps = format.rows(height) - 1;
        let needed = stride.saturating_mul(gaps).saturating_add(row);
        if data.len() < needed {
            return Err(ImageError::Truncated {
                needed,
                present: data.len(),
            });
        }
        Ok(Self {
            data,
            width,
            height,
            stride,
            format,
        })
    }

    /// An image whose rows follow each other without a gap.
    pub fn packed(
        data: &'a [u8],
        width: usize,
        height: usize,
        format: PixelFormat,
    ) -> Result<Self, ImageError> {
        Self::new(
            data,
            width,
            height,
            width.saturating_mul(format.bytes_per_pixel()),
            format,
        )
    }

    /// Pixels per row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Meaning of the bytes.
    #[must_use]
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// The rows of bytes, without the gaps after them.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'a [u8]> {
        let row = self.row_bytes();
        let starts = (0..self.format.rows(self.height)).map(|y| y * self.stride);
        let data = self.data;
        starts.map(move |start| &data[start..start + row])
    }

    /// Bytes of all rows without gaps.
    pub(crate) fn packed_bytes(&self) -> usize {
        self.row_bytes() * self.format.rows(self.height)
    }

    fn row_bytes(&self) -> usize {
        self.width * self.format.bytes_per_pixel()
    }

    /// All rows in one piece, if there is no gap between them.
    pub(crate) fn contiguous(&self) -> Option<&'a [u8]> {
        (self.stride == self.row_bytes()).then(|| &self.data[..self.packed_bytes()])
    }
}

impl std::fmt::Debug for ImageView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "ImageView({}×{} {:?})",
            self.width, self.height, self.format
        )
    }
}
