//! `[paths]`: where things lie.

use std::path::PathBuf;

use serde::Deserialize;

/// Where things lie.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// Log, keys and event file; must survive a restart.
    pub state: PathBuf,
    /// Folder of service files.
    pub services: PathBuf,
    /// The models' manifest.
    pub manifest: PathBuf,
    /// Folder of the networks' weights.
    pub weights: PathBuf,
    /// ONNX Runtime's shared library.
    pub onnxruntime: PathBuf,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            state: "/var/lib/kiosk".into(),
            services: "/etc/kiosk/services".into(),
            manifest: "/usr/share/kiosk/models/manifest.toml".into(),
            weights: "/usr/share/kiosk/models/weights".into(),
            onnxruntime: "/usr/lib/libonnxruntime.so".into(),
        }
    }
}
