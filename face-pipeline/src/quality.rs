//! Whether a frame is good enough, and what a person can do about it. Components are named as in
//! ISO/IEC 29794-5; formulas are ours and simple enough to run on every frame.

use serde::{Deserialize, Serialize};

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::detect::Face;
use crate::pixels::{self, Picture};

/// Why a frame was not used; the one list behind guidance, log and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// Nobody is there.
    NoFace,
    /// More than one person is near.
    SeveralFaces,
    /// The eyes are too close together in the image.
    TooFar,
    /// The face leaves too little of its surroundings visible.
    TooClose,
    /// The face is not in the middle.
    OffCentre,
    /// The head leans to a shoulder (roll).
    Tilted,
    /// The head looks aside, up or down (yaw, pitch).
    Turned,
    /// Too little light on the face.
    TooDark,
    /// Too much light on the face.
    TooBright,
    /// Out of focus, or moving too fast.
    Blurred,
    /// Another person stands there than a moment ago; capture starts again.
    OtherPerson,
}

/// Measurements of one face in one frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// Distance between the eyes, pixels.
    pub inter_eye_distance_px: f32,
    /// Longer side of the face box over the shorter side of the frame.
    pub face_share: f32,
    /// Distance of the face from the middle of the frame, over the frame's size; the larger of both axes.
    pub off_centre: f32,
    /// Lean of the line between the eyes, degrees.
    pub roll_degrees: f32,
    /// Turn to a side, degrees, estimated from the nose between the eyes.
    pub yaw_degrees: f32,
    /// Where the nose lies between eyes (0) and mouth (1); about ½ when looking ahead.
    pub pitch_ratio: f32,
    /// Mean luminance of the face, 0 to 255.
    pub luminance: f32,
    /// Share of the face's pixels that are nearly black.
    pub under_exposed: f32,
    /// Share of the face's pixels that are nearly white.
    pub over_exposed: f32,
    /// Variance of the Laplacian of luminance over the aligned face, over its variance.
    pub sharpness: f32,
}

/// Limits beyond which a frame is not used. Defaults and their origin in `README.md`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QualityLimits {
    /// Least distance between the eyes, pixels.
    pub min_inter_eye_distance_px: f32,
    /// Largest share of the frame's shorter side that the face box may take.
    pub max_face_share: f32,
    /// Largest distance from the middle, over the frame's size.
    pub max_off_centre: f32,
    /// Largest lean, degrees.
    pub max_roll_degrees: f32,
    /// Largest turn, degrees.
    pub max_yaw_degrees: f32,
    /// Largest distance of the pitch ratio from one half.
    pub max_pitch_deviation: f32,
    /// Least mean luminance.
    pub min_luminance: f32,
    /// Largest mean luminance.
    pub max_luminance: f32,
    /// Largest share of nearly black or nearly white pixels.
    pub max_badly_exposed: f32,
    /// Least sharpness.
    pub min_sharpness: f32,
    /// A second face counts when the distance between its eyes is at least this share of the first's.
    pub second_face_share: f32,
}

impl Default for QualityLimits {
    fn default() -> Self {
        Self {
            min_inter_eye_distance_px: 45.0, // the ArcFace crop has 35 px between the eyes
            max_face_share: 0.62,            // leaves 1.6 times the face to the PAD crop
            max_off_centre: 0.25,
            max_roll_degrees: 20.0,
            max_yaw_degrees: 25.0,
            max_pitch_deviation: 0.25,
            min_luminance: 40.0,
            max_luminance: 220.0,
            max_badly_exposed: 0.35,
            min_sharpness: 0.02,
            second_face_share: 0.6,
        }
    }
}

/// Luminance below which a pixel shows nothing (ISO/IEC 29794-5, under-exposure prevention: 25).
const DARK: u8 = 25;
/// Luminance above which a pixel shows nothing (ISO/IEC 29794-5, over-exposure prevention: 247).
const BRIGHT: u8 = 247;
/// Nose tip's height above the plane of the eyes, over the distance between the eyes; an average head.
const NOSE_DEPTH: f32 = 0.5;
/// Part of the aligned crop that is face in everybody: rows and columns, shares of its side.
const FACE_ROWS: std::ops::Range<f32> = 0.30..0.95;
const FACE_COLUMNS: std::ops::Range<f32> = 0.22..0.78;

impl Quality {
    pub(crate) fn measure(face: &Face, luminance: &Luminance, width: usize, height: usize) -> Self {
        let light = Light::measure(luminance);
        let (frame_width, frame_height) = (width as f32, height as f32);
        let centre = face.bounds.centre();
        let pose = Pose::estimate(face);
        Self {
            inter_eye_distance_px: face.inter_eye_distance(),
            face_share: face.bounds.width.max(face.bounds.height) / frame_width.min(frame_height),
            off_centre: (centre.x / frame_width - 0.5)
                .abs()
                .max((centre.y / frame_height - 0.5).abs()),
            roll_degrees: pose.roll_degrees,
            yaw_degrees: pose.yaw_degrees,
            pitch_ratio: pose.pitch_ratio,
            luminance: light.mean,
            under_exposed: light.dark,
            over_exposed: light.bright,
            sharpness: light.sharpness,
        }
    }

