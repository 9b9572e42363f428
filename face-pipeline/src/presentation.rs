//! What the frames of a window say about the presentation: whether a living person is there, or a
//! picture of one. In: per good frame the network's certainty, and the face for the cues of motion.
//! Out: [`Cues`], and by the manifest's model ([`Fusion`]) one certainty between 0 and 1.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::detect::Face;
use crate::infrared::Glances;
use crate::mesh::Mesh;
use crate::motion::{Follower, Grey, Motion};
use crate::pad::{self, MAX_SCALES, PadScore};
use crate::window::{MOST_FRAMES, quartile_of_sorted};

/// The cues of one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cues {
    /// Lower quartile of the frames' certainties by the networks, 0 to 1, at the crop scale at which it
    /// is lowest.
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
    /// By crop scale, each sorted.
    certainties: [Vec<f32>; MAX_SCALES],
    /// Sorted.
    peaks: Vec<f32>,
    pub(crate) follower: Follower,
    /// What infrared light showed beside the frames.
    pub(crate) glances: Glances,
}

/// What the cues see of one image, so that it is looked at once and may be part of many presentations.
/// Zeroed when dropped.
pub struct Look {
    /// At each crop scale.
    pub(crate) scores: Vec<PadScore>,
    pub(crate) peak_db: f32,
    /// Face, surface and picture as small as the detector's.
    pub(crate) face: Face,
    pub(crate) mesh: Option<Mesh>,
    pub(crate) grey: Grey,
}

/// Frames whose spectrum is looked at.
const PEAK_FRAMES: usize = 3;

impl Presentation {
    /// Good frames so far.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.certainties.iter().map(Vec::len).sum()
    }

    /// The cues so far.
    #[must_use]
    pub fn cues(&self) -> Cues {
        Cues {
            network: self.network(),
            peak_db: self.peaks.get(self.peaks.len() / 2).copied().unwrap_or(0.0),
            motion: self.follower.motion(),
        }
    }

    /// Adds an image as a capture adds a good frame.
    pub fn add(&mut self, look: &Look) {
        if let Some(score) = look.scores.get(self.turn(look.scores.len())) {
            self.push(*score);
        }
        if self.wants_peak() {
            self.peak(look.peak_db);
        }
        match &look.mesh {
            _ if !self.follower.wants_surface() => self.follower.follow(&look.grey, &look.face),
            Some(mesh) => self.follower.begin(&look.grey, &look.face, mesh),
            None => {}
        }
    }

    /// Number of the crop scale at which the networks are to look at the next frame: the first of those
    /// with the fewest frames.
    pub(crate) fn turn(&self, scales: usize) -> usize {
        let seen = self.certainties.iter().take(scales).enumerate();
        seen.min_by_key(|(_, certainties)| certainties.len())
            .map_or(0, |(scale, _)| scale)
    }

    /// The lowest of the scales' lower quartiles: a picture has to pass at every one of them, and where each
    /// has four frames, a bad one lowers none.
    fn network(&self) -> f32 {
        let seen = self.certainties.iter().filter(|c| !c.is_empty());
        let quartiles = seen.map(|certainties| quartile_of_sorted(certainties));
        quartiles.reduce(f32::min).unwrap_or(0.0)
    }

    pub(crate) fn push(&mut self, PadScore { scale, certainty }: PadScore) {
        insert(&mut self.certainties[scale], certainty, MOST_FRAMES);
    }

    /// A grid does not come and go: the first frames are enough.
    pub(crate) fn wants_peak(&self) -> bool {
        self.peaks.len() < PEAK_FRAMES
    }

    pub(crate) fn peak(&mut self, decibels: f32) {
        insert(&mut self.peaks, decibels, PEAK_FRAMES);
    }

    /// Starts again, in the same memory.
    pub(crate) fn restart(&mut self) {
        self.certainties.iter_mut().for_each(Vec::clear);
        self.peaks.clear();
        self.follower.forget();
        self.glances = Glances::default();
    }
}

/// Adds a value in order, to memory with room for so many from the start: memory that grows by itself
/// would leave what was in it behind. A capture never needs more room, a measurement may.
fn insert(sorted: &mut Vec<f32>, value: f32, room: usize) {
    if sorted.len() == sorted.capacity() {
        let mut wider = Vec::with_capacity(room.max(2 * sorted.len()));
        wider.extend_from_slice(sorted);
        sorted.zeroize();
        *sorted = wider;
    }
    let at = sorted.partition_point(|other| *other < value);
    sorted.insert(at, value);
}

impl Drop for Presentation {
    fn drop(&mut self) {
        self.certainties.zeroize();
        self.peaks.zeroize();
    }
}

