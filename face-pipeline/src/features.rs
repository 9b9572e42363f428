//! What the surface of a face tells about its features: how the head is held, whether the eyes are
//! open, the mouth is closed, and nothing is in front of them. Components and formulas of eyes and
//! mouth are those of ISO/IEC 29794-5 (7.4.3, 7.4.4) as OFIQ computes them, on the points of the mesh.

use serde::{Deserialize, Serialize};

use crate::detect::Face;
use crate::geometry::Point;
use crate::mesh::Mesh;
use crate::quality::Rejection;

/// What the mesh of one face showed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Features {
    /// Largest distance of upper and lower lid of the narrower eye, over the distance from between
    /// the eyes to the chin.
    pub eyes_open: f32,
    /// Turn to a side, degrees, of the line through both sides of the face out of the image.
    pub yaw_degrees: f32,
    /// Nod, degrees, of the line from forehead to chin out of the image; positive with the chin away.
    pub pitch_degrees: f32,
    /// Lean to a shoulder, degrees, of the line from chin to forehead; positive clockwise in the image. Of
    /// a head that turns and nods at once it has a part, too.
    pub roll_degrees: f32,
    /// Largest distance of the lips' inner edges, over the same.
    pub mouth_open: f32,
    /// How certain the mesh's network is that there is a face with nothing before it, 0 to 1.
    pub presence: f32,
    /// Largest distance between the detector's five points and the mesh's, over the distance
    /// between the eyes: two networks that have to guess guess differently.
    pub disagreement: f32,
}

/// Limits of [`Features`]. Origin in `README.md`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeatureLimits {
    /// Largest turn to a side, degrees.
    pub max_yaw_degrees: f32,
    /// Largest nod, degrees.
    pub max_pitch_degrees: f32,
    /// Largest lean, degrees.
    pub max_roll_degrees: f32,
    /// Largest opening of the mouth.
    pub max_mouth_open: f32,
    /// Least certainty of the mesh.
    pub min_presence: f32,
    /// Largest disagreement of the points.
    pub max_disagreement: f32,
    /// Who breaks the limits of mouth, certainty or disagreement for so long is taken as they are,
    /// milliseconds: there are people who cannot close their mouth or show their face. The pose is
    /// waited for.
    pub patience_ms: u64,
}

impl Default for FeatureLimits {
    fn default() -> Self {
        Self {
            max_yaw_degrees: 24.0, // a portrait turned by 45° has 25 to 30; NUAA: 14 at most
            max_pitch_degrees: 35.0, // one that nods by 45° has 42; NUAA: −13 to 26
            max_roll_degrees: 20.0, // LFW: 0.03 % refused; NUAA: 13 at most
            max_mouth_open: 0.25,  // LFW: 0.36 % above, all shouting; NUAA: 0.08 at most
            min_presence: 0.99,    // LFW, frontal: 0.997 and more; NUAA: 1.000
            max_disagreement: 0.45, // LFW, frontal: 0.445 at most; NUAA: 0.31
            patience_ms: 3000,
        }
    }
}

/// Upper and lower lid of the right and the left eye, in MediaPipe's numbering.
const LIDS: [[(usize, usize); 3]; 2] = [
    [(160, 144), (159, 145), (158, 153)],
    [(385, 380), (386, 374), (387, 373)],
];
/// Outer and inner corner of the right eye, inner and outer of the left.
const EYE_CORNERS: [usize; 4] = [33, 133, 362, 263];
/// Inner edges of upper and lower lip.
const LIPS: [(usize, usize); 3] = [(82, 87), (13, 14), (312, 317)];
const NOSE_TIP: usize = 1;
const MOUTH_CORNERS: [usize; 2] = [61, 291];
const FOREHEAD: usize = 10;
const CHIN: usize = 152;
/// Right and left side of the face, in front of the ears.
const SIDES: [usize; 2] = [234, 454];

impl Features {
    pub(crate) fn measure(mesh: &Mesh, face: &Face) -> Self {
        let at = |number: usize| Point::new(mesh.points[number][0], mesh.points[number][1]);
        let opening = |pairs: &[(usize, usize)]| {
            let openings = pairs.iter().map(|(a, b)| at(*a).distance(at(*b)));
            openings.fold(0.0, f32::max)
        };
        let [outer_right, inner_right, inner_left, outer_left] = EYE_CORNERS.map(at);
        let (right, left) = (
            outer_right.midpoint(inner_right),
            inner_left.midpoint(outer_left),
        );
        let height = right.midpoint(left).distance(at(CHIN));
        let [mouth_right, mouth_left] = MOUTH_CORNERS.map(at);
        let points = [right, left, at(NOSE_TIP), mouth_right, mouth_left];
        let apart = points
            .iter()
            .zip(face.landmarks)
            .map(|(mesh, detector)| mesh.distance(detector));
        let [right_side, left_side] = SIDES;
        Self {
            yaw_degrees: out_of_image(mesh, right_side, left_side),
            pitch_degrees: out_of_image(mesh, FOREHEAD, CHIN),
            roll_degrees: lean(at(CHIN), at(FOREHEAD)),
            eyes_open: opening(&LIDS[0]).min(opening(&LIDS[1])) / height,
            mouth_open: opening(&LIPS) / height,
            presence: mesh.presence,
            disagreement: apart.fold(0.0, f32::max) / right.distance(left),
        }
    }

    /// The first limit that is not kept. Without a face that can be seen nothing else can be believed; a
    /// head that leans keeps the two networks from agreeing, so that comes before; what covers a face,
    /// before what it hides. A measurement that is not a number keeps no limit.
    #[must_use]
    pub fn rejection(&self, limits: &FeatureLimits) -> Option<Rejection> {
        let checks = [
            (self.presence >= limits.min_presence, Rejection::Covered),
            (
                self.yaw_degrees.abs() <= limits.max_yaw_degrees
                    && self.pitch_degrees.abs() <= limits.max_pitch_degrees,
                Rejection::Turned,
            ),
            (
                self.roll_degrees.abs() <= limits.max_roll_degrees,
                Rejection::Tilted,
            ),
            (
                self.disagreement <= limits.max_disagreement,
                Rejection::Covered,
            ),
            (
                self.mouth_open <= limits.max_mouth_open,
                Rejection::MouthOpen,
            ),
        ];
        let broken = checks.into_iter().find(|(kept, _)| !kept);
        broken.map(|(_, rejection)| rejection)
    }
}

/// The angle at which the line between two points of a mesh leaves the image, degrees; positive when
/// it goes away from the camera.
fn out_of_image(mesh: &Mesh, from: usize, to: usize) -> f32 {
    let ([ax, ay, az], [bx, by, bz]) = (mesh.points[from], mesh.points[to]);
    (bz - az).atan2((bx - ax).hypot(by - ay)).to_degrees()
}

/// How far the line from a lower point to an upper one leans from upright, degrees; positive clockwise.
fn lean(low: Point, high: Point) -> f32 {
    (high.x - low.x).atan2(low.y - high.y).to_degrees()
}
