//! How lights glow and the buzzer sounds over time: from "so long ago" to a level and to the
//! moment of the next change. No clock, no line.

use std::time::Duration;

use super::{Sound, StatusLight};

/// Brightness of a light ring, in thousandths of full.
pub const FULL: u16 = 1_000;

/// The kiosk is free: visible from afar, not dazzling in a dark hall.
const IDLE: u16 = 120;
/// "Look here" comes up softly: who is startled blinks.
const FADE: Duration = Duration::from_millis(400);
/// Twenty steps look smooth.
const FADE_STEPS: u16 = 20;
/// Half a period of "error": one flash a second. No more than three are safe for people with
/// photosensitive epilepsy (WCAG 2.2, success criterion 2.3.1).
const FLASH: Duration = Duration::from_millis(500);

/// The tones of a sound: on and off in turn, beginning with on, in milliseconds.
const fn tones(sound: Sound) -> &'static [u64] {
    match sound {
        Sound::CardRead => &[80],
        Sound::Ok => &[120, 100, 120],
        Sound::Error => &[600],
    }
}

/// A level and, if it changes by itself, after which time from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The level now.
    pub level: T,
    /// Until the next change; none if it stays.
    pub next: Option<Duration>,
}

/// A sound that is being played.
#[derive(Clone, Debug)]
pub struct Playing {
    sound: Sound,
    /// Which of its tones and pauses, and since when.
    part: usize,
    since: Duration,
}

impl Playing {
    /// Begins a sound.
    #[must_use]
    pub const fn new(sound: Sound, now: Duration) -> Self {
        Self {
            sound,
            part: 0,
            since: now,
        }
    }

    /// Whether the buzzer sounds now. A part whose time is over makes room for the next one, which
    /// begins now: whoever comes late lengthens a sound, and swallows none of its tones.
    pub fn at(&mut self, now: Duration) -> At<bool> {
        if self.left(now).is_some_and(|left| left.is_zero()) {
            self.part += 1;
            self.since = now;
        }
        let next = self.left(now);
        At {
            level: next.is_some() && self.part.is_multiple_of(2),
            next,
        }
    }

    /// What is left of this part; none after the last.
    fn left(&self, now: Duration) -> Option<Duration> {
        let length = tones(self.sound).get(self.part)?;
        Some(Duration::from_millis(*length).saturating_sub(now.saturating_sub(self.since)))
    }
}

/// How brightly the ring shines, so long after the status light began to say this.
#[must_use]
pub fn glow(light: StatusLight, since: Duration) -> At<u16> {
    let steady = |level| At { level, next: None };
    match light {
        StatusLight::Off => steady(0),
        StatusLight::Idle => steady(IDLE),
        StatusLight::LookHere => fade(since),
        StatusLight::Ok => steady(FULL),
        StatusLight::Error => flash(since),
    }
}

fn fade(since: Duration) -> At<u16> {
    if since >= FADE {
        return At {
            level: FULL,
            next: None,
        };
    }
    let step = FADE / u32::from(FADE_STEPS);
    let done = u16::try_from(since.as_micros() / step.as_micros()).unwrap_or(FADE_STEPS);
    At {
        level: FULL / FADE_STEPS * done,
        next: Some(step * u32::from(done + 1) - since),
    }
}

fn flash(since: Duration) -> At<u16> {
    let halves = since.as_micros() / FLASH.as_micros();
    let into = since - FLASH * u32::try_from(halves).unwrap_or(0);
    At {
        level: if halves.is_multiple_of(2) { FULL } else { 0 },
        next: Some(FLASH.saturating_sub(into).max(Duration::from_millis(1))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SOUNDS: [Sound; 3] = [Sound::CardRead, Sound::Ok, Sound::Error];

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// How often it begins to sound, and when it is silent for good.
    fn listen(sound: Sound) -> (usize, Duration) {
        listen_late(sound, Duration::ZERO)
    }

    /// The same for who comes so late each time.
    fn listen_late(sound: Sound, late: Duration) -> (usize, Duration) {
        let (mut now, mut tones, mut was) = (Duration::ZERO, 0, false);
        let mut playing = Playing::new(sound, now);
        loop {
            let At { level, next } = playing.at(now);
            tones += usize::from(level && !was);
            was = level;
            match next {
                Some(next) => now += next + late,
                None => return (tones, now),
            }
        }
    }

    #[test]
    fn sounds_can_be_told_apart_without_seeing_and_end_by_themselves() {
        assert_eq!(listen(Sound::CardRead), (1, ms(80)));
        assert_eq!(listen(Sound::Ok), (2, ms(340)));
        assert_eq!(listen(Sound::Error), (1, ms(600)));
    }

    #[test]
    fn a_busy_machine_swallows_no_tone() {
        assert_eq!(listen_late(Sound::CardRead, ms(5_000)), (1, ms(5_080)));
        assert_eq!(listen_late(Sound::Ok, ms(5_000)), (2, ms(15_340)));
    }

    #[test]
    fn an_error_flashes_once_a_second() {
        let flashes = (0..10_000)
            .filter(|t| glow(StatusLight::Error, ms(*t)).level == FULL)
            .filter(|t| *t == 0 || glow(StatusLight::Error, ms(t - 1)).level == 0)
            .count();
        assert_eq!(flashes, 10);
    }

    #[test]
    fn look_here_comes_up_to_full() {
        assert_eq!(glow(StatusLight::LookHere, ms(0)).level, 0);
        assert_eq!(glow(StatusLight::LookHere, ms(200)).level, 500);
        assert_eq!(glow(StatusLight::LookHere, ms(400)).level, FULL);
        assert_eq!(glow(StatusLight::LookHere, ms(400)).next, None);
    }

    proptest! {
        /// Between now and "the next change" nothing changes, so a thread may sleep until then;
        /// and it never spins.
        #[test]
        fn nothing_changes_before_it_is_said_to(at in 0_u64..100_000, part in 0.0..1.0_f64) {
            for sound in SOUNDS {
                let mut playing = Playing::new(sound, ms(0));
                if let At { level, next: Some(next) } = playing.at(ms(at)) {
                    prop_assert!(next >= ms(1));
                    prop_assert_eq!(playing.at(ms(at) + next.mul_f64(part * 0.999)).level, level);
                }
            }
            for light in [StatusLight::LookHere, StatusLight::Error] {
                if let At { level, next: Some(next) } = glow(light, ms(at)) {
                    prop_assert!(next >= ms(1));
                    prop_assert!(level <= FULL);
                    prop_assert_eq!(glow(light, ms(at) + next.mul_f64(part * 0.999)).level, level);
                }
            }
        }
    }
}