impl Look {
    /// How certain the networks are of this image alone that a living person is there, 0 to 1: at the
    /// crop scale at which they are least.
    #[must_use]
    pub fn certainty(&self) -> f32 {
        pad::lowest(&self.scores)
    }
}

impl std::fmt::Debug for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Look(certainty {})", self.certainty())
    }
}

impl std::fmt::Debug for Presentation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Presentation({:?})", self.cues())
    }
}

/// What speaks against a person, as log odds: the certainty's are the networks', plus each weight times
/// its feature. No weight is positive and a feature of which nothing is known is 0, so that nobody is
/// refused for a cue that is missing. Made by `face train pad`, kept in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// Of a face that moves as a plane.
    pub flat: f32,
    /// Of a background that moves with the face.
    pub attached: f32,
    /// Of the grid of a screen.
    pub grid: f32,
}

/// Names of the features, in the order of [`Cues::features`].
pub const FEATURES: [&str; 3] = ["flat", "attached", "grid"];
/// Log odds of the networks beyond which they are not believed more: 0.25 % and 99.75 %.
const SURE: f32 = 6.0;
/// Places, less those at which the head was solid, at which flatness counts in full.
const FULL_FLAT: f32 = 4.0;
/// Patches of the background, less those that stayed, at which attachment counts in full. Of living
/// people the most seen is 2.
const FULL_ATTACHED: f32 = 12.0;
/// Patches that a place counts for at which the head was solid: a picture's background is as flat as
/// its face.
const SOLID_PATCHES: f32 = 5.0;
/// Peaks of the spectrum, decibels: people have 14 at most (NUAA's webcam frames 12.3, the simulated
/// camera's 13.9), and at twice that there is no doubt of a grid.
const NO_GRID_DB: f32 = 15.0;
const FULL_GRID_DB: f32 = 30.0;
/// Places at which a head turned, from which that is not chance.
const PROVEN_SOLID: usize = 2;
/// Patches of the background that stayed behind a face, from which it is not on one picture with it. A
/// room stays behind a picture in a hand as well, so the face must have gone far enough to be seen to be
/// a plane, and not have been.
const PROVEN_STILL: usize = 6;

impl Cues {
    /// Log odds of the networks' certainty.
    #[must_use]
    pub fn odds(&self) -> f32 {
        let against = (1.0 - self.network).max(f32::MIN_POSITIVE);
        let odds = (self.network.max(f32::MIN_POSITIVE) / against).ln();
        odds.clamp(-SURE, SURE)
    }

    /// What speaks against a person: each 0 where nothing is known, and 1 at most.
    #[must_use]
    pub fn features(&self) -> [f32; FEATURES.len()] {
        let Motion {
            solid,
            flat,
            attached,
            still,
            ..
        } = self.motion;
        let [solid, flat, attached, still] =
            [solid, flat, attached, still].map(|count| count as f32);
        [
            (flat - solid) / FULL_FLAT,
            (attached - still - SOLID_PATCHES * solid) / FULL_ATTACHED,
            (self.peak_db - NO_GRID_DB) / (FULL_GRID_DB - NO_GRID_DB),
        ]
        .map(|feature| feature.clamp(0.0, 1.0))
    }

    /// Whether motion showed that this is no still picture fed into the camera's cable, of which a
    /// network can see neither edge nor grain: a head that turns, or a room that stays behind it. One
    /// place at which a head turned may be chance (of a picture's, one in forty looks like it).
    pub(crate) fn has_depth(&self) -> bool {
        let Motion {
            solid,
            flat,
            attached,
            still,
            far,
            ..
        } = self.motion;
        (solid > flat && solid >= PROVEN_SOLID)
            || (far > 0 && flat == 0 && attached == 0 && still >= PROVEN_STILL)
    }
}

