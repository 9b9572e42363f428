//! What all device workers have in common: the state they report, the back-off with which they
//! try again after a loss, and the switch through which their owner controls them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How a device is, as its worker last saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// It is not there.
    Absent,
    /// It is there and being brought up.
    Starting,
    /// It works.
    Ready,
    /// It is there but does not work; the reason is for a technician and names no person.
    Faulted(String),
}

/// Reports states, but only when they change: an operator wants one alarm, not one per retry.
pub(crate) struct StateReporter {
    last: Option<DeviceState>,
    report: Box<dyn FnMut(DeviceState) + Send>,
}

impl StateReporter {
    pub(crate) fn new(report: impl FnMut(DeviceState) + Send + 'static) -> Self {
        Self {
            last: None,
            report: Box::new(report),
        }
    }

    pub(crate) fn set(&mut self, state: DeviceState) {
        if !self.is_news(&state) {
            return;
        }
        self.last = Some(state.clone());
        (self.report)(state);
    }

    /// What was reported last.
    pub(crate) fn last(&self) -> Option<DeviceState> {
        self.last.clone()
    }

    /// Whether [`StateReporter::set`] would report this.
    pub(crate) fn is_news(&self, state: &DeviceState) -> bool {
        self.last.as_ref() != Some(state)
    }

    /// "Starting" is news when the device was not known to be bad; a retry of a dead device
    /// would otherwise flicker between two states for ever.
    pub(crate) fn starting(&mut self) {
        if self.last.is_none() {
            self.set(DeviceState::Starting);
        }
    }
}

/// The pauses between attempts to get a lost device back: doubling up to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    limit: Duration,
    next: Duration,
}

impl Backoff {
    /// Pauses of `first`, twice that, and so on, never longer than `limit`.
    #[must_use]
    pub fn new(first: Duration, limit: Duration) -> Self {
        Self {
            first,
            limit,
            next: first,
        }
    }

    /// The pause before the next attempt.
    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.limit);
        pause
    }

    /// The device works again: the next loss starts with the short pause.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

impl Default for Backoff {
    /// From a tenth of a second (a replugged USB device is found at once) to two seconds.
    fn default() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(2))
    }
}

/// What the owner of a worker wants from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// End the thread.
    pub(crate) stop: bool,
    /// Do the device's work (capture, poll for a card); otherwise only watch that it is there.
    pub(crate) active: bool,
    /// Which time it is that work is wanted: what belongs to an earlier round is dropped.
    pub(crate) round: u64,
}

/// The switch between a worker and its owner: a wish that can be waited on, so that no pause in
/// a worker ever delays a stop.
#[derive(Clone, Default)]
pub(crate) struct Switch(Arc<(Mutex<Wish>, Condvar)>);

impl Switch {
    pub(crate) fn get(&self) -> Wish {
        *self.lock()
    }

    pub(crate) fn stop(&self) {
        self.change(|wish| wish.stop = true);
    }

    pub(crate) fn set_active(&self, active: bool) {
        self.change(|wish| {
            wish.round += u64::from(active && !wish.active);
            wish.active = active;
        });
    }

    /// Waits until the wish is no longer `known`, at most for `timeout`; returns the wish.
    pub(crate) fn wait_for_change(&self, known: Wish, timeout: Duration) -> Wish {
        let deadline = Instant::now() + timeout;
        let mut wish = self.lock();
        while *wish == known {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            wish = self
                .0
                .1
                .wait_timeout(wish, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *wish
    }

    /// Waits until stopped, at most for `pause`. Nothing else ends it: a session that begins must not
    /// shorten the pauses of a device that is not there into a busy loop.
    pub(crate) fn rest(&self, pause: Duration) {
        let going = |wish: &mut Wish| !wish.stop;
        // The guard that comes back is of no use here, nor is whether time is up.
        drop(self.0.1.wait_timeout_while(self.lock(), pause, going));
    }

    fn change(&self, f: impl FnOnce(&mut Wish)) {
        f(&mut self.lock());
        self.0.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Wish> {
        // A wish is two plain flags: no half-written state is possible behind a poisoned lock.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_limit_and_start_again_after_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(3));
        let pauses: Vec<u64> = (0..4).map(|_| backoff.pause().as_secs()).collect();
        assert_eq!(pauses, [1, 2, 3, 3]);
        backoff.reset();
        assert_eq!(backoff.pause(), Duration::from_secs(1));
    }

    #[test]
    fn a_state_is_reported_once_however_often_it_is_seen() {
        let (send, seen) = std::sync::mpsc::channel();
        let mut states = StateReporter::new(move |s| send.send(s).unwrap());
        for state in [DeviceState::Absent, DeviceState::Absent, DeviceState::Ready] {
            states.set(state);
        }
        assert_eq!(
            seen.try_iter().collect::<Vec<_>>(),
            [DeviceState::Absent, DeviceState::Ready]
        );
    }

    #[test]
    fn a_stop_ends_a_wait_at_once() {
        let switch = Switch::default();
        let known = switch.get();
        let other = switch.clone();
        let waiter =
            std::thread::spawn(move || other.wait_for_change(known, Duration::from_secs(60)));
        switch.stop();
        assert!(waiter.join().unwrap().stop);
    }
}
