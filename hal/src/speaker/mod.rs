//! The speaker: voice prompts and chimes through ALSA (libasound).
//!
//! A [`Sound`] is a WAV file or a chime; [`SpeakerWorker`] plays sounds on a thread of its own, so
//! that nobody ever waits for one. A kiosk without a sound card is a kiosk that is silent.

mod device;
mod sound;
mod worker;

pub use device::{SoundError, play};
pub use sound::{Chime, Sound, WavError};
pub use worker::{SpeakerConfig, SpeakerWorker};
