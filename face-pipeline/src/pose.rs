//! How a head is turned, estimated from the five landmarks of the detector (ISO/IEC 29794-5, 7.4.11).

use crate::detect::Face;

/// Nose tip's height above the plane of the eyes, over the distance between the eyes; an average head.
const NOSE_DEPTH: f32 = 0.5;

pub(crate) struct Pose {
    pub(crate) roll_degrees: f32,
    pub(crate) yaw_degrees: f32,
    pub(crate) pitch_ratio: f32,
}

impl Pose {
    /// From five landmarks, in the coordinates of the line between the eyes.
    pub(crate) fn estimate(face: &Face) -> Self {
        let [right, left, nose, mouth_right, mouth_left] = face.landmarks;
        let distance = right.distance(left).max(f32::MIN_POSITIVE);
        let (cos, sin) = ((left.x - right.x) / distance, (left.y - right.y) / distance);
        let eyes = right.midpoint(left);
        let mouth = mouth_right.midpoint(mouth_left);
        let across = |x: f32, y: f32| (x * cos + y * sin) / distance;
        let down = |x: f32, y: f32| (y * cos - x * sin) / distance;
        // The nose is compared with the line from eyes to mouth, which a turned head keeps straight.
        let middle = (across(mouth.x - eyes.x, mouth.y - eyes.y)) / 2.0;
        let aside = across(nose.x - eyes.x, nose.y - eyes.y) - middle;
        Self {
            roll_degrees: sin.atan2(cos).to_degrees(),
            yaw_degrees: (aside / NOSE_DEPTH).atan().to_degrees(),
            pitch_ratio: down(nose.x - eyes.x, nose.y - eyes.y)
                / down(mouth.x - eyes.x, mouth.y - eyes.y),
        }
    }
}
