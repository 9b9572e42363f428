//! Scores become bands here, and nowhere else: what leaves the pipeline for an attestation is never
//! a raw score.

use serde::Serialize;

use crate::manifest::Thresholds;

/// How far a score supports the claim, by the thresholds of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// The claim is not supported.
    Refused,
    /// Not enough to accept, too much to refuse: for an officer to decide.
    Doubtful,
    /// Supported.
    Accepted,
    /// Supported with room to spare.
    Strong,
}

impl Band {
    /// Whether the claim is supported.
    #[must_use]
    pub fn is_accepted(self) -> bool {
        self >= Self::Accepted
    }

    /// A score that is not a number is refused.
    pub(crate) fn of(score: f32, thresholds: &Thresholds) -> Self {
        if score >= thresholds.strong {
            Self::Strong
        } else if score >= thresholds.accepted {
            Self::Accepted
        } else if score >= thresholds.doubtful {
            Self::Doubtful
        } else {
            Self::Refused
        }
    }
}
