//! Following a small patch from one picture to the next: Lucas and Kanade's image registration
//! (1981) in its inverse compositional form (Baker and Matthews, "Lucas-Kanade 20 Years On", 2004),
//! around a prediction by a similarity. A change of brightness of the whole patch does not matter.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::grey::Grey;
use crate::geometry::{Point, Similarity};

/// Pixels from a patch's middle to its edge.
const REACH: i32 = 4;
const SIDE: usize = 2 * REACH as usize + 1;
const PIXELS: usize = SIDE * SIDE;
/// Least mean squared gradient, along its weaker direction, of a patch that can be followed: below,
/// it is a flat area or a straight edge. Grey levels per pixel, squared.
const MIN_GRADIENT: f32 = 6.0;
/// Steps after which a patch that has not come to rest is lost.
const MAX_STEPS: usize = 12;
/// A step so short ends the search, pixels.
const AT_REST: f32 = 0.02;
/// How far from the prediction a patch is looked for, pixels.
const MAX_DISTANCE: f32 = 4.0;
/// Largest root mean square difference of a patch found again, over its own contrast.
const MAX_DIFFERENCE: f32 = 0.5;

/// A patch with enough texture to be followed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Patch {
    #[zeroize(skip)]
    pub(crate) at: Point,
    values: [f32; PIXELS],
    gradients: [[f32; 2]; PIXELS],
    /// Inverse of the gradients' matrix: xx, xy, yy.
    #[zeroize(skip)]
    inverse: [f32; 3],
    contrast: f32,
}

/// Where a patch was found again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// Away from the prediction, pixels of the first picture.
    pub(crate) shift: Point,
    /// Root mean square difference, grey levels.
    pub(crate) difference: f32,
}

impl Patch {
    /// The patch around a point; none where there is no texture, or at the picture's edge.
    pub(crate) fn cut(grey: &Grey, at: Point) -> Option<Self> {
        let mut values = [0.0; PIXELS];
        let mut gradients = [[0.0; 2]; PIXELS];
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (i, (dx, dy)) in offsets().enumerate() {
            let near = |x: f32, y: f32| grey.at(Point::new(at.x + dx + x, at.y + dy + y));
            values[i] = near(0.0, 0.0)?;
            let gx = (near(1.0, 0.0)? - near(-1.0, 0.0)?) / 2.0;
            let gy = (near(0.0, 1.0)? - near(0.0, -1.0)?) / 2.0;
            gradients[i] = [gx, gy];
            xx += gx * gx;
            xy += gx * gy;
            yy += gy * gy;
        }
        let weaker = (xx + yy) / 2.0 - ((xx - yy) / 2.0).hypot(xy);
        if weaker < MIN_GRADIENT * PIXELS as f32 {
            return None;
        }
        let mean = centre(&mut values);
        debug_assert!(mean.is_finite());
        let determinant = xx * yy - xy * xy;
        Some(Self {
            at,
            contrast: rms(&values),
            values,
            gradients,
            inverse: [yy / determinant, -xy / determinant, xx / determinant],
        })
    }

    /// Finds the patch in another picture, near to where `prediction` carries it.
    pub(crate) fn follow(&self, grey: &Grey, prediction: &Similarity) -> Option<Found> {
        let mut shift = Point::default();
        for _ in 0..MAX_STEPS {
            let mut seen = self.seen(grey, prediction, shift)?;
            let (mut bx, mut by) = (0.0, 0.0);
            for (seen, (value, [gx, gy])) in
                seen.iter_mut().zip(self.values.iter().zip(&self.gradients))
            {
                *seen -= value;
                bx += *seen * gx;
                by += *seen * gy;
            }
            let [xx, xy, yy] = self.inverse;
            let step = Point::new(xx * bx + xy * by, xy * bx + yy * by);
            shift = Point::new(shift.x - step.x, shift.y - step.y);
            if shift.x.hypot(shift.y) > MAX_DISTANCE || !shift.x.is_finite() {
                return None;
            }
            if step.x.hypot(step.y) < AT_REST {
                let difference = rms(&seen);
                let alike = difference <= MAX_DIFFERENCE * self.contrast;
                return alike.then_some(Found { shift, difference });
            }
        }
        None
    }

    /// The other picture where the patch is thought to be, its mean taken off.
    fn seen(&self, grey: &Grey, prediction: &Similarity, shift: Point) -> Option<[f32; PIXELS]> {
        let mut seen = [0.0; PIXELS];
        for (value, (dx, dy)) in seen.iter_mut().zip(offsets()) {
            let p = Point::new(self.at.x + shift.x + dx, self.at.y + shift.y + dy);
            *value = grey.at(prediction.apply(p))?;
        }
        centre(&mut seen);
        Some(seen)
    }
}

fn offsets() -> impl Iterator<Item = (f32, f32)> {
    (-REACH..=REACH).flat_map(|y| (-REACH..=REACH).map(move |x| (x as f32, y as f32)))
}

fn centre(values: &mut [f32; PIXELS]) -> f32 {
    let mean = values.iter().sum::<f32>() / PIXELS as f32;
    values.iter_mut().for_each(|v| *v -= mean);
    mean
}

fn rms(values: &[f32; PIXELS]) -> f32 {
    (values.iter().map(|v| v * v).sum::<f32>() / PIXELS as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texture(x: f32, y: f32) -> f32 {
        128.0 + 40.0 * (x / 3.1).sin() * (y / 2.7).cos() + 20.0 * (x / 7.0 + y / 5.0).sin()
    }

    #[test]
    fn a_patch_is_found_where_it_went_to_a_twentieth_of_a_pixel() {
        let before = Grey::from_fn(80, 60, texture);
        let after = Grey::from_fn(80, 60, |x, y| 15.0 + texture(x - 1.3, y + 0.6));
        let still = Similarity {
            a: 1.0,
            b: 0.0,
            tx: 0.0,
            ty: 0.0,
        };
        let patch = Patch::cut(&before, Point::new(40.0, 30.0)).expect("texture");
        let found = patch.follow(&after, &still).expect("a patch found again");
        assert!((found.shift.x - 1.3).abs() < 0.05, "{found:?}");
        assert!((found.shift.y + 0.6).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn flat_areas_edges_and_borders_are_not_followed() {
        let flat = Grey::from_fn(40, 40, |_, _| 90.0);
        let edge = Grey::from_fn(40, 40, |x, _| if x < 20.0 { 40.0 } else { 200.0 });
        let rich = Grey::from_fn(40, 40, texture);
        assert!(Patch::cut(&flat, Point::new(20.0, 20.0)).is_none());
        assert!(Patch::cut(&edge, Point::new(20.0, 20.0)).is_none());
        assert!(Patch::cut(&rich, Point::new(3.0, 20.0)).is_none());
        assert!(Patch::cut(&rich, Point::new(f32::NAN, 20.0)).is_none());
    }
}
