//! `[camera]`: which camera, and how it is mounted.

use std::path::PathBuf;

use serde::Deserialize;

/// The camera.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Camera {
    /// V4L2 device.
    pub device: PathBuf,
    /// Degrees by which its pictures are turned clockwise to stand upright.
    pub rotation: face_pipeline::Rotation,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            device: "/dev/video0".into(),
            rotation: face_pipeline::Rotation::None,
        }
    }
}
