//! The background beside and above a face: in a picture it moves with the face, in a room it stays.
//! In: the first frame of a window and later ones. Out: how many patches did which.

use zeroize::Zeroize;

use super::grey::Grey;
use super::track::{Found, Patch};
use crate::detect::Face;
use crate::geometry::{Point, Similarity};

/// Patches of the first frame around a face. Zeroed when dropped.
#[derive(Default)]
pub(crate) struct Backdrop {
    patches: Vec<Patch>,
}

/// Where patches are taken, in widths and heights of the face box from its edges: beyond most hair,
/// beside the head rather than beside the body.
const ASIDE: [f32; 4] = [0.30, 0.50, 0.70, 0.90];
const ABOVE: [f32; 3] = [0.45, 0.60, 0.75];
/// Places along each of these lines, over the face box, its upper left corner at 0.
const ROWS: [f32; 8] = [-0.3, -0.15, 0.0, 0.15, 0.3, 0.45, 0.6, 0.75];
const COLUMNS: [f32; 7] = [-0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25];
const PLACES: usize = 2 * ASIDE.len() * ROWS.len() + ABOVE.len() * COLUMNS.len();
/// Both motions must lie so far apart for a patch to tell them apart, pixels.
const MIN_APART: f32 = 1.5;
/// A patch keeps to a motion when it is found so near to it, pixels.
const NEAR: f32 = 0.6;

const STILL: Similarity = Similarity {
    a: 1.0,
    b: 0.0,
    tx: 0.0,
    ty: 0.0,
};

impl Backdrop {
    pub(crate) fn begin(&mut self, grey: &Grey, face: &Face) {
        let b = face.bounds;
        // Memory that grows would leave what was in it behind.
        self.patches.reserve_exact(PLACES);
        let sides = ASIDE.iter().flat_map(|aside| [-aside, 1.0 + aside]);
        let beside = sides.flat_map(|x| ROWS.map(|y| (x, y)));
        let above = ABOVE.iter().flat_map(|up| COLUMNS.map(|x| (x, -up)));
        for (x, y) in beside.chain(above) {
            let at = Point::new(b.x + x * b.width, b.y + y * b.height);
            self.patches.extend(Patch::cut(grey, at));
        }
    }

    /// Patches that moved as `carried` says, with the face, and patches that stayed.
    pub(crate) fn compare(
        &self,
        grey: &Grey,
        prediction: &Similarity,
        carried: impl Fn(Point) -> Point,
    ) -> [usize; 2] {
        let mut counts = [0; 2];
        for patch in &self.patches {
            let with_face = carried(patch.at);
            if with_face.distance(patch.at) < MIN_APART {
                continue;
            }
            let place = |found: Found, by: &Similarity| {
                let p = Point::new(patch.at.x + found.shift.x, patch.at.y + found.shift.y);
                (by.apply(p), found.difference)
            };
            let still = patch.follow(grey, &STILL).map(|f| place(f, &STILL));
            let moved = patch.follow(grey, prediction).map(|f| place(f, prediction));
            let best = match (still, moved) {
                (Some(a), Some(b)) => Some(if a.1 <= b.1 { a } else { b }),
                (a, b) => a.or(b),
            };
            let Some((at, _)) = best else {
                continue;
            };
            if at.distance(with_face) < NEAR {
                counts[0] += 1;
            } else if at.distance(patch.at) < NEAR {
                counts[1] += 1;
            }
        }
        counts
    }

    pub(crate) fn forget(&mut self) {
        self.patches.iter_mut().for_each(Zeroize::zeroize);
        self.patches.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    const FACE: Rect = Rect {
        x: 120.0,
        y: 90.0,
        width: 60.0,
        height: 80.0,
    };
    const WAY: f32 = 5.0;

    /// What is within `reach` of the face, over its width, moves with it; the rest stays.
    fn scene(reach: f32, way: f32) -> Grey {
        let texture = |x: f32, y: f32| {
            128.0 + 45.0 * (x / 2.9).sin() * (y / 2.3).cos() + 30.0 * (x / 5.1 + y / 3.7).sin()
        };
        Grey::from_fn(320, 240, |x, y| {
            let aside = (FACE.x + way - x).max(x - way - FACE.x - FACE.width);
            let up = FACE.y - y;
            if aside.max(up) < reach * FACE.width {
                texture(x - way, y)
            } else {
                texture(x + 40.0, y)
            }
        })
    }

    /// Patches that moved with the face, and that stayed.
    fn seen(reach: f32) -> [usize; 2] {
        let face = Face {
            bounds: FACE,
            landmarks: [Point::default(); 5],
            confidence: 1.0,
        };
        let mut backdrop = Backdrop::default();
        backdrop.begin(&scene(reach, 0.0), &face);
        let moved = Similarity { tx: WAY, ..STILL };
        backdrop.compare(&scene(reach, WAY), &moved, |p| moved.apply(p))
    }

    #[test]
    fn a_room_stays_and_a_picture_moves() {
        let [attached, still] = seen(0.1);
        assert!(attached == 0 && still > 20, "{attached}, {still}");
        let [attached, still] = seen(9.0);
        assert!(attached > 20 && still == 0, "{attached}, {still}");
    }

    #[test]
    fn around_a_small_screen_patches_do_both() {
        let [attached, still] = seen(0.62);
        assert!(attached > 10 && still > 10, "{attached}, {still}");
    }
}
