//! The kiosk's side of systemd's supervision (sd_notify(3), `WatchdogSec=`): says when the kiosk
//! serves, and from then on that it is alive. A sign of life needs both loops that a resident
//! depends on, the shell's and the screen's: each turn of the shell sends a pulse through the
//! screen, and only a pulse that came back lets the next sign go out. When either loop hangs the
//! signs stop, and systemd kills the kiosk and starts it anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hal::clock::monotonic_now;
use sd_notify::NotifyState;

use crate::shell::Display;

/// Something on its way through a loop; it shows that the loop turned.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<AtomicBool>);

impl Pulse {
    /// The pulse came through.
    pub fn arrive(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it came through since this was asked last.
    fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

/// Says something to the supervisor.
type Tell = Box<dyn FnMut(&[NotifyState]) + Send>;

/// Tells whoever started this program how it is. Without a supervisor nothing is told.
pub struct Supervisor {
    tell: Tell,
    /// Signs of life are due so often; `None` if nobody waits for them.
    every: Option<Duration>,
    pulse: Pulse,
    stage: Stage,
    last_sign: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before the first turn.
    New,
    /// The first pulse is on its way.
    Starting,
    /// The screen has turned.
    Ready,
}

impl Supervisor {
    /// The supervisor that the environment names (`NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`).
    #[must_use]
    pub fn of_this_process() -> Self {
        Self::new(sd_notify::watchdog_enabled(), |state| {
            if let Err(error) = sd_notify::notify(state) {
                tracing::warn!(%error, "systemd does not hear how the kiosk is");
            }
        })
    }

    fn new(patience: Option<Duration>, tell: impl FnMut(&[NotifyState]) + Send + 'static) -> Self {
        Self {
            tell: Box::new(tell),
            every: patience.map(|patience| patience / SIGNS_PER_PATIENCE),
            pulse: Pulse::default(),
            stage: Stage::New,
            last_sign: Duration::ZERO,
        }
    }

    /// The shell's loop turned once; call this several times in each period.
    pub fn turn(&mut self, display: &dyn Display) {
        self.turn_at(monotonic_now(), display);
    }

    fn turn_at(&mut self, now: Duration, display: &dyn Display) {
        match self.stage {
            Stage::New => self.stage = Stage::Starting,
            // A pulse is still on its way: if it is stuck, no sign goes out.
            _ if !self.is_back(now) => return,
            Stage::Starting => {
                self.stage = Stage::Ready;
                (self.tell)(&[NotifyState::Ready]);
            }
            Stage::Ready => {
                self.last_sign = now;
                (self.tell)(&[NotifyState::Watchdog]);
            }
        }
        display.pulse(self.pulse.clone());
    }

    /// Whether the pulse came back and the next step is due.
    fn is_back(&self, now: Duration) -> bool {
        let due = match (self.stage, self.every) {
            (Stage::Ready, None) => false,
            (Stage::Ready, Some(every)) => now.saturating_sub(self.last_sign) >= every,
            _ => true,
        };
        due && self.pulse.take()
    }

    /// The kiosk ends because it was asked to.
    pub fn stopping(&mut self) {
        (self.tell)(&[NotifyState::Stopping]);
    }
}

/// sd_watchdog_enabled(3) recommends half of the time; a third leaves room for one that is late.
const SIGNS_PER_PATIENCE: u32 = 3;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use std::sync::Mutex;

    use kiosk_ui::{Preview, View};

    use super::*;

    /// A screen whose loop can hang.
    #[derive(Default)]
    struct Screen {
        hangs: AtomicBool,
        waiting: Mutex<Vec<Pulse>>,
    }

    impl Display for Screen {
        fn show(&self, _: View) {}
        fn preview(&self, _: Preview) {}
        fn pulse(&self, pulse: Pulse) {
            if self.hangs.load(Ordering::Relaxed) {
                self.waiting.lock().unwrap().push(pulse);
            } else {
                pulse.arrive();
            }
        }
    }

    /// What systemd hears in the turns at these seconds.
    struct Story {
        heard: Arc<Mutex<Vec<String>>>,
        supervisor: Supervisor,
        screen: Screen,
    }

    impl Story {
        fn with_patience(patience: Option<Duration>) -> Self {
            let heard = Arc::new(Mutex::new(Vec::new()));
            let ear = Arc::clone(&heard);
            let supervisor = Supervisor::new(patience, move |state| {
                ear.lock()
                    .unwrap()
                    .extend(state.iter().map(ToString::to_string));
            });
            let screen = Screen::default();
            Self {
                heard,
                supervisor,
                screen,
            }
        }

        fn turns(&mut self, seconds: impl IntoIterator<Item = u64>) {
            for second in seconds {
                self.supervisor
                    .turn_at(Duration::from_secs(second), &self.screen);
            }
        }

        fn heard(&self) -> Vec<String> {
            std::mem::take(&mut *self.heard.lock().unwrap())
        }
    }

    const PATIENCE: Option<Duration> = Some(Duration::from_secs(30));

    #[test]
    fn it_is_ready_when_the_screen_has_turned_and_gives_signs_of_life_from_then_on() {
        let mut story = Story::with_patience(PATIENCE);
        story.turns([100]);
        assert!(story.heard().is_empty(), "nobody has seen a screen yet");
        story.turns([101]);
        assert_eq!(story.heard(), ["READY=1"]);
        story.turns(102..132);
        assert_eq!(story.heard(), ["WATCHDOG=1"; 3], "every ten seconds");
    }

    #[test]
    fn a_screen_that_hangs_ends_the_signs_although_the_shell_turns() {
        let mut story = Story::with_patience(PATIENCE);
        story.turns(100..110);
        story.screen.hangs.store(true, Ordering::Relaxed);
        story.turns(110..130);
        story.heard();
        story.turns(130..300);
        assert!(story.heard().is_empty());
    }

    #[test]
    fn without_a_watchdog_it_only_says_when_it_is_ready_and_when_it_stops() {
        let mut story = Story::with_patience(None);
        story.turns(100..200);
        story.supervisor.stopping();
        assert_eq!(story.heard(), ["READY=1", "STOPPING=1"]);
    }
}
