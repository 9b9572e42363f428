//! What motion tells about a face over the window of a capture, for presentation-attack detection:
//! whether it turns as a solid head does (`parallax.rs`), and whether what is behind it moves with
//! it, as in a picture, or stays, as in a room (`backdrop.rs`). In: small grey pictures of good
//! frames, the face in each, and once the surface of the face. Out: [`Motion`]. Pure.

mod backdrop;
mod grey;
mod parallax;
mod track;

use serde::Serialize;
use zeroize::Zeroize;

use self::backdrop::Backdrop;
pub(crate) use self::grey::Grey;
use self::parallax::Moved;
use self::track::Patch;
use crate::detect::Face;
use crate::geometry::{Point, Similarity};
use crate::mesh::Mesh;

/// What the frames of a window showed, so far. A *place* is where the face is found some way from where
/// it was last looked at: how many there are depends on how far a person moves, and hardly on how many
/// frames a second there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Motion {
    /// Places at which enough points of the face were found again.
    pub places: usize,
    /// Places at which they were not: a face that moves, and nothing can be said of how.
    pub lost: usize,
    /// Places so far from the first, and their points so exactly found, that a plane shows itself there
    /// as one.
    pub far: usize,
    /// Places at which they had moved as those of a head that turned, and no plane can.
    pub solid: usize,
    /// Places at which they had moved as those of a plane, and hardly a head would.
    pub flat: usize,
    /// Places at which they had moved as those of a picture that was turned away.
    pub turned_plane: usize,
    /// Patches of the background, over all places, that moved with the face.
    pub attached: usize,
    /// The same, stayed.
    pub still: usize,
}

impl Motion {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            places: self.places + other.places,
            lost: self.lost + other.lost,
            far: self.far + other.far,
            solid: self.solid + other.solid,
            flat: self.flat + other.flat,
            turned_plane: self.turned_plane + other.turned_plane,
            attached: self.attached + other.attached,
            still: self.still + other.still,
        }
    }

    /// Whether the face was found some way from where it was.
    pub(crate) fn is_still(&self) -> bool {
        self.places + self.lost == 0
    }
}

/// Follows a face through a window. Zeroed when dropped.
#[derive(Default)]
pub(crate) struct Follower {
    first: Option<First>,
    /// Where the face was last looked at.
    last: Option<Face>,
    /// Places since the first at which the points were not found.
    lost: usize,
    patches: Vec<Patch>,
    /// Depth of each patch, over the distance between the eyes.
    depths: Vec<f32>,
    backdrop: Backdrop,
    motion: Motion,
    moved: Vec<Moved>,
    scatter: Vec<f64>,
}

/// The face that later ones are compared with, in pixels of the small picture.
#[derive(Clone, Copy)]
struct First {
    face: Face,
    middle: Point,
    eyes: f32,
}

/// Every so many points of the mesh are followed: about 160, spread over the face.
const MESH_STEP: usize = 3;
/// Mean way of the five landmarks, over the distance between the eyes, from one place to the next.
const STEP: f32 = 0.05;
/// Places at which the points were lost, after which later frames are compared with a new one.
const MAX_LOST: usize = 2;

impl Follower {
    /// Whether there is no face yet to compare with, or one that is not found again.
    pub(crate) fn wants_surface(&self) -> bool {
        self.first.is_none() || self.lost >= MAX_LOST
    }

    /// Later frames are compared with this one. `mesh` and `face` are in pixels of `grey`.
    pub(crate) fn begin(&mut self, grey: &Grey, face: &Face, mesh: &Mesh) {
        self.drop_first();
        let eyes = face.inter_eye_distance();
        if eyes.is_nan() || eyes <= 1.0 {
            return;
        }
        // Memory that grows would leave what was in it behind.
        let points = mesh.points.iter().step_by(MESH_STEP);
        self.patches.reserve_exact(points.len());
        self.depths.reserve_exact(points.len());
        for [x, y, z] in points {
            if let Some(patch) = Patch::cut(grey, Point::new(*x, *y)) {
                self.patches.push(patch);
                self.depths.push(z / eyes);
            }
        }
        self.moved.reserve_exact(self.patches.len());
        self.scatter.reserve_exact(self.patches.len());
        self.backdrop.begin(grey, face);
        self.last = Some(*face);
        self.first = Some(First {
            face: *face,
            middle: face.landmarks[2],
            eyes,
        });
    }

    /// Compares a later frame with the first, if the face has moved since the last.
    pub(crate) fn follow(&mut self, grey: &Grey, face: &Face) {
        let (Some(first), Some(last)) = (self.first, self.last) else {
            return;
        };
        let step: f32 = last
            .landmarks
            .iter()
            .zip(&face.landmarks)
            .map(|(a, b)| a.distance(*b))
            .sum();
        if step < STEP * 5.0 * first.eyes {
            return;
        }
        self.last = Some(*face);
        let Some(prediction) = Similarity::fit(&first.face.landmarks, &face.landmarks) else {
            return;
        };
        self.find(grey, &first, &prediction);
        let seen = parallax::fit(&mut self.moved, &mut self.scatter);
        let way = prediction.apply(first.middle).distance(first.middle) / first.eyes;
        let Some(seen) = seen else {
            self.lost += 1;
            self.motion.lost += 1;
            return;
        };
        self.lost = 0;
        self.motion.places += 1;
        self.motion.far += usize::from(seen.tells_a_plane(f64::from(way)));
        self.motion.solid += usize::from(seen.is_solid());
        self.motion.flat += usize::from(seen.is_flat(f64::from(way)));
        self.motion.turned_plane += usize::from(seen.is_turned_plane());
        let carried = |p: Point| {
            let x = f64::from((p.x - first.middle.x) / first.eyes);
            let y = f64::from((p.y - first.middle.y) / first.eyes);
            let [u, v] = seen.carry(x, y).map(|shift| shift as f32 * first.eyes);
            prediction.apply(Point::new(p.x + u, p.y + v))
        };
        let [attached, still] = self.backdrop.compare(grey, &prediction, carried);
        self.motion.attached += attached;
        self.motion.still += still;
    }

    /// Finds the points of the first face again.
    fn find(&mut self, grey: &Grey, first: &First, prediction: &Similarity) {
        self.moved.clear();
        for (patch, depth) in self.patches.iter().zip(&self.depths) {
            if let Some(found) = patch.follow(grey, prediction) {
                let over = |length: f32| f64::from(length / first.eyes);
                self.moved.push(Moved {
                    x: over(patch.at.x - first.middle.x),
                    y: over(patch.at.y - first.middle.y),
                    z: f64::from(*depth),
                    u: over(found.shift.x),
                    v: over(found.shift.y),
                });
            }
        }
    }

    pub(crate) fn motion(&self) -> Motion {
        self.motion
    }

    /// As if this had been seen, whatever is forgotten.
    #[cfg(test)]
    pub(crate) fn pretend(&mut self, motion: Motion) {
        self.motion = motion;
    }

    /// Zeroes everything.
    pub(crate) fn forget(&mut self) {
        self.drop_first();
        self.motion = Motion::default();
    }

    fn drop_first(&mut self) {
        (self.first, self.last, self.lost) = (None, None, 0);
        self.patches.iter_mut().for_each(Zeroize::zeroize);
        self.patches.clear();
        self.depths.zeroize();
        self.backdrop.forget();
        self.moved.zeroize();
        self.scatter.zeroize();
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.forget();
    }
}
