//! The time before the simulated cameras: it passes as fast as the kiosk looks. On a machine with much
//! else to do the kiosk looks at a picture a second; a person who steps up, turns the head or moves a
//! photograph in that machine's time would be done between two looks, and each story another one. So
//! time almost stands still a moment after each look, and where there are two cameras it waits for the
//! one that is behind.
//!
//! In: the looks, which are the previews that the kiosk shows. Out: a [`Clock`] for each camera.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hal::clock::monotonic_now;
use hal::sim::camera::Clock;

/// For so long after a look time passes as everywhere: a kiosk with enough time looks more often.
const GLANCE: Duration = Duration::from_millis(200);
/// So much slower it passes then. A picture still comes every 0.7 s, and a camera without any for 3 s
/// would count as dead.
const SLOWER: u32 = 20;
/// How far pictures may be ahead of those of the camera that is behind: two frames.
const AHEAD: Duration = Duration::from_millis(67);
/// A camera that asked for no picture for so long is closed.
const CLOSED_AFTER: Duration = Duration::from_secs(5);
/// Longer than any wait of the settings.
const LEAP: Duration = Duration::from_secs(600);
/// How often whoever waits looks at the time.
const PAUSE: Duration = Duration::from_millis(3);

/// The time of a story's stage. Clones share it.
#[derive(Clone)]
pub struct StageTime(Arc<Mutex<Reckoning>>);

impl StageTime {
    /// A time that begins now.
    pub fn new() -> Self {
        let reckoning = Reckoning {
            reckoned: monotonic_now(),
            ..Reckoning::default()
        };
        Self(Arc::new(Mutex::new(reckoning)))
    }

    /// The clock of another camera.
    pub fn clock(&self) -> Arc<dyn Clock> {
        let mut reckoning = self.lock();
        reckoning.cameras.push(Pictures::default());
        Arc::new(CameraClock {
            time: self.clone(),
            camera: reckoning.cameras.len() - 1,
        })
    }

    /// The kiosk has looked at a picture.
    pub fn looked(&self) {
        let real = monotonic_now();
        let mut reckoning = self.lock();
        reckoning.pass(real);
        reckoning.looked = real;
    }

    /// After this time nothing happens any more, and the kiosk's own time for it is up.
    pub fn leap_after(&self, time: Duration) {
        let mut reckoning = self.lock();
        let at = reckoning.now + time;
        reckoning.leap.get_or_insert(at);
    }

    fn lock(&self) -> MutexGuard<'_, Reckoning> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same time, for one camera.
struct CameraClock {
    time: StageTime,
    camera: usize,
}

impl Clock for CameraClock {
    fn now(&self) -> Duration {
        self.time.lock().pass(monotonic_now())
    }

    fn wait_until(&self, time: Duration) {
        self.time.lock().cameras[self.camera].ask_for(time);
        loop {
            let real = monotonic_now();
            let mut reckoning = self.time.lock();
            reckoning.cameras[self.camera].asked = Some(real);
            if reckoning.pass(real) >= time {
                break;
            }
            drop(reckoning);
            std::thread::sleep(PAUSE);
        }
    }
}

/// What the time is reckoned from.
#[derive(Default)]
struct Reckoning {
    /// The stage's time when it was reckoned last.
    now: Duration,
    /// When that was, on the machine's clock.
    reckoned: Duration,
    /// The last look, on the machine's clock.
    looked: Duration,
    /// When it leaps; it does so once.
    leap: Option<Duration>,
    cameras: Vec<Pictures>,
}

/// How far a camera is.
#[derive(Clone, Copy, Default)]
struct Pictures {
    /// The picture that was given, on the stage's clock.
    given: Duration,
    /// The one that it waits for or makes.
    next: Duration,
    /// When it asked for a picture, on the machine's clock; none before the first.
    asked: Option<Duration>,
}

impl Pictures {
    /// Who asks for another picture has given the one before.
    fn ask_for(&mut self, next: Duration) {
        self.given = self.next;
        self.next = next;
    }

    /// How far it lets time go.
    fn lets(&self, real: Duration) -> Option<Duration> {
        let asked = self.asked?;
        let is_open = real.saturating_sub(asked) < CLOSED_AFTER;
        is_open.then_some(self.next.max(self.given + AHEAD))
    }
}

impl Reckoning {
    /// Lets time pass up to this moment of the machine's clock; gives the stage's.
    fn pass(&mut self, real: Duration) -> Duration {
        let passed = real.saturating_sub(self.reckoned);
        let glance = (self.looked + GLANCE).saturating_sub(self.reckoned);
        let watched = glance.min(passed);
        let wanted = self.now + watched + (passed - watched) / SLOWER;
        let limits = self.cameras.iter().filter_map(|camera| camera.lets(real));
        let limit = limits.min().unwrap_or(wanted);
        let leaps = |now: &Duration| self.leap.is_some_and(|at| (at..at + LEAP).contains(now));
        self.now = self.now.max(wanted.min(limit));
        if leaps(&self.now) {
            self.now += LEAP;
        }
        self.reckoned = self.reckoned.max(real);
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn time_passes_while_somebody_looks_and_almost_stands_still_after_that() {
        let mut stage = Reckoning::default();
        assert_eq!(stage.pass(ms(150)), ms(150), "a look was just now");
        assert_eq!(stage.pass(ms(10_200)), ms(200 + 10_000 / 20));
        stage.looked = ms(10_200);
        assert_eq!(stage.pass(ms(10_300)), ms(800));
        assert_eq!(stage.pass(ms(10_250)), ms(800), "never back");
    }

    #[test]
    fn when_nothing_happens_any_more_time_leaps_once() {
        let mut stage = Reckoning {
            leap: Some(ms(100)),
            ..Reckoning::default()
        };
        assert_eq!(stage.pass(ms(90)), ms(90));
        assert_eq!(stage.pass(ms(110)), ms(110) + LEAP);
        assert_eq!(stage.pass(ms(120)), ms(120) + LEAP);
    }

    #[test]
    fn a_camera_that_is_behind_is_waited_for_unless_it_is_closed() {
        let mut stage = Reckoning {
            cameras: vec![Pictures::default(); 2],
            ..Reckoning::default()
        };
        let ask = |stage: &mut Reckoning, camera: usize, next: u64, real: u64| {
            stage.cameras[camera].ask_for(ms(next));
            stage.cameras[camera].asked = Some(ms(real));
            stage.looked = ms(real);
        };
        assert_eq!(stage.pass(ms(100)), ms(100), "none has begun");
        ask(&mut stage, 0, 100, 100);
        ask(&mut stage, 1, 100, 100);
        ask(&mut stage, 0, 133, 140);
        ask(&mut stage, 0, 166, 180);
        assert_eq!(
            stage.pass(ms(280)),
            ms(100),
            "it has not given the picture yet"
        );
        ask(&mut stage, 1, 133, 290);
        assert_eq!(
            stage.pass(ms(400)),
            ms(167),
            "two frames ahead of what it gave"
        );
        assert_eq!(stage.pass(ms(5_280)), ms(167));
        ask(&mut stage, 0, 200, 5_290);
        assert_eq!(stage.pass(ms(5_300)), ms(187), "the other one is closed");
    }
}
