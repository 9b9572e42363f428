//! The window of a capture: good frames, one after the other, and what they add up to. Pure.
//!
//! - The template is the quality-weighted mean of the frames', per recogniser. The first recogniser
//!   sees all frames, the others those at which it was not clear.
//! - Liveness is in `presentation.rs`.

use std::time::Duration;

use serde::Deserialize;

use crate::band::Band;
use crate::capture::{Evidence, GoodFrame, Scores};
use crate::detect::Face;
use crate::infrared::Infrared;
use crate::manifest::{ComparisonThresholds, LivenessThresholds};
use crate::presentation::{Cues, Presentation};
use crate::reference::Reference;
use crate::template::{Template, TemplateMean};

/// How long the pipeline looks before it decides.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WindowLimits {
    /// Good frames before a decision.
    pub min_frames: usize,
    /// Time from the first to the last of them, milliseconds.
    pub min_spread_ms: u64,
    /// Good frames after which a decision comes, unless it may still be that the right person is there.
    pub max_frames: usize,
    /// Good frames in windows that were given up after which the least window is enough to refuse: who
    /// hides or jumps again and again gets no more looks than that.
    pub max_given_up_frames: usize,
    /// Time for which a person who holds still is looked at before the networks are believed alone,
    /// milliseconds.
    pub max_still_ms: u64,
    /// The same of a person who moves, but neither as a head nor as a picture surely does.
    pub max_unclear_ms: u64,
    /// Good frames before the networks are believed alone, however long they took: on a slow machine,
    /// a picture that moves is to have shown it by then.
    pub min_unproven_frames: usize,
    /// Time from the first to the last good frame after which a decision comes whatever it is,
    /// milliseconds: so long is the right person looked at of whom the networks are sure, but who moves
    /// like a picture; and anybody by a machine that has no time for more frames.
    pub max_spread_ms: u64,
    /// Time without a good frame after which the window starts again, milliseconds, if so many frames
    /// were looked at meanwhile: a slow machine is no person who left.
    pub max_gap_ms: u64,
    /// Frames, as above.
    pub max_gap_frames: usize,
}

impl Default for WindowLimits {
    fn default() -> Self {
        Self {
            min_frames: 5,
            min_spread_ms: 300,
            max_frames: 20,
            max_given_up_frames: 60,
            max_still_ms: 1000,
            max_unclear_ms: 3000,
            min_unproven_frames: 8,
            max_spread_ms: 8000,
            max_gap_ms: 1500,
            max_gap_frames: 3,
        }
    }
}

/// What decides.
pub(crate) struct Rules<'a> {
    pub(crate) window: WindowLimits,
    pub(crate) comparison: &'a ComparisonThresholds,
    pub(crate) liveness: &'a LivenessThresholds,
}

/// The good frames so far.
#[derive(Default)]
pub(crate) struct Window {
    mean: TemplateMean,
    pub(crate) presentation: Presentation,
    last: Option<(Face, Duration)>,
    first_at: Duration,
    /// Frames looked at since the last good one.
    looked: usize,
    /// Frames looked at since the first good one, itself included.
    seen: usize,
    /// There is a camera for infrared light.
    pub(crate) expects_companions: bool,
}

/// Good frames after which a decision comes even if no time passes.
pub(crate) const MOST_FRAMES: usize = 200;
/// For so long nobody is accepted before there are enough pictures in infrared light, where there is a
/// camera for it: of two USB cameras one may start so much later.
const MAX_AWAITED: Duration = Duration::from_secs(2);
/// Overlap below which a face is not the one of the last frame (intersection over union).
const MIN_OVERLAP: f32 = 0.2;

impl Window {
    pub(crate) fn push(&mut self, frame: &GoodFrame<'_>) {
        if self.last.is_none() {
            self.first_at = frame.at;
        }
        self.mean.add(frame.template, 0, frame.weight);
        self.presentation.push(frame.liveness);
        self.seen = self.seen.max(1);
        self.last = Some((frame.face, frame.at));
        self.looked = 0;
    }

