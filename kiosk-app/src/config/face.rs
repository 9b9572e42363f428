//! `[face]`: the face pipeline.

use serde::Deserialize;

use super::Threads;

/// The face pipeline.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Face {
    /// Threads for a network.
    pub threads: Threads,
}

impl Default for Face {
    fn default() -> Self {
        Self {
            threads: Threads(2),
        }
    }
}
