//! Points, boxes, and the similarity transform that carries one set of points onto another
//! (Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
//! 1991, in the plane).

use serde::Serialize;

/// A position in an image, pixels, origin top left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

impl Point {
    /// A position.
    #[must_use]
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    pub(crate) fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    pub(crate) fn midpoint(self, other: Self) -> Self {
        Self::new((self.x + other.x) / 2.0, (self.y + other.y) / 2.0)
    }
}

/// An upright rectangle in an image, pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// To the right.
    pub width: f32,
    /// Down.
    pub height: f32,
}

impl Rect {
    /// The middle.
    #[must_use]
    pub fn centre(&self) -> Point {
        Point::new(self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    pub(crate) fn area(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// Intersection over union, 0 to 1.
    pub(crate) fn overlap(&self, other: &Self) -> f32 {
        let width = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let height = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        let shared = width.max(0.0) * height.max(0.0);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// The square of `scale` times the longer side around the same centre, moved (and, where it
    /// is larger than the image, shrunk) so that it lies inside an image of `width`×`height`.
    pub(crate) fn square_inside(&self, scale: f32, width: usize, height: usize) -> Self {
        let (width, height) = (width as f32, height as f32);
        let side = (self.width.max(self.height) * scale)
            .min(width)
            .min(height)
            .max(1.0);
        let centre = self.centre();
        Self {
            x: (centre.x - side / 2.0).clamp(0.0, width - side),
            y: (centre.y - side / 2.0).clamp(0.0, height - side),
            width: side,
            height: side,
        }
    }
}

/// Rotation, uniform scale and shift: x' = a·x − b·y + tx, y' = b·x + a·y + ty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Similarity {
    pub(crate) a: f32,
    pub(crate) b: f32,
    pub(crate) tx: f32,
    pub(crate) ty: f32,
}

impl Similarity {
    /// The similarity that carries `from` onto `to` with the least squared error; none when all
    /// points of `from` coincide or are not finite.
    pub(crate) fn fit(from: &[Point], to: &[Point]) -> Option<Self> {
        let (from_mean, to_mean) = (mean(from)?, mean(to)?);
        let (mut dot, mut cross, mut spread) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(to) {
            let (px, py) = (p.x - from_mean.x, p.y - from_mean.y);
            let (qx, qy) = (q.x - to_mean.x, q.y - to_mean.y);
            dot += px * qx + py * qy;
            cross += px * qy - py * qx;
            spread += px * px + py * py;
        }
        if !spread.is_normal() || !(dot * dot + cross * cross).is_normal() {
            return None;
        }
        let (a, b) = (dot / spread, cross / spread);
        Some(Self {
            a,
            b,
            tx: to_mean.x - a * from_mean.x + b * from_mean.y,
            ty: to_mean.y - b * from_mean.x - a * from_mean.y,
        })
    }

    /// The similarity that carries a square onto another of `side` pixels, turned by `angle`
    /// radians about its centre.
    pub(crate) fn crop(centre: Point, square: f32, angle: f32, side: f32) -> Self {
        let scale = side / square;
        let (a, b) = (scale * angle.cos(), -scale * angle.sin());
        Self {
            a,
            b,
            tx: side / 2.0 - a * centre.x + b * centre.y,
            ty: side / 2.0 - b * centre.x - a * centre.y,
        }
    }

    pub(crate) fn apply(&self, p: Point) -> Point {
        Point::new(
            self.a * p.x - self.b * p.y + self.tx,
            self.b * p.x + self.a * p.y + self.ty,
        )
    }

    pub(crate) fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }

    pub(crate) fn inverse(&self) -> Self {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        Self {
            a,
            b,
            tx: -(a * self.tx - b * self.ty),
            ty: -(b * self.tx + a * self.ty),
        }
    }
}

fn mean(points: &[Point]) -> Option<Point> {
    let n = points.len() as f32;
    let sum = points
        .iter()
        .fold(Point::default(), |s, p| Point::new(s.x + p.x, s.y + p.y));
    (n > 0.0 && sum.x.is_finite() && sum.y.is_finite()).then(|| Point::new(sum.x / n, sum.y / n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_scaled_and_shifted_pattern_is_recovered_and_undone() {
        let truth = Similarity {
            a: 1.2,
            b: -0.7,
            tx: 30.0,
            ty: -4.0,
        };
        let from = [
            Point::new(1.0, 2.0),
            Point::new(40.0, 3.0),
            Point::new(20.0, 50.0),
        ];
        let to = from.map(|p| truth.apply(p));

        let found = Similarity::fit(&from, &to).expect("a spread-out pattern");

        for p in from {
            assert!(found.apply(p).distance(truth.apply(p)) < 1e-3);
            assert!(found.inverse().apply(found.apply(p)).distance(p) < 1e-3);
        }
    }

    #[test]
    fn points_that_coincide_have_no_similarity() {
        let same = [Point::new(5.0, 5.0); 3];
        assert!(Similarity::fit(&same, &same).is_none());
        let wild = [Point::new(f32::NAN, 0.0), Point::new(1.0, 0.0)];
        assert!(Similarity::fit(&wild, &wild).is_none());
    }
}
