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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;

    /// Five landmarks of a face that looks ahead, leaned by so many degrees about its nose, the nose aside by
    /// a share of the distance between the eyes.
    fn leaned(degrees: f32, aside: f32) -> Pose {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let upright = [
            [-35.0, -30.0],
            [35.0, -30.0],
            [70.0 * aside, 0.0],
            [-28.0, 30.0],
            [28.0, 30.0],
        ];
        let mut face = Face::example(0.0);
        face.landmarks =
            upright.map(|[x, y]| Point::new(320.0 + x * cos - y * sin, 240.0 + x * sin + y * cos));
        Pose::estimate(&face)
    }

    #[test]
    fn a_lean_is_roll_and_neither_yaw_nor_pitch() {
        for degrees in [-40.0, -20.0, 0.0, 10.0, 30.0] {
            let pose = leaned(degrees, 0.0);
            assert!((pose.roll_degrees - degrees).abs() < 0.01, "{degrees}");
            assert!(pose.yaw_degrees.abs() < 0.01 && (pose.pitch_ratio - 0.5).abs() < 0.001);
        }
    }

    #[test]
    fn a_nose_further_aside_is_more_yaw_however_the_head_leans() {
        for lean in [0.0, 25.0] {
            let yaws = [-0.3, -0.1, 0.0, 0.1, 0.3].map(|aside| leaned(lean, aside).yaw_degrees);
            assert!(yaws.windows(2).all(|pair| pair[0] < pair[1]), "{yaws:?}");
        }
    }
}
