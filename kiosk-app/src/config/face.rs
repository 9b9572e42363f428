//! `[face]`: the face pipeline.

use face_pipeline::WindowLimits;
use serde::Deserialize;

use super::{FrameGap, Threads};

/// The face pipeline.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Face {
    /// Threads for a network.
    pub threads: Threads,
    /// Time without a good frame, over some frames, after which a capture begins again, milliseconds.
    pub max_gap_ms: FrameGap,
}

impl Default for Face {
    fn default() -> Self {
        Self {
            threads: Threads(2),
            max_gap_ms: FrameGap(WindowLimits::default().max_gap_ms),
        }
    }
}
