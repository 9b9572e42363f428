//! Whether a frame is good enough, and what a person can do about it. Components are named as in
//! ISO/IEC 29794-5; formulas are ours and simple enough to run on every frame.

use serde::{Deserialize, Serialize};

use crate::detect::Face;
use crate::features::FeatureLimits;
use crate::light::{self, Light, Luminance};
use crate::pixels::Picture;
use crate::pose::Pose;

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
    /// Too little light on the face, or only from one side or from behind.
    TooDark,
    /// Too much light on the face.
    TooBright,
    /// Out of focus, moving too fast, or without contrast, as behind a dirty lens.
    Blurred,
    /// The mouth is wide open.
    MouthOpen,
    /// Something is in front of the face: a mask, dark glasses, a hand.
    Covered,
    /// A light is mirrored where an eye should be seen.
    Glare,
    /// Another person stands there than a moment ago; capture starts again.
    OtherPerson,
}

impl Rejection {
    /// Whether this is about features that some people cannot change.
    pub(crate) fn is_of_features(self) -> bool {
        matches!(self, Self::MouthOpen | Self::Covered | Self::Glare)
    }

    /// Of what two looks at a face found, what to say: what anybody can change comes first, so that
    /// whoever is taken as they are in the end holds the head as everybody does.
    pub(crate) fn of_both(first: Option<Self>, closer: Option<Self>) -> Option<Self> {
        let held = closer.filter(|closer| !closer.is_of_features());
        match first {
            Some(first) if first.is_of_features() => held.or(Some(first)),
            Some(first) => Some(first),
            None => closer,
        }
    }
}

/// Measurements of one face in one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
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
    /// Entropy of the face's luminance, bits, 0 to 8.
    pub dynamic_range_bits: f32,
    /// How alike the luminances of the face's two halves are: shared area of their histograms, 0 to 1.
    pub uniformity: f32,
    /// How much brighter the surroundings are than the face, −255 to 255.
    pub backlight: f32,
    /// Variance of the Laplacian of luminance over the aligned face, over its variance.
    pub sharpness: f32,
    /// Mean luminance of the lighter eye's region over that of the face; low behind dark glasses.
    pub eyes_visible: f32,
    /// Share of an eye's region in which a light is mirrored, 0 to 1; the larger of both eyes.
    pub glare: f32,
    /// How certain the detector is of the face, 0 to 1; low when much of it is covered.
    pub detection: f32,
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
    /// Least entropy of the luminance, bits.
    pub min_dynamic_range_bits: f32,
    /// Least likeness of the halves' luminance.
    pub min_uniformity: f32,
    /// Most by which the surroundings may be brighter than the face.
    pub max_backlight: f32,
    /// Least sharpness.
    pub min_sharpness: f32,
    /// Least luminance of the lighter eye's region, over that of the face.
    pub min_eyes_visible: f32,
    /// Largest share of an eye's region in which a light may be mirrored.
    pub max_glare: f32,
    /// Least certainty of the detector.
    pub min_detection: f32,
    /// What the mesh of the face has to show.
    pub features: FeatureLimits,
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
            min_dynamic_range_bits: 4.0, // bona fide NUAA frames and LFW images: 5.2 and more
            min_uniformity: 0.1,         // the same: 0.23 and more
            max_backlight: 120.0,        // the same: 107 and less
            min_sharpness: 0.02,
            min_eyes_visible: 0.45, // LFW: only dark glasses are below 0.49; NUAA: 0.73 and more
            max_glare: 0.85,        // NUAA, faces lit harshly: 0.69 at most; LFW: 0.39
            min_detection: 0.87,    // NUAA: 0.89 and more; LFW, frontal: 0.1 % below
            features: FeatureLimits::default(),
            second_face_share: 0.6,
        }
    }
}

impl Quality {
    pub(crate) fn measure(face: &Face, luminance: &Luminance, picture: &Picture) -> Self {
        let light = Light::measure(luminance);
        let surroundings = light::around(picture, &face.bounds);
        let (frame_width, frame_height) = (picture.width() as f32, picture.height() as f32);
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
            dynamic_range_bits: light.entropy_bits,
            uniformity: light.uniformity,
            backlight: surroundings - light.mean,
            sharpness: light.sharpness,
            eyes_visible: light.eyes_visible,
            glare: light.glare,
            detection: face.confidence,
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
                self.backlight <= limits.max_backlight && self.uniformity >= limits.min_uniformity,
                Rejection::TooDark, // light from behind or from one side: too little on the face
            ),
            (
                self.luminance <= limits.max_luminance && exposed(self.over_exposed),
                Rejection::TooBright,
            ),
            (
                self.dynamic_range_bits >= limits.min_dynamic_range_bits
                    && self.sharpness >= limits.min_sharpness,
                Rejection::Blurred,
            ),
            (self.glare <= limits.max_glare, Rejection::Glare),
            (
                self.eyes_visible >= limits.min_eyes_visible
                    && self.detection >= limits.min_detection,
                Rejection::Covered,
            ),
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
