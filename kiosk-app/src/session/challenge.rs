//! The active challenge: whether somebody is asked to turn the head, and what the answer counts.
//! Nobody has to, and nobody is refused for it: at most an officer decides.

use std::time::Duration;

use attestation::{Band, FactorOutcome, Factors};
use face_pipeline::{ChallengeOutcome, Infrared, Rejection, Task};
use kiosk_ui::Guidance;
use serde::Deserialize;

use super::answers::guidance_for;
use super::state::State;
use super::{Effect, Session, decide};
use crate::record::Record;

/// When residents are asked, and what it counts if they do not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChallengePolicy {
    /// When they are asked.
    pub ask: Ask,
    /// What a challenge counts that was skipped, or not answered in time.
    pub unanswered: Unanswered,
}

/// When residents are asked to turn their head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Never.
    #[default]
    Off,
    /// Where it is doubtful whether a living person was there, or motion did not show depth.
    WhenUnclear,
    /// Everybody whom the comparison accepts and liveness does not refuse.
    Always,
}

/// What a challenge counts that was skipped, or not answered in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unanswered {
    /// Nothing: the pictures from before it decide.
    #[default]
    Passive,
    /// It is doubtful whether a living person was there: an officer decides.
    Officer,
}

/// The eyes say how it ended so long before the screen gives up.
const LEAD: Duration = Duration::from_secs(1);

impl ChallengePolicy {
    /// Whether somebody with this evidence is asked. Where an answer could change nothing, nobody is.
    fn asks(self, factors: &Factors, has_depth: bool) -> bool {
        let right = matches!(
            factors.face,
            FactorOutcome::Band(Band::Accepted | Band::Strong)
        );
        let (open, doubtful) = match factors.liveness {
            FactorOutcome::Band(Band::Accepted | Band::Strong) => (true, false),
            FactorOutcome::Band(Band::Doubtful) => (true, true),
            FactorOutcome::Band(Band::Refused) | FactorOutcome::NotPerformed => (false, false),
        };
        let wanted = match self.ask {
            Ask::Off => false,
            Ask::WhenUnclear => doubtful || !has_depth,
            Ask::Always => true,
        };
        right && open && wanted
    }

    /// Liveness after a challenge. An answer takes away a doubt but makes nothing strong; a picture
    /// makes doubtful what was accepted; nothing here refuses.
    fn liveness(self, passive: FactorOutcome, outcome: ChallengeOutcome) -> FactorOutcome {
        use ChallengeOutcome::{Done, NotShown, Picture, Skipped};
        let FactorOutcome::Band(band) = passive else {
            return passive;
        };
        FactorOutcome::Band(match (band, outcome) {
            (Band::Doubtful, Done) => Band::Accepted,
            (Band::Accepted | Band::Strong, Picture) => Band::Doubtful,
            (Band::Accepted | Band::Strong, NotShown | Skipped)
                if self.unanswered == Unanswered::Officer =>
            {
                Band::Doubtful
            }
            (band, _) => band,
        })
    }
}

impl Session {
    /// The same session, asking residents to turn their head where this says so.
    #[must_use]
    pub fn with_challenge(self, challenge: ChallengePolicy) -> Self {
        Self { challenge, ..self }
    }

    /// The capture gave evidence: it decides, or a challenge comes before.
    pub(super) fn evidence(
        &mut self,
        factors: Factors,
        has_depth: bool,
        infrared: Infrared,
        now: Duration,
    ) {
        // A film on a screen turns its head, too: an answer does not take that doubt away.
        if infrared.is_doubtful() || !self.challenge.asks(&factors, has_depth) {
            return self.conclude(factors, decide(factors.liveness, factors.face), now);
        }
        let State::Capturing {
            service, holder, ..
        } = std::mem::replace(&mut self.state, State::Attract)
        else {
            return;
        };
        self.record(Record::ChallengeAsked);
        let time = self.limits.challenge.saturating_sub(LEAD);
        self.effects.push(Effect::StartChallenge(self.turn, time));
        let state = State::Challenging {
            service,
            holder,
            passive: factors,
            task: Task::Ahead,
            guidance: Guidance::Good,
            turned: 0.0,
        };
        self.enter(state, now);
    }

    /// A frame of the challenge was looked at.
    pub(super) fn challenge_goes_on(
        &mut self,
        step: Task,
        rejection: Option<Rejection>,
        share: f32,
    ) {
        if let State::Challenging {
            task,
            guidance,
            turned,
            ..
        } = &mut self.state
        {
            *task = step;
            *guidance = rejection.map_or(Guidance::Good, guidance_for);
            *turned = share.clamp(-1.0, 1.0);
        }
    }

    /// The challenge is over, one way or another, and the decision is due.
    pub(super) fn challenged(&mut self, outcome: ChallengeOutcome, now: Duration) {
        let State::Challenging { passive, .. } = &self.state else {
            return;
        };
        let factors = Factors {
            liveness: self.challenge.liveness(passive.liveness, outcome),
            face: passive.face,
        };
        self.record(Record::Challenged {
            outcome: code(outcome),
        });
        self.conclude(factors, decide(factors.liveness, factors.face), now);
    }
}

/// Who cannot turn the head is not told from who does not: nothing about anybody's body is recorded.
fn code(outcome: ChallengeOutcome) -> &'static str {
    match outcome {
        ChallengeOutcome::Done => "done",
        ChallengeOutcome::Picture => "picture",
        ChallengeOutcome::NotShown | ChallengeOutcome::Skipped => "unanswered",
    }
}
