//! `[challenge]`: whether residents are asked to turn their head before the camera.

use serde::Deserialize;

use crate::session::{Ask, ChallengePolicy, Unanswered};

/// The active challenge.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Challenge {
    /// Who is asked.
    pub ask: Ask,
    /// What counts where nobody answered.
    pub unanswered: Unanswered,
}

impl From<&Challenge> for ChallengePolicy {
    fn from(challenge: &Challenge) -> Self {
        Self {
            ask: challenge.ask,
            unanswered: challenge.unanswered,
        }
    }
}