    /// A frame is looked at, whether it will be good or not.
    pub(crate) fn look(&mut self) {
        self.looked += 1;
        self.seen += usize::from(self.last.is_some());
    }

    /// Adds the parts of the last frame's template from recogniser `first` on.
    pub(crate) fn complete(&mut self, template: &Template, first: usize, weight: f32) {
        self.mean.add(template, first, weight);
    }

    /// The similarity by the first recogniser, if that alone leaves no doubt.
    pub(crate) fn clear_similarity(
        &self,
        reference: &Reference,
        thresholds: &ComparisonThresholds,
    ) -> Option<f32> {
        let similarity = self.mean.first_similarity(&reference.template)?;
        thresholds
            .clear
            .is_some_and(|clear| similarity >= clear)
            .then_some(similarity)
    }

    /// The first recogniser's similarity where it is clear, and otherwise the mean of all.
    fn compare(
        &self,
        reference: &Reference,
        thresholds: &ComparisonThresholds,
    ) -> Option<(f32, Band)> {
        if let Some(similarity) = self.clear_similarity(reference, thresholds) {
            return Some((similarity, Band::Strong));
        }
        let similarity = self.mean.similarity(&reference.template)?;
        Some((similarity, Band::of(similarity, &thresholds.bands)))
    }

    /// Starts again, in the same memory where there is much of it.
    pub(crate) fn restart(&mut self) {
        let mut presentation = std::mem::take(&mut self.presentation);
        presentation.restart();
        *self = Self {
            presentation,
            expects_companions: self.expects_companions,
            ..Self::default()
        };
    }

    /// Number of good frames.
    pub(crate) fn frames(&self) -> usize {
        self.presentation.frames()
    }

    /// The face of the last good frame.
    pub(crate) fn face(&self) -> Option<&Face> {
        self.last.as_ref().map(|(face, _)| face)
    }

    /// Whether nobody was seen for so long that somebody else may have come.
    pub(crate) fn was_left(&self, now: Duration, limits: &WindowLimits) -> bool {
        let gap = self
            .last
            .map_or(Duration::ZERO, |(_, at)| now.saturating_sub(at));
        let missed = self.looked.saturating_sub(1); // but the one that has come
        gap > Duration::from_millis(limits.max_gap_ms) && missed >= limits.max_gap_frames
    }

    /// Time from the first to the last good frame.
    pub(crate) fn spread(&self) -> Duration {
        self.ended_at().saturating_sub(self.first_at)
    }

    fn ended_at(&self) -> Duration {
        self.last.map_or(self.first_at, |(_, at)| at)
    }

    /// Either is enough: a face that jumped, or a template unlike those before.
    pub(crate) fn shows_other_person(&self, frame: &GoodFrame<'_>, same_capture: f32) -> bool {
        let Some((last, _)) = &self.last else {
            return false;
        };
        let jumped = last.bounds.overlap(&frame.face.bounds) < MIN_OVERLAP;
        jumped || !self.is_of(frame.template, same_capture)
    }

    /// Whether a template is of the person in this window.
    pub(crate) fn is_of(&self, template: &Template, same_capture: f32) -> bool {
        let similarity = self.mean.first_similarity(template);
        similarity.is_some_and(|similarity| similarity >= same_capture)
    }

    /// Whether it shows the person of the reference, and the networks are sure of it, but what is seen
    /// beside them says that it is a picture.
    pub(crate) fn shows_a_picture(&self, reference: &Reference, rules: &Rules<'_>) -> bool {
        let accepted = rules.liveness.bands.accepted;
        let cues = self.presentation.cues();
        let right = self
            .compare(reference, rules.comparison)
            .is_some_and(|(_, band)| band.is_accepted());
        self.frames() >= rules.window.min_frames
            && right
            && cues.network >= accepted
            && rules.liveness.certainty(&cues) < accepted
    }

