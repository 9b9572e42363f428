//! What a check found. The words are for a technician: what was seen, and what to do about it.
//! They never name a person.

use std::time::Duration;

use serde_json::{Value, json};

/// One check and what it found.
#[derive(Clone, Debug)]
pub struct Check {
    /// Stable identifier, for programs.
    pub id: &'static str,
    /// What is tested, for people.
    pub name: &'static str,
    /// What was found.
    pub finding: Finding,
    /// How long the check took.
    pub took: Duration,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is as it should be.
    Passed {
        /// What was seen.
        seen: String,
    },
    /// The kiosk has done its part; only a person can see or hear whether it worked.
    Look {
        /// What was done.
        seen: String,
        /// What to do if it did not.
        to_do: String,
    },
    /// Residents can be served, but somebody should look after it.
    Warning {
        /// What was seen.
        seen: String,
        /// What to do.
        to_do: String,
    },
    /// The kiosk cannot serve residents like this.
    Failed {
        /// What was seen.
        seen: String,
        /// What to do.
        to_do: String,
    },
    /// It is not there and need not be.
    NotThere {
        /// Why that is fine.
        why: String,
    },
}

impl Finding {
    /// It is as it should be.
    pub fn passed(seen: impl Into<String>) -> Self {
        Self::Passed { seen: seen.into() }
    }

    /// Somebody should look whether it worked.
    pub fn look(seen: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self::Look {
            seen: seen.into(),
            to_do: to_do.into(),
        }
    }

    /// Somebody should look after it.
    pub fn warning(seen: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self::Warning {
            seen: seen.into(),
            to_do: to_do.into(),
        }
    }

    /// It does not work.
    pub fn failed(seen: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self::Failed {
            seen: seen.into(),
            to_do: to_do.into(),
        }
    }

    /// It is not there, which is fine.
    pub fn not_there(why: impl Into<String>) -> Self {
        Self::NotThere { why: why.into() }
    }

    /// What was seen, or why there is nothing to see.
    pub fn seen(&self) -> &str {
        match self {
            Self::Passed { seen }
            | Self::Look { seen, .. }
            | Self::Warning { seen, .. }
            | Self::Failed { seen, .. } => seen,
            Self::NotThere { why } => why,
        }
    }

    /// What to do about it.
    pub fn to_do(&self) -> Option<&str> {
        match self {
            Self::Look { to_do, .. } | Self::Warning { to_do, .. } | Self::Failed { to_do, .. } => {
                Some(to_do)
            }
            Self::Passed { .. } | Self::NotThere { .. } => None,
        }
    }

    /// One word, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Passed { .. } => "passed",
            Self::Look { .. } => "look",
            Self::Warning { .. } => "warning",
            Self::Failed { .. } => "failed",
            Self::NotThere { .. } => "not_there",
        }
    }

    /// One word, for people.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed { .. } => "OK",
            Self::Look { .. } => "LOOK",
            Self::Warning { .. } => "WARNING",
            Self::Failed { .. } => "FAILED",
            Self::NotThere { .. } => "not there",
        }
    }
}

impl Check {
    /// The check as programs read it; the keys are stable.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "result": self.finding.code(),
            "seen": self.finding.seen(),
            "to_do": self.finding.to_do(),
            "milliseconds": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
        })
    }
}
