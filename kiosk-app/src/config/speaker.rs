//! `[speaker]`: voice prompts and chimes, if there is a loudspeaker.

use std::path::PathBuf;

use hal::speaker::SpeakerConfig;
use serde::Deserialize;

use super::Volume;

/// The speaker; a kiosk works without one.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Speaker {
    /// ALSA device; none if there is no speaker.
    pub device: Option<String>,
    /// How loud.
    pub volume: Volume,
    /// Folder of the voices, as `kiosk voices` makes it.
    pub voices: PathBuf,
}

impl Default for Speaker {
    fn default() -> Self {
        Self {
            device: None,
            volume: Volume(70),
            voices: "/usr/share/kiosk/voices".into(),
        }
    }
}

impl Speaker {
    /// The speaker as its driver wants it; none if there is none.
    pub fn to_driver(&self) -> Option<SpeakerConfig> {
        Some(SpeakerConfig {
            device: self.device.clone()?,
            volume: self.volume.get(),
        })
    }
}
