//! A capture: good frames of one person over a short window become one decision. Pure: what comes
//! in are scores and templates of frames with their times, what goes out is [`Evidence`]. A gap,
//! another face or another person starts the window again.

use std::time::Duration;

use serde::Serialize;

use crate::band::Band;
use crate::challenge::ChallengeOutcome;
use crate::detect::Face;
use crate::infrared::Infrared;
use crate::manifest::ComparisonThresholds;
use crate::pad::PadScore;
use crate::presentation::Presentation;
use crate::quality::Rejection;
use crate::reference::Reference;
use crate::template::Template;
use crate::window::{Rules, Window, WindowLimits};

/// What a capture showed. The bands are for the attestation, the scores for the technician only.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// Whether a living person was there rather than a picture of one.
    pub liveness: Band,
    /// Whether it was the person in the reference.
    pub comparison: Band,
    /// Whether motion showed that it is no still picture; never where the manifest has no
    /// `[liveness.fusion]`.
    pub has_depth: bool,
    /// What infrared light showed, where there is a camera for it.
    pub infrared: Infrared,
    /// How the challenge ended, if there was one.
    pub challenge: Option<ChallengeOutcome>,
    /// Good frames that this rests on.
    pub frames: usize,
    /// Time of the first of them.
    pub first_good_at: Duration,
    /// Time of the last of them, and so of the decision.
    pub decided_at: Duration,
    /// The scores behind the bands; for log and bench of the technician, never for an attestation.
    pub scores: Scores,
}

/// Fused raw scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Certainty of a bona fide presentation, 0 to 1: the networks' of the window, less what motion and
    /// spectrum hold against it.
    pub liveness: f32,
    /// Cosine similarity of fused template and reference, −1 to 1.
    pub similarity: f32,
}

/// One capture of one person, against one reference. Zeroed when dropped.
pub struct Capture {
    reference: Reference,
    window: Window,
    /// Good frames of windows before this one.
    given_up: usize,
    evidence: Option<Evidence>,
    /// When features of the face first stood in the way of this person.
    hidden_since: Option<Duration>,
    /// A window before this one showed a picture of the person in the reference.
    doubted: bool,
}

/// A frame that passed the quality check.
pub(crate) struct GoodFrame<'a> {
    pub(crate) face: Face,
    pub(crate) template: &'a Template,
    pub(crate) liveness: PadScore,
    pub(crate) weight: f32,
    pub(crate) at: Duration,
}

/// What a good frame did to the capture.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Added,
    /// The frame showed another person than the window; it is the first of a new window.
    Restarted,
}

impl Capture {
    /// Starts looking for the person in `reference`.
    #[must_use]
    pub fn new(reference: Reference) -> Self {
        Self {
            reference,
            window: Window::default(),
            given_up: 0,
            evidence: None,
            hidden_since: None,
            doubted: false,
        }
    }

    /// The same where a camera for infrared light is plugged in: for its first pictures an acceptance
    /// waits, up to two seconds.
    #[must_use]
    pub fn expecting_companions(mut self) -> Self {
        self.window.expects_companions = true;
        self
    }

    /// Good frames in the window.
    pub(crate) fn frames(&self) -> usize {
        self.window.frames()
    }

    /// What of `rejection` stays: after the patience with features that a person may not be able to
    /// change, the frame is used all the same.
    pub(crate) fn insist(
        &mut self,
        rejection: Rejection,
        at: Duration,
        patience: Duration,
    ) -> Option<Rejection> {
        let changeable = !rejection.is_of_features() || {
            let since = *self.hidden_since.get_or_insert(at);
            at.saturating_sub(since) < patience
        };
        changeable.then_some(rejection)
    }

    /// Nothing of the face is hidden: who hides something later is waited for again.
    pub(crate) fn is_whole(&mut self) {
        self.hidden_since = None;
    }

    /// The decision, once there is one.
    #[must_use]
    pub fn evidence(&self) -> Option<Evidence> {
        self.evidence
    }

    /// Whether a template is of the person in the window.
    pub(crate) fn is_of(&self, template: &Template, same_capture: f32) -> bool {
        self.window.is_of(template, same_capture)
    }

    /// Adds the outcome of a challenge to the decision.
    pub(crate) fn challenged(&mut self, outcome: ChallengeOutcome) {
        if let Some(evidence) = &mut self.evidence {
            evidence.challenge = Some(outcome);
        }
    }

    /// The face of the last good frame, for choosing among several.
    pub(crate) fn tracked(&self) -> Option<&Face> {
        self.window.face()
    }

    /// A frame is looked at, whether it will be good or not.
    pub(crate) fn look(&mut self) {
        self.window.look();
    }

    /// Adds a good frame, of which the first recogniser is enough. Does nothing after the decision.
    pub(crate) fn add(&mut self, frame: &GoodFrame<'_>, rules: &Rules<'_>) -> Progress {
        if self.evidence.is_some() {
            return Progress::Added;
        }
        let gap = self.window.was_left(frame.at, &rules.window);
        let other = !gap
            && self
                .window
                .shows_other_person(frame, rules.comparison.same_capture);
        if gap || other {
            self.given_up += self.window.frames();
            // A picture is not pulled aside to become a person.
            self.doubted |= self.window.shows_a_picture(&self.reference, rules);
            self.window.restart();
        }
        if other {
            // Not after a gap: who waited for the end of the patience has made one.
            self.hidden_since = None;
        }
        self.window.push(frame);
        if other {
            Progress::Restarted
        } else {
            Progress::Added
        }
    }

    /// Whether the first recogniser alone leaves no doubt, so that the others need not be asked.
    pub(crate) fn is_clear(&self, thresholds: &ComparisonThresholds) -> bool {
        self.window
            .clear_similarity(&self.reference, thresholds)
            .is_some()
    }

    /// The presentation in the window, of which the last good frame has been added.
    pub(crate) fn presentation(&mut self) -> &mut Presentation {
        &mut self.window.presentation
    }

    /// Adds the parts of the last good frame from recogniser `first` on.
    pub(crate) fn complete(&mut self, template: &Template, first: usize, weight: f32) {
        self.window.complete(template, first, weight);
    }

    /// Decides, if there is enough to decide on. Nothing changes a decision.
    pub(crate) fn decide(&mut self, rules: &Rules<'_>) {
        if self.evidence.is_none() {
            let most = if self.doubted {
                Band::Doubtful
            } else {
                Band::Strong
            };
            let decided = self.window.decide(self.given_up, &self.reference, rules);
            self.evidence = decided.map(|evidence| Evidence {
                liveness: evidence.liveness.min(most),
                ..evidence
            });
        }
    }

    /// How much of the least window is there, 0 to 1.
    pub(crate) fn progress(&self, limits: &WindowLimits) -> f32 {
        if self.evidence.is_some() {
            return 1.0;
        }
        let frames = self.window.frames() as f32 / limits.min_frames.max(1) as f32;
        let spread =
            self.window.spread().as_secs_f32() * 1000.0 / limits.min_spread_ms.max(1) as f32;
        frames.min(spread.max(0.1 * frames)).min(0.99)
    }
}

impl std::fmt::Debug for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Capture({} good frames, evidence: {:?})",
            self.window.frames(),
            self.evidence
        )
    }
}

#[cfg(test)]
mod tests;