    /// Whether motion shows depth, or there was time for it to show that there is none.
    fn looked_enough(&self, cues: &Cues, rules: &Rules<'_>) -> bool {
        let limits = &rules.window;
        let proven = rules.liveness.fusion.is_none() || cues.has_depth();
        let unproven_ms = if cues.motion.is_still() {
            limits.max_still_ms
        } else {
            limits.max_unclear_ms
        };
        let long = self.spread() >= Duration::from_millis(unproven_ms);
        proven || (long && self.frames() >= limits.min_unproven_frames)
    }

    /// Early when both claims are accepted, and motion shows that it is no picture or the person was
    /// looked at for long enough; otherwise after the longest window, so that nobody is refused for how
    /// they looked at the start.
    /// `given_up` good frames of this capture were in windows before this one.
    pub(crate) fn decide(
        &self,
        given_up: usize,
        reference: &Reference,
        rules: &Rules<'_>,
    ) -> Option<Evidence> {
        let frames = self.frames();
        let enough = frames >= rules.window.min_frames
            && self.spread() >= Duration::from_millis(rules.window.min_spread_ms);
        let longest = frames >= rules.window.max_frames;
        if !enough && !longest {
            return None;
        }
        let (similarity, comparison) = self.compare(reference, rules.comparison)?;
        let cues = self.presentation.cues();
        let scores = Scores {
            liveness: rules.liveness.certainty(&cues),
            similarity,
        };
        let right = comparison.is_accepted();
        let promising = right && cues.network >= rules.liveness.bands.accepted;
        let infrared = self.presentation.glances.finding();
        let band = liveness(&scores, &cues, infrared, rules);
        let looked_enough = self.looked_enough(&cues, rules);
        // Whom it would accept has to be looked at as long as anybody.
        let accepted = right && band.is_accepted();
        // A slow machine has no more frames; here there were, and most of them none to judge by.
        let evasive = accepted && !looked_enough && self.seen >= rules.window.min_unproven_frames;
        let evidence = Evidence {
            liveness: if evasive {
                band.min(Band::Doubtful)
            } else {
                band
            },
            comparison,
            has_depth: cues.has_depth(),
            infrared,
            challenge: None,
            frames,
            first_good_at: self.first_at,
            decided_at: self.ended_at(),
            scores,
        };
        let glances = &self.presentation.glances;
        let awaited = glances.are_awaited(self.expects_companions) && self.spread() < MAX_AWAITED;
        let clear = accepted && looked_enough && !awaited;
        let patience = Duration::from_millis(rules.window.max_spread_ms);
        let out_of_patience = self.spread() >= patience || frames >= MOST_FRAMES;
        let last_chance = out_of_patience || (longest && !promising);
        let no_more_looks = enough && !accepted && given_up >= rules.window.max_given_up_frames;
        (clear || last_chance || no_more_looks).then_some(evidence)
    }
}

/// Neither motion nor infrared light accuses anybody alone: a hood or a headrest may move with a head,
/// and a lamp may be broken. Whom the networks are sure of is doubtful at worst, whoever they are: a
/// comparison that is doubtful makes nobody a picture, and one that is refused decides by itself.
fn liveness(scores: &Scores, cues: &Cues, infrared: Infrared, rules: &Rules<'_>) -> Band {
    let band = Band::of(scores.liveness, &rules.liveness.bands);
    let least = if cues.network >= rules.liveness.bands.accepted {
        Band::Doubtful
    } else {
        Band::Refused
    };
    let most = if infrared.is_doubtful() {
        Band::Doubtful
    } else {
        Band::Strong
    };
    band.max(least).min(most)
}

/// How the liveness of frames becomes that of a window: the value that a quarter of the frames do
/// not exceed; of five frames the second lowest.
#[must_use]
pub fn lower_quartile(scores: &[f32]) -> f32 {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f32::total_cmp);
    quartile_of_sorted(&sorted)
}

pub(crate) fn quartile_of_sorted(sorted: &[f32]) -> f32 {
    sorted.get(sorted.len() / 4).copied().unwrap_or(0.0)
}
