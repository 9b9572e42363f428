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

/// What the frames of a window showed, so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Motion {
    /// Frames compared with the first.
    pub frames: usize,
    /// Largest way of the face from where it was at first, over the distance between the eyes.
    pub way: f32,
    /// Second largest turn that only a solid head can show, degrees, less twice its standard error:
    /// one frame wrongly followed shows none.
    pub turn_degrees: f32,
    /// Mean standard error of the turn, degrees: a smaller turn would not have been seen.
    pub error_degrees: f32,
    /// Patches of the background that moved with the face.
    pub attached: usize,
    /// The same, stayed.
    pub still: usize,
}

/// Follows a face through a window, from its first frame on. Zeroed when dropped.
#[derive(Default)]
pub(crate) struct Follower {
    first: Option<First>,
    patches: Vec<Patch>,
    /// Depth of each patch, over the distance between the eyes.
    depths: Vec<f32>,
    backdrop: Backdrop,
    motion: Motion,
    largest_turn: f32,
    errors: f32,
    moved: Vec<Moved>,
    scatter: Vec<f64>,
}

/// The face in the first frame, in pixels of the small picture.
#[derive(Clone, Copy)]
struct First {
    face: Face,
    middle: Point,
    eyes: f32,
}

/// Every so many points of the mesh are followed: about 110, spread over the face.
const MESH_STEP: usize = 4;

impl Follower {
    /// Starts again with the first frame of a window. `mesh` and `face` are in pixels of `grey`.
    pub(crate) fn begin(&mut self, grey: &Grey, face: &Face, mesh: &Mesh) {
        self.forget();
        let eyes = face.inter_eye_distance();
        let middle = face.landmarks[2];
        if eyes.is_nan() || eyes <= 1.0 {
            return;
        }
        for [x, y, z] in mesh.points.iter().step_by(MESH_STEP) {
            if let Some(patch) = Patch::cut(grey, Point::new(*x, *y)) {
                self.patches.push(patch);
                self.depths.push(z / eyes);
            }
        }
        self.backdrop.begin(grey, face);
        self.first = Some(First {
            face: *face,
            middle,
            eyes,
        });
    }

    /// Compares a later frame with the first.
    pub(crate) fn follow(&mut self, grey: &Grey, face: &Face) {
        let Some(first) = self.first else {
            return;
        };
        let Some(prediction) = Similarity::fit(&first.face.landmarks, &face.landmarks) else {
            return;
        };
        self.moved.clear();
        for (patch, depth) in self.patches.iter().zip(&self.depths) {
            if let Some(found) = patch.follow(grey, &prediction) {
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
        let Some(seen) = parallax::fit(&mut self.moved, &mut self.scatter) else {
            return;
        };
        let to = prediction.apply(first.middle);
        let way = to.distance(first.middle) / first.eyes;
        let motion = &mut self.motion;
        motion.frames += 1;
        motion.way = motion.way.max(way);
        let turn = seen.turn.to_degrees() as f32;
        motion.turn_degrees = motion.turn_degrees.max(turn.min(self.largest_turn));
        self.largest_turn = self.largest_turn.max(turn);
        self.errors += seen.error.to_degrees() as f32;
        motion.error_degrees = self.errors / motion.frames as f32;
        let carried = |p: Point| {
            let (x, y) = (
                (p.x - first.middle.x) / first.eyes,
                (p.y - first.middle.y) / first.eyes,
            );
            let [u0, ux, uy, v0, vx, vy] = seen.affine.map(|v| v as f32);
            let shift = Point::new(u0 + ux * x + uy * y, v0 + vx * x + vy * y);
            prediction.apply(Point::new(
                p.x + first.eyes * shift.x,
                p.y + first.eyes * shift.y,
            ))
        };
        let [attached, still] = self.backdrop.compare(grey, &prediction, carried);
        motion.attached += attached;
        motion.still += still;
    }

    pub(crate) fn motion(&self) -> Motion {
        self.motion
    }

    /// Zeroes everything.
    pub(crate) fn forget(&mut self) {
        self.first = None;
        self.patches.iter_mut().for_each(Zeroize::zeroize);
        self.patches.clear();
        self.depths.clear();
        self.backdrop.forget();
        self.moved.clear();
        self.scatter.clear();
        self.motion = Motion::default();
        (self.largest_turn, self.errors) = (0.0, 0.0);
    }
}