impl Fusion {
    /// The certainty of a bona fide presentation, 0 to 1.
    #[must_use]
    pub fn certainty(&self, cues: &Cues) -> f32 {
        let weights = [self.flat, self.attached, self.grid];
        let features = cues.features();
        let against: f32 = weights.iter().zip(features).map(|(w, f)| w * f).sum();
        1.0 / (1.0 + (-(cues.odds() + against)).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUSION: Fusion = Fusion {
        flat: -12.0,
        attached: -12.0,
        grid: -12.0,
    };

    fn cues(network: f32, motion: Motion) -> Cues {
        Cues {
            network,
            peak_db: 0.0,
            motion,
        }
    }

    fn shown(scales: usize, certainty: impl Fn(usize) -> f32) -> Presentation {
        let mut presentation = Presentation::default();
        for _frame in 0..8 {
            let scale = presentation.turn(scales);
            presentation.push(PadScore {
                scale,
                certainty: certainty(scale),
            });
        }
        presentation
    }

    #[test]
    fn a_picture_has_to_pass_at_every_scale() {
        for odd_one in 0..2 {
            let seen = shown(2, |scale| if scale == odd_one { 0.2 } else { 0.99 });
            assert_eq!((seen.frames(), seen.cues().network), (8, 0.2));
        }
        assert_eq!(shown(1, |_| 0.99).cues().network, 0.99);
        assert_eq!(Presentation::default().cues().network, 0.0);
    }

    #[test]
    fn one_bad_frame_of_eight_refuses_nobody_at_whichever_scale_it_was() {
        for scale in 0..2 {
            let mut seen = shown(2, |_| 0.99);
            seen.certainties[scale].pop();
            assert_eq!(seen.turn(2), scale, "whose turn it is again");
            seen.push(PadScore {
                scale,
                certainty: 0.01,
            });
            assert_eq!(seen.cues().network, 0.99);
        }
    }

    /// The first frame of a new window has been looked at as one of the window before.
    #[test]
    fn after_a_restart_the_scales_are_still_taken_in_turn() {
        let mut seen = shown(2, |_| 0.99);
        seen.restart();
        seen.push(PadScore {
            scale: 1,
            certainty: 0.9,
        });
        let mut turns = Vec::new();
        for _frame in 0..3 {
            turns.push(seen.turn(2));
            seen.push(PadScore {
                scale: turns[turns.len() - 1],
                certainty: 0.9,
            });
        }
        assert_eq!(turns, [0, 0, 1]);
    }

    #[test]
    fn the_longest_capture_needs_no_more_memory_than_the_first_frame() {
        let mut presentation = Presentation::default();
        let push = |presentation: &mut Presentation, number: usize| {
            presentation.push(PadScore {
                scale: 1,
                certainty: number as f32,
            });
        };
        push(&mut presentation, 0);
        let room = presentation.certainties[1].capacity();
        (1..MOST_FRAMES).for_each(|number| push(&mut presentation, number));
        assert_eq!(presentation.certainties[1].capacity(), room);
        (MOST_FRAMES..3 * room).for_each(|number| push(&mut presentation, number));
        assert_eq!(presentation.frames(), 3 * room);
        assert!(presentation.certainties[1].is_sorted());
    }

    #[test]
    fn who_holds_still_is_judged_as_the_networks_judge() {
        for network in [0.01, 0.3, 0.5, 0.9, 0.99] {
            let certainty = FUSION.certainty(&cues(network, Motion::default()));
            assert!((certainty - network).abs() < 1e-3, "{network}: {certainty}");
        }
    }

    #[test]
    fn no_cue_ever_speaks_for_an_attack_that_the_networks_see() {
        let solid = Motion {
            places: 20,
            solid: 20,
            still: 100,
            ..Motion::default()
        };
        assert!(FUSION.certainty(&cues(0.01, solid)) < 0.02);
    }

    /// A synthetic screen in full view was accepted after 0.3 s by one such place and one patch.
    #[test]
    fn one_place_at_which_a_head_turned_is_chance_whatever_a_few_patches_do() {
        let turned = |solid, flat| Motion {
            places: 3,
            solid,
            flat,
            still: 3,
            ..Motion::default()
        };
        let has_depth = |solid, flat| cues(1.0, turned(solid, flat)).has_depth();
        assert!(!has_depth(1, 0));
        assert!(has_depth(2, 0));
        assert!(!has_depth(2, 2));
    }

    #[test]
    fn a_room_that_stays_proves_nothing_before_a_plane_would_have_shown() {
        let moved = |far, flat| Motion {
            places: 2,
            still: 12,
            far,
            flat,
            ..Motion::default()
        };
        assert!(
            !cues(1.0, moved(0, 0)).has_depth(),
            "a phone held almost still"
        );
        assert!(!cues(1.0, moved(1, 1)).has_depth(), "a phone that moved");
        assert!(cues(1.0, moved(1, 0)).has_depth());
    }

    #[test]
    fn a_face_that_moves_as_a_plane_is_refused_unless_it_also_turned() {
        let flat = Motion {
            places: 6,
            flat: 4,
            ..Motion::default()
        };
        let turned = Motion { solid: 4, ..flat };
        assert!(FUSION.certainty(&cues(1.0, flat)) < 0.1);
        assert!(FUSION.certainty(&cues(1.0, turned)) > 0.9);
    }
}