    /// The first limit that is not kept, in the order in which a person can best act on it. A
    /// measurement that is not a number keeps no limit.
    #[must_use]
    pub fn rejection(&self, limits: &QualityLimits) -> Option<Rejection> {
        let exposed = |share: f32| share <= limits.max_badly_exposed;
        let checks = [
            (
                self.inter_eye_distance_px >= limits.min_inter_eye_distance_px,
                Rejection::TooFar,
            ),
            (
                self.face_share <= limits.max_face_share,
                Rejection::TooClose,
            ),
            (
                self.off_centre <= limits.max_off_centre,
                Rejection::OffCentre,
            ),
            (
                self.roll_degrees.abs() <= limits.max_roll_degrees,
                Rejection::Tilted,
            ),
            (
                self.yaw_degrees.abs() <= limits.max_yaw_degrees,
                Rejection::Turned,
            ),
            (
                (self.pitch_ratio - 0.5).abs() <= limits.max_pitch_deviation,
                Rejection::Turned,
            ),
            (
                self.luminance >= limits.min_luminance && exposed(self.under_exposed),
                Rejection::TooDark,
            ),
            (
                self.luminance <= limits.max_luminance && exposed(self.over_exposed),
                Rejection::TooBright,
            ),
            (self.sharpness >= limits.min_sharpness, Rejection::Blurred),
        ];
        checks
            .into_iter()
            .find(|(kept, _)| !kept)
            .map(|(_, rejection)| rejection)
    }

    /// How much this frame counts in the fused template: more when it is frontal.
    pub(crate) fn weight(&self, limits: &QualityLimits) -> f32 {
        let frontal = 1.0 - 0.5 * (self.yaw_degrees.abs() / limits.max_yaw_degrees).min(1.0);
        let level = 1.0 - 0.25 * (self.roll_degrees.abs() / limits.max_roll_degrees).min(1.0);
        frontal * level
    }
}

struct Pose {
    roll_degrees: f32,
    yaw_degrees: f32,
    pitch_ratio: f32,
}

impl Pose {
    /// From five landmarks, in the coordinates of the line between the eyes.
    fn estimate(face: &Face) -> Self {
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

/// The luminance of an aligned face, 8 bits; a buffer that is used again.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Luminance {
    values: Vec<u8>,
    side: usize,
}

impl Luminance {
    pub(crate) fn read(&mut self, aligned: &Picture) {
        self.side = aligned.width();
        pixels::make_room(&mut self.values, self.side * aligned.height());
        let pixels = aligned.data().chunks_exact(3);
        self.values.extend(pixels.map(luminance));
    }

    pub(crate) fn forget(&mut self) {
        self.zeroize();
    }
}

struct Light {
    mean: f32,
    dark: f32,
    bright: f32,
    sharpness: f32,
}

impl Light {
    fn measure(face: &Luminance) -> Self {
        let (luminance, side) = (&face.values, face.side);
        let span = |share: &std::ops::Range<f32>| {
            let at = |s: f32| (s * side as f32) as usize;
            at(share.start).max(1)..at(share.end).min(side.saturating_sub(1))
        };
        let (rows, columns) = (span(&FACE_ROWS), span(&FACE_COLUMNS));

        let (mut values, mut edges) = (Moments::default(), Moments::default());
        let (mut dark, mut bright) = (0_u32, 0_u32);
        for y in rows {
            for x in columns.clone() {
                let at = y * side + x;
                let value = luminance[at];
                dark += u32::from(value < DARK);
                bright += u32::from(value > BRIGHT);
                values.add(f32::from(value));
                let around = [at - 1, at + 1, at - side, at + side]
                    .map(|i| f32::from(luminance[i]))
                    .iter()
                    .sum::<f32>();
                edges.add(4.0 * f32::from(value) - around);
            }
        }
        let count = values.count.max(1.0);
        Self {
            mean: values.sum / count,
            dark: dark as f32 / count,
            bright: bright as f32 / count,
            // Over the variance, so that light and contrast do not pass for sharpness.
            sharpness: edges.variance() / values.variance().max(1.0),
        }
    }
}

#[derive(Default)]
struct Moments {
    count: f32,
    sum: f32,
    squares: f32,
}

impl Moments {
    fn add(&mut self, value: f32) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn variance(&self) -> f32 {
        let n = self.count.max(1.0);
        (self.squares / n - (self.sum / n).powi(2)).max(0.0)
    }
}

/// ITU-R BT.601 luminance of a pixel in blue, green, red.
fn luminance(pixel: &[u8]) -> u8 {
    let weighted = 29 * u32::from(pixel[0]) + 150 * u32::from(pixel[1]) + 77 * u32::from(pixel[2]);
    (weighted >> 8) as u8
}
