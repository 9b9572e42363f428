//! A grey picture of floating-point luminance, to follow small patches in: what motion is measured
//! on. In: the picture that the detector made small. Zeroed when dropped.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::geometry::Point;
use crate::pixels::Picture;

#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Grey {
    values: Vec<f32>,
    width: usize,
    height: usize,
}

impl Grey {
    /// Luminance (BT.601) of a picture, into memory that is used again.
    pub(crate) fn read(&mut self, picture: &Picture) {
        let pixels = picture.width() * picture.height();
        if self.values.len() != pixels {
            self.values.zeroize();
            self.values.resize(pixels, 0.0);
        }
        (self.width, self.height) = (picture.width(), picture.height());
        for (value, bgr) in self.values.iter_mut().zip(picture.data().chunks_exact(3)) {
            *value =
                0.114 * f32::from(bgr[0]) + 0.587 * f32::from(bgr[1]) + 0.299 * f32::from(bgr[2]);
        }
    }

    #[cfg(test)]
    pub(crate) fn from_fn(width: usize, height: usize, value: impl Fn(f32, f32) -> f32) -> Self {
        let at = |i: usize| value((i % width) as f32, (i / width) as f32);
        Self {
            values: (0..width * height).map(at).collect(),
            width,
            height,
        }
    }

    /// Luminance between pixels, bilinear; none outside.
    pub(crate) fn at(&self, p: Point) -> Option<f32> {
        // Compared as they are: as whole numbers what is infinite would be the largest there is.
        let within = |at: f32, side: usize| at >= 0.0 && at < side as f32 - 1.0;
        if !within(p.x, self.width) || !within(p.y, self.height) {
            return None;
        }
        let (x, y) = (p.x as usize, p.y as usize);
        let (fx, fy) = (p.x - x as f32, p.y - y as f32);
        let row = &self.values[y * self.width + x..][..self.width + 2];
        let upper = row[0] + fx * (row[1] - row[0]);
        let lower = row[self.width] + fx * (row[self.width + 1] - row[self.width]);
        Some(upper + fy * (lower - upper))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_there_is_nothing_however_far() {
        let grey = Grey::from_fn(4, 3, |x, y| x + 10.0 * y);
        assert_eq!(grey.at(Point::new(2.5, 1.5)), Some(17.5));
        for outside in [3.0, -0.5, 1e30, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            assert_eq!(grey.at(Point::new(outside, 0.0)), None, "{outside}");
            assert_eq!(grey.at(Point::new(0.0, outside)), None, "{outside}");
        }
        assert_eq!(Grey::default().at(Point::new(0.0, 0.0)), None);
    }
}
