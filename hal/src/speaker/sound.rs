//! A sound in memory: one channel, 16 bits. In: a WAV file, or the name of a chime.

use std::f32::consts::TAU;
use std::path::{Path, PathBuf};

/// The longest prompt that is taken: what is longer is not a prompt, and would fill the memory.
const LONGEST_SECONDS: u32 = 30;
/// Samples a second of our own chimes.
const CHIME_RATE: u32 = 22_050;

/// A sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    rate: u32,
    samples: Vec<i16>,
}

/// Sounds that need no words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chime {
    /// It worked: two tones upwards.
    Good,
    /// Please look: two equal tones.
    Attention,
}

/// A voice file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// It cannot be read, or is no WAV file.
    #[error("failed to read the sound file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: hound::Error,
    },
    /// It is in another format.
    #[error("the sound file {0} is not one channel of 16 bits, or longer than 30 seconds")]
    Format(PathBuf),
}

impl Sound {
    /// Reads a WAV file of one channel and 16 bits, as espeak-ng writes them.
    ///
    /// # Errors
    /// [`WavError`] if it is none, or longer than a prompt can be.
    pub fn read(path: &Path) -> Result<Self, WavError> {
        let failed = |source| WavError::Read {
            path: path.into(),
            source,
        };
        let mut file = hound::WavReader::open(path).map_err(failed)?;
        let format = file.spec();
        let fits = format.channels == 1
            && format.bits_per_sample == 16
            && format.sample_format == hound::SampleFormat::Int
            && (8_000..=48_000).contains(&format.sample_rate)
            && file.duration() <= LONGEST_SECONDS * format.sample_rate;
        if !fits {
            return Err(WavError::Format(path.into()));
        }
        let samples = file.samples::<i16>().collect::<Result<_, _>>();
        Ok(Self {
            rate: format.sample_rate,
            samples: samples.map_err(failed)?,
        })
    }

    /// A chime.
    #[must_use]
    pub fn chime(chime: Chime) -> Self {
        let tones: [f32; 2] = match chime {
            Chime::Good => [659.26, 987.77],      // E5, B5
            Chime::Attention => [587.33, 587.33], // D5 twice
        };
        Self {
            rate: CHIME_RATE,
            samples: tones.into_iter().flat_map(tone).collect(),
        }
    }

    /// Samples a second.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// The samples.
    #[must_use]
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }
}

/// A tone of a quarter of a second that begins softly and dies away, as a struck bar does.
fn tone(frequency: f32) -> impl Iterator<Item = i16> {
    let rate = CHIME_RATE as f32;
    (0..CHIME_RATE / 4).map(move |at| {
        let time = at as f32 / rate;
        let loudness = (time / 0.01).min(1.0) * (-12.0 * time).exp();
        let wave = (TAU * frequency * time).sin() + 0.3 * (2.0 * TAU * frequency * time).sin();
        (wave * loudness * 18_000.0) as i16
    })
}
