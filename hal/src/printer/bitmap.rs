//! Dots on paper, one bit each, in rows of whole bytes as `GS v 0` takes them.

use fast_qr::{ECL, QRBuilder, QRCode};

/// A picture of dots; 1 is black, the most significant bit of a byte is the leftmost dot.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: usize,
    height: usize,
    bits: Vec<u8>,
}

impl Bitmap {
    /// White paper of `width` by `height` dots.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            bits: vec![0; width.div_ceil(8) * height],
        }
    }

    /// Dots from left to right.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Dots from top to bottom.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Bytes of one row.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.width.div_ceil(8)
    }

    /// The rows, one after the other.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bits
    }

    /// Whether a dot is black; what lies outside is white.
    #[must_use]
    pub fn get(&self, x: usize, y: usize) -> bool {
        self.place(x, y)
            .is_some_and(|(at, mask)| self.bits[at] & mask != 0)
    }

    /// Blackens a dot; what lies outside is lost.
    pub fn set(&mut self, x: usize, y: usize) {
        if let Some((at, mask)) = self.place(x, y) {
            self.bits[at] |= mask;
        }
    }

    /// Blackens the dots that are black in `other`, laid with its corner on (`x`, `y`).
    pub fn draw(&mut self, other: &Self, x: usize, y: usize) {
        for row in 0..other.height {
            for column in (0..other.width).filter(|column| other.get(*column, row)) {
                self.set(x + column, y + row);
            }
        }
    }

    /// A picture from the rows of `GS v 0`; what is missing is white.
    #[must_use]
    pub fn from_rows(stride: usize, height: usize, rows: &[u8]) -> Self {
        let mut bits = rows.to_vec();
        bits.resize(stride * height, 0);
        Self {
            width: stride * 8,
            height,
            bits,
        }
    }

    fn place(&self, x: usize, y: usize) -> Option<(usize, u8)> {
        (x < self.width && y < self.height).then(|| (y * self.stride() + x / 8, 0x80 >> (x % 8)))
    }
}

/// Modules of white around a code (ISO/IEC 18004, 6.3.8).
const QUIET_MODULES: usize = 4;

/// A QR code on its way to paper.
pub(crate) struct Code(QRCode);

impl Code {
    /// The code for `text`, level M where it fits, else level L; none if it is too long for both.
    pub(super) fn of(text: &str) -> Option<(Self, ECL)> {
        [ECL::M, ECL::L]
            .into_iter()
            .find_map(|level| Some((Self::at(text.as_bytes(), level)?, level)))
    }

    /// The code for `data` at one level.
    pub(crate) fn at(data: &[u8], level: ECL) -> Option<Self> {
        QRBuilder::new(data).ecl(level).build().ok().map(Self)
    }

    /// The largest module, in dots, with which code and quiet zone fit on `dots`.
    pub(super) fn module_for(&self, dots: usize) -> usize {
        (dots / (self.0.size + 2 * QUIET_MODULES)).min(MAX_MODULE_DOTS)
    }

    /// The code with its quiet zone.
    pub(super) fn paint(&self, module: usize) -> Bitmap {
        let quiet = QUIET_MODULES * module;
        let side = self.0.size * module + 2 * quiet;
        let mut picture = Bitmap::new(side, side);
        picture.draw(&self.bare(module), quiet, quiet);
        picture
    }

    /// The code alone.
    pub(crate) fn bare(&self, module: usize) -> Bitmap {
        let side = self.0.size * module;
        let mut picture = Bitmap::new(side, side);
        for y in 0..side {
            for x in (0..side).filter(|x| self.0[y / module][x / module].value()) {
                picture.set(x, y);
            }
        }
        picture
    }
}

/// A module of 1 mm at 8 dots/mm: larger is easier for no phone. Also the most that every printer
/// takes (GS ( k, function 167).
const MAX_MODULE_DOTS: usize = 8;
