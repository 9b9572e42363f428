//! The driver of the speaker: a thread that plays what it is given, breaks off what is out of date,
//! and goes on looking for a sound card that is not there.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::device::{SoundError, open, play};
use super::{Chime, Sound};
use crate::device::{Backoff, DeviceState};
use crate::worker::{Driver, Health, Pulse, Worker, faulted};

/// Which sound device, and how loud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeakerConfig {
    /// The ALSA device, as `aplay -L` lists them; `default` is the usual one.
    pub device: String,
    /// From 0 (nothing) to 100.
    pub volume: u8,
}

/// Between two looks at a sound card that works and is not used.
const HEARTBEAT: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Inner {
    /// What is to be played next.
    next: Option<Vec<Arc<Sound>>>,
    /// What is being played is out of date.
    hush: bool,
    stop: bool,
}

#[derive(Clone, Default)]
struct Desk(Arc<(Mutex<Inner>, Condvar)>);

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Plain values: no half-written state is possible behind a poisoned lock.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, f: impl FnOnce(&mut Inner)) {
        f(&mut self.lock());
        self.0.1.notify_all();
    }

    fn stop(&self) {
        self.change(|inner| inner.stop = true);
    }

    fn is_stopped(&self) -> bool {
        self.lock().stop
    }

    fn goes_on(&self) -> bool {
        let inner = self.lock();
        !inner.stop && !inner.hush
    }

    /// The next sounds; waits for them, at most this long.
    fn take(&self, longest: Duration) -> Option<Vec<Arc<Sound>>> {
        let idle = |inner: &mut Inner| inner.next.is_none() && !inner.stop;
        let waited = self.0.1.wait_timeout_while(self.lock(), longest, idle);
        let mut inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        inner.hush = false;
        inner.next.take().filter(|_| !inner.stop)
    }
}

/// A supervised speaker. Dropping it ends the thread and what it plays.
pub struct SpeakerWorker {
    desk: Desk,
    _worker: Worker,
}

impl SpeakerWorker {
    /// Starts the thread. `on_state` hears every change of the speaker's state, on that thread.
    pub fn spawn(
        config: SpeakerConfig,
        on_state: impl FnMut(DeviceState) + Send + 'static,
    ) -> Self {
        let desk = Desk::default();
        let run = Run {
            config,
            desk: desk.clone(),
            next: None,
        };
        let backoff = Backoff::new(Duration::from_secs(1), HEARTBEAT);
        let health = Health::with_backoff(on_state, backoff);
        let stop = desk.clone();
        Self {
            desk,
            _worker: Worker::spawn(run, health, move || stop.stop()),
        }
    }

    /// Plays these, one after the other, at once: what is being played is broken off.
    pub fn play_now(&self, sounds: Vec<Arc<Sound>>) {
        self.desk.change(|inner| {
            inner.hush = true;
            inner.next = Some(sounds);
        });
    }

    /// Plays these when what is being played has ended, in place of whatever else waited for that.
    pub fn play_next(&self, sounds: Vec<Arc<Sound>>) {
        self.desk.change(|inner| inner.next = Some(sounds));
    }

    /// Breaks off what is being played, and forgets what waits.
    pub fn hush(&self) {
        self.desk.change(|inner| {
            inner.hush = true;
            inner.next = None;
        });
    }
}

struct Run {
    config: SpeakerConfig,
    desk: Desk,
    /// What was asked for while nothing could be played.
    next: Option<Vec<Arc<Sound>>>,
}

impl Driver for Run {
    type Trouble = SoundError;
    const NAME: &'static str = "speaker";
    /// An idle one is looked at every ten seconds.
    const LONGEST: Duration = Duration::from_secs(30);

    fn is_stopped(&self) -> bool {
        self.desk.is_stopped()
    }

    fn turn(&mut self, health: &mut Health) -> Result<(), SoundError> {
        health.starting();
        while !self.is_stopped() {
            health.alive();
            match self.next.take() {
                Some(sounds) => self.play(&sounds, &health.pulse())?,
                None => self.look()?,
            }
            health.ready();
            self.next = self.desk.take(HEARTBEAT);
        }
        Ok(())
    }

    fn state_after(trouble: &SoundError) -> DeviceState {
        match trouble {
            SoundError::NotFound(_) => DeviceState::Absent,
            other => faulted(other),
        }
    }

    fn rest(&mut self, pause: Duration) {
        self.next = self.desk.take(pause);
    }
}

impl Run {
    /// Looks whether the device is there.
    fn look(&self) -> Result<(), SoundError> {
        open(&self.config.device, Sound::chime(Chime::Good).rate()).map(drop)
    }

    fn play(&self, sounds: &[Arc<Sound>], pulse: &Pulse) -> Result<(), SoundError> {
        for sound in sounds {
            if !self.desk.goes_on() {
                break;
            }
            let mut go_on = || {
                pulse.beat();
                self.desk.goes_on()
            };
            play(&self.config.device, sound, self.config.volume, &mut go_on)?;
        }
        Ok(())
    }
}
