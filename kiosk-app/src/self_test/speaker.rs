//! Is there a loudspeaker? A chime is played, which only the technician can hear.

use hal::speaker::{Chime, Sound, SoundError, play};

use super::Finding;
use crate::config::Speaker;
use crate::errors::chain;

/// Plays a chime.
pub fn chime(settings: &Speaker) -> Finding {
    let Some(driver) = settings.to_driver() else {
        return Finding::not_there("No speaker is set up; a kiosk works without one.");
    };
    let (device, volume) = (&driver.device, driver.volume);
    match play(device, &Sound::chime(Chime::Good), volume, &mut || true) {
        Ok(()) if !settings.voices.is_dir() => Finding::warning(
            format!(
                "A chime was played, but there are no voices in {}.",
                settings.voices.display()
            ),
            "Run `kiosk voices --out FOLDER` and give that folder as `voices` under [speaker].",
        ),
        Ok(()) => Finding::look(
            format!(
                "A chime was played on the sound device \"{device}\" at volume {volume}. It should have \
                 been heard."
            ),
            "If nothing was heard: check the loudspeaker's cable and its own volume, and `device` and \
             `volume` under [speaker] in the settings file (`aplay -L` lists what there is).",
        ),
        Err(error @ SoundError::NotFound(_)) => Finding::warning(
            format!("No sound: {}.", chain(&error)),
            "Check that the sound card is plugged in, and `device` under [speaker] in the settings \
             file (`aplay -L` lists what there is).",
        ),
        Err(error @ SoundError::Format { .. }) => Finding::warning(
            format!("No sound: {}.", chain(&error)),
            "Under [speaker] in the settings file give `default`, or `plughw:…` with what stands behind \
             `hw:`, as `device` (`aplay -L` lists what there is).",
        ),
        Err(error) => Finding::warning(
            format!("No sound: {}.", chain(&error)),
            "Check that no other program uses the sound card and that the kiosk's user belongs to \
             the group \"audio\".",
        ),
    }
}
