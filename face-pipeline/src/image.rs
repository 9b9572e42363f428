//! The border for images: a borrowed look at someone else's pixels, checked once. The pipeline
//! keeps none of it.

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
}

impl PixelFormat {
    /// Bytes per pixel.
    #[must_use]
    pub const fn bytes_per_pixel(self) -> usize {
        match self {
            Self::Yuyv => 2,
            Self::Rgb8 | Self::Bgr8 => 3,
            Self::Grey8 => 1,
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
    /// YUYV shares colour between two pixels.
    #[error("YUYV image with odd width {width}")]
    OddWidth {
        /// Pixels per row.
        width: usize,
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
        if format == PixelFormat::Yuyv && width % 2 == 1 {
            return Err(ImageError::OddWidth { width });
        }
        let row = width * format.bytes_per_pixel();
        if stride < row {
            return Err(ImageError::Stride { stride, row });
        }
        let needed = stride.saturating_mul(height - 1).saturating_add(row);
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

    /// The bytes of row `y`, without the gap after it.
    pub(crate) fn row(&self, y: usize) -> &'a [u8] {
        let start = y * self.stride;
        &self.data[start..start + self.width * self.format.bytes_per_pixel()]
    }

    /// All rows in one piece, if there is no gap between them.
    pub(crate) fn contiguous(&self) -> Option<&'a [u8]> {
        let row = self.width * self.format.bytes_per_pixel();
        (self.stride == row).then(|| &self.data[..row * self.height])
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
