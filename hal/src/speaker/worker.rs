//! The driver of the speaker: a thread that plays what it is given, breaks off what is out of date,
//! and goes on looking for a sound card that is not there.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::device::{SoundError, open, play};
use super::{Chime, Sound};
use crate::device::{Backoff, DeviceState, StateReporter};

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
    thread: Option<JoinHandle<()>>,
}

impl SpeakerWorker {
    /// Starts the thread. `on_state` hears every change of the speaker's state, on that thread.
    pub fn spawn(
        config: SpeakerConfig,
        on_state: impl FnMut(DeviceState) + Send + 'static,
    ) -> Self {
        let desk = Desk::default();
        let mut run = Run {
            config,
            desk: desk.clone(),
            states: StateReporter::new(on_state),
            backoff: Backoff::new(Duration::from_secs(1), HEARTBEAT),
        };
        let thread = thread::spawn(move || run.until_stopped());
        Self {
            desk,
            thread: Some(thread),
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

impl Drop for SpeakerWorker {
    fn drop(&mut self) {
        self.desk.change(|inner| inner.stop = true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the speaker worker had panicked");
        }
    }
}

struct Run {
    config: SpeakerConfig,
    desk: Desk,
    states: StateReporter,
    backoff: Backoff,
}

impl Run {
    fn until_stopped(&mut self) {
        let mut sounds = None;
        while !self.desk.is_stopped() {
            let turn = catch_unwind(AssertUnwindSafe(|| self.turn(sounds.take())));
            let state = match turn {
                Ok(Ok(())) => {
                    self.backoff.reset();
                    DeviceState::Ready
                }
                Ok(Err(SoundError::NotFound(_))) => DeviceState::Absent,
                Ok(Err(error)) => DeviceState::Faulted(describe(&error)),
                Err(_) => DeviceState::Faulted(String::from("the driver panicked")),
            };
            let pause = match state {
                DeviceState::Ready => HEARTBEAT,
                _ => self.backoff.pause(),
            };
            self.states.set(state);
            sounds = self.desk.take(pause);
        }
    }

    /// Plays what there is, or looks whether the device is there.
    fn turn(&mut self, sounds: Option<Vec<Arc<Sound>>>) -> Result<(), SoundError> {
        self.states.starting();
        let (device, volume) = (&self.config.device, self.config.volume);
        let Some(sounds) = sounds else {
            return open(device, Sound::chime(Chime::Good).rate()).map(drop);
        };
        for sound in sounds {
            if !self.desk.goes_on() {
                break;
            }
            play(device, &sound, volume, &mut || self.desk.goes_on())?;
        }
        Ok(())
    }
}

fn describe(error: &SoundError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
