//! One sound through ALSA: opens the device, plays, closes it again, so that a sound card may come
//! and go. In: a sound and a volume. Out: the loudspeaker.

use std::time::{Duration, Instant};

use alsa::pcm::{Access, Format, HwParams, IO, PCM, State};
use alsa::{Direction, ValueOr};

use super::Sound;

/// Frames handed over at a time; how long "stop" takes at most.
const CHUNK_MS: usize = 50;
/// What the sound card keeps ahead, in microseconds.
const BUFFER_US: u32 = 200_000;
/// A sound card that takes nothing for so long has stopped; one in good order takes 50 ms in 50 ms.
const STALLED: Duration = Duration::from_secs(2);
/// Between two looks whether the last of a sound has been played.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A sound cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// There is no such device.
    #[error("there is no sound device {0:?}")]
    NotFound(String),
    /// It is there but cannot be used.
    #[error("failed to {doing} the sound device {device:?}")]
    Device {
        /// What was being done.
        doing: &'static str,
        /// The device.
        device: String,
        /// Cause.
        source: alsa::Error,
    },
    /// It is there but takes no sound of one channel.
    #[error(
        "the sound device {device:?} does not play sounds of one channel at {rate} Hz: give `default` \
         or `plughw:…` in place of `hw:…` as `device` under [speaker]"
    )]
    Format {
        /// The device.
        device: String,
        /// Frames per second.
        rate: u32,
        /// Cause.
        source: alsa::Error,
    },
    /// It takes no sound any more.
    #[error("the sound device {0:?} has stopped")]
    Stalled(String),
}

/// Plays a sound to its end, or until `go_on` says no, which is asked every 50 ms.
///
/// # Errors
/// [`SoundError`] if the device cannot be used.
pub fn play(
    device: &str,
    sound: &Sound,
    volume: u8,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<(), SoundError> {
    let pcm = open(device, sound.rate())?;
    let failed = |source| SoundError::Device {
        doing: "play on",
        device: device.into(),
        source,
    };
    let io = pcm.io_i16().map_err(failed)?;
    let chunk = (sound.rate() as usize * CHUNK_MS / 1000).max(1);
    for part in sound.samples().chunks(chunk) {
        if !go_on() {
            // At once: what the card still has is about a screen that is gone.
            return pcm.drop().map_err(failed);
        }
        let loud = scaled(part, volume);
        if !write(&pcm, &io, &loud).map_err(failed)? {
            return Err(SoundError::Stalled(device.into()));
        }
    }
    finish(&pcm, go_on).map_err(failed)
}

/// Hands over a chunk; false where the card does not take it.
fn write(pcm: &PCM, io: &IO<'_, i16>, chunk: &[i16]) -> alsa::Result<bool> {
    let mut rest = chunk;
    let mut taken = Instant::now();
    while !rest.is_empty() {
        match io.writei(rest) {
            Ok(written) => {
                rest = &rest[written.min(rest.len())..];
                taken = Instant::now();
            }
            Err(error) if error.errno() == FULL => {
                let left = STALLED.saturating_sub(taken.elapsed()).as_millis();
                // A card that fails meanwhile says why when it is written to.
                if matches!(pcm.wait(u32::try_from(left).ok()), Ok(false)) {
                    return Ok(false);
                }
            }
            // An underrun or a suspend: go on where it stopped.
            Err(error) => pcm.try_recover(error, true)?,
        }
    }
    Ok(true)
}

/// Lets the card play what it has, as long as anybody wants to hear it.
fn finish(pcm: &PCM, go_on: &mut dyn FnMut() -> bool) -> alsa::Result<()> {
    let begun = Instant::now();
    loop {
        match pcm.drain() {
            Err(error) if error.errno() == FULL => {}
            other => return other,
        }
        if pcm.state() != State::Draining {
            return Ok(());
        }
        if !go_on() || begun.elapsed() > STALLED {
            return pcm.drop();
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Opens the device, to see that it is there or to play at this rate. Never waits: not for another
/// program that has it (ALSA would wait for ever), nor for a card that has stopped.
pub(super) fn open(device: &str, rate: u32) -> Result<PCM, SoundError> {
    let pcm =
        PCM::new(device, Direction::Playback, true).map_err(|source| match source.errno() {
            MISSING_FILE | MISSING_DEVICE | MISSING_ADDRESS => SoundError::NotFound(device.into()),
            _ => SoundError::Device {
                doing: "open",
                device: device.into(),
                source,
            },
        })?;
    set_up(&pcm, rate).map_err(|source| SoundError::Format {
        device: device.into(),
        rate,
        source,
    })?;
    Ok(pcm)
}

const FULL: i32 = 11; // EAGAIN
const MISSING_FILE: i32 = 2; // ENOENT
const MISSING_ADDRESS: i32 = 6; // ENXIO
const MISSING_DEVICE: i32 = 19; // ENODEV

fn set_up(pcm: &PCM, rate: u32) -> alsa::Result<()> {
    let params = HwParams::any(pcm)?;
    params.set_rate_resample(true)?;
    params.set_access(Access::RWInterleaved)?;
    params.set_format(Format::s16())?;
    params.set_channels(1)?;
    params.set_rate(rate, ValueOr::Nearest)?;
    params.set_buffer_time_near(BUFFER_US, ValueOr::Nearest)?;
    pcm.hw_params(&params)
}

/// Louder by equal steps for the ear: the square of the volume.
fn scaled(samples: &[i16], volume: u8) -> Vec<i16> {
    let volume = i64::from(volume.min(100));
    let scale = |sample: &i16| i64::from(*sample) * volume * volume / 10_000;
    samples
        .iter()
        .map(|sample| i16::try_from(scale(sample)).unwrap_or(0))
        .collect()
}
