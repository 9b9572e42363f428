//! What the frames of a window say about the presentation: whether a living person is there, or a
//! picture of one. In: per good frame the network's certainty, and the face for the cues of motion.
//! Out: [`Cues`], and by the manifest's model ([`Fusion`]) one certainty between 0 and 1.

use serde::{Deserialize, Serialize};

use crate::motion::{Follower, Motion};
use crate::window::quartile_of_sorted;

/// The cues of one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cues {
    /// Lower quartile of the frames' certainties by the networks, 0 to 1.
    pub network: f32,
    /// How far the highest peak in the spectrum of the face stands out, decibels; the median of the
    /// first frames.
    pub peak_db: f32,
    /// What motion showed.
    pub motion: Motion,
}

/// A presentation over a window. Zeroed when dropped.
#[derive(Default)]
pub struct Presentation {
    /// Sorted.
    certainties: Vec<f32>,
    /// Sorted.
    peaks: Vec<f32>,
    pub(crate) follower: Follower,
}

/// Frames whose spectrum is looked at.
const PEAK_FRAMES: usize = 3;

impl Presentation {
    /// Good frames so far.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.certainties.len()
    }

    /// The cues so far.
    #[must_use]
    pub fn cues(&self) -> Cues {
        Cues {
            network: quartile_of_sorted(&self.certainties),
            peak_db: self.peaks.get(self.peaks.len() / 2).copied().unwrap_or(0.0),
            motion: self.follower.motion(),
        }
    }

    pub(crate) fn push(&mut self, certainty: f32) {
        let at = self.certainties.partition_point(|c| *c < certainty);
        self.certainties.insert(at, certainty);
    }

    /// A grid does not come and go: the first frames are enough.
    pub(crate) fn wants_peak(&self) -> bool {
        self.peaks.len() < PEAK_FRAMES
    }

    pub(crate) fn peak(&mut self, decibels: f32) {
        let at = self.peaks.partition_point(|p| *p < decibels);
        self.peaks.insert(at, decibels);
    }

    /// Starts again, in the same memory.
    pub(crate) fn restart(&mut self) {
        self.certainties.clear();
        self.peaks.clear();
        self.follower.forget();
    }
}

impl std::fmt::Debug for Presentation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Presentation({:?})", self.cues())
    }
}

/// A logistic regression over the features of a window: 1 ÷ (1 + exp(−(bias + Σ weight · feature))).
/// Made by `face train pad`, kept in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// Where no feature says anything.
    pub bias: f32,
    /// Of the networks' certainty, as log odds.
    pub network: f32,
    /// Of a turn that only a solid head can show.
    pub solid: f32,
    /// Of a way that the face went without such a turn.
    pub flat: f32,
    /// Of the background that moved with the face.
    pub attached: f32,
    /// Of the grid of a screen.
    pub grid: f32,
}

/// Names of the features, in the order of [`Cues::features`].
pub const FEATURES: [&str; 5] = ["network", "solid", "flat", "attached", "grid"];
/// Log odds of the networks beyond which they are not believed more: 0.25 % and 99.75 %.
const SURE: f32 = 6.0;
/// A turn of so many degrees is all that can be asked for.
const FULL_TURN_DEGREES: f32 = 4.0;
/// A way of so much of the distance between the eyes is one on which a head would have turned.
const FULL_WAY: f32 = 1.0;
/// Votes of background patches at which their share counts in full.
const FULL_VOTES: f32 = 20.0;
/// Peaks of the spectrum, decibels: people have 14 at most (NUAA's webcam frames 12.3, the simulated
/// camera's 13.9), and at twice that there is no doubt of a grid.
const NO_GRID_DB: f32 = 15.0;
const FULL_GRID_DB: f32 = 30.0;

impl Cues {
    /// The features of the model, each 0 where nothing is known and 1 at most.
    #[must_use]
    pub fn features(&self) -> [f32; FEATURES.len()] {
        let Motion {
            way,
            turn_degrees,
            attached,
            still,
            ..
        } = self.motion;
        let odds = (self.network / (1.0 - self.network).max(f32::MIN_POSITIVE))
            .max(f32::MIN_POSITIVE)
            .ln();
        let solid = (turn_degrees / FULL_TURN_DEGREES).clamp(0.0, 1.0);
        let flat = (way / FULL_WAY).clamp(0.0, 1.0) * (1.0 - solid);
        let votes = (attached + still) as f32;
        let share = (attached as f32 - still as f32) / votes.max(1.0);
        [
            odds.clamp(-SURE, SURE) / SURE,
            solid,
            flat,
            share * (votes / FULL_VOTES).min(1.0),
            ((self.peak_db - NO_GRID_DB) / (FULL_GRID_DB - NO_GRID_DB)).clamp(0.0, 1.0),
        ]
    }
}

impl Fusion {
    /// The certainty of a bona fide presentation, 0 to 1.
    #[must_use]
    pub fn certainty(&self, cues: &Cues) -> f32 {
        let weights = [
            self.network,
            self.solid,
            self.flat,
            self.attached,
            self.grid,
        ];
        let sum: f32 = weights
            .iter()
            .zip(cues.features())
            .map(|(w, f)| w * f)
            .sum();
        1.0 / (1.0 + (-(self.bias + sum)).exp())
    }
}
