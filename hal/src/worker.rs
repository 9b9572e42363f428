//! The frame of every device's worker: a named thread that brings its device up, uses it for as long
//! as that goes well, tells each change of its state once, tries again after growing pauses, outlives
//! a driver that panics, tells of one that hangs, and ends with its owner. What is done with the device
//! is the [`Driver`]'s.

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::clock::monotonic_now;
use crate::device::{Backoff, DeviceState, StateReporter};

/// How long an owner waits for a thread that was told to end. The longest that a driver of ours waits
/// for a device is 4 s (a printer that takes nothing any more); what takes longer hangs in the kernel
/// or in another program, and must not hang the kiosk as well.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether a driver still gives signs of life.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is done with a device, on its worker's thread.
pub(crate) trait Driver: Send + 'static {
    /// Why the device cannot be used.
    type Trouble: Error + 'static;

    /// Name of the thread, at most 15 bytes (Linux, pthread_setname_np(3)).
    const NAME: &'static str;

    /// Without a sign of life for so long ([`Health::alive`]) the driver hangs: no wait in a driver of ours
    /// takes more than 5 s, nor does a pause between two attempts. Longer where a piece of work does.
    const LONGEST: Duration = Duration::from_secs(15);

    /// Whether the owner wants the thread to end.
    fn is_stopped(&self) -> bool;

    /// Brings the device up once and uses it for as long as that goes well. Whoever comes back without
    /// trouble is called again at once, unless stopped.
    fn turn(&mut self, health: &mut Health) -> Result<(), Self::Trouble>;

    /// What a trouble means to whoever watches the device.
    fn state_after(trouble: &Self::Trouble) -> DeviceState;

    /// The device failed, or the driver panicked: what belonged to that turn is dropped.
    fn failed(&mut self) {}

    /// Waits before the next attempt; a stop ends that at once.
    fn rest(&mut self, pause: Duration);
}

/// What a worker's owner hears of its device, and how soon it is tried again.
pub(crate) struct Health {
    told: Arc<Told>,
    backoff: Backoff,
}

impl Health {
    pub(crate) fn new(on_state: impl FnMut(DeviceState) + Send + 'static) -> Self {
        Self::with_backoff(on_state, Backoff::default())
    }

    pub(crate) fn with_backoff(
        on_state: impl FnMut(DeviceState) + Send + 'static,
        backoff: Backoff,
    ) -> Self {
        Self {
            told: Arc::new(Told {
                pulse: Pulse::default(),
                states: Mutex::new(StateReporter::new(on_state)),
            }),
            backoff,
        }
    }

    /// The device is being brought up, for the first time.
    pub(crate) fn starting(&mut self) {
        self.told.lock().starting();
    }

    /// It works: after the next loss it is tried again soon.
    pub(crate) fn ready(&mut self) {
        self.told.lock().set(DeviceState::Ready);
        self.backoff.reset();
    }

    /// It is there, but cannot be used at present.
    pub(crate) fn set(&mut self, state: DeviceState) {
        self.told.lock().set(state);
    }

    /// The driver does not hang. To be said at least once in [`Driver::LONGEST`].
    pub(crate) fn alive(&self) {
        self.told.pulse.beat();
    }

    /// The same, for work that is done without the health at hand.
    pub(crate) fn pulse(&self) -> Pulse {
        self.told.pulse.clone()
    }

    fn lost(&mut self, name: &str, trouble: &(dyn Error + 'static), state: DeviceState) {
        let mut states = self.told.lock();
        if states.is_news(&state) {
            tracing::warn!(device = name, error = trouble, "device failed");
        }
        states.set(state);
    }
}

/// When a driver gave its last sign of life.
#[derive(Clone)]
pub(crate) struct Pulse(Arc<AtomicU64>);

impl Default for Pulse {
    fn default() -> Self {
        let pulse = Self(Arc::default());
        pulse.beat();
        pulse
    }
}

impl Pulse {
    /// Now.
    pub(crate) fn beat(&self) {
        self.0.store(milliseconds(), Ordering::Relaxed);
    }

    fn age(&self) -> Duration {
        Duration::from_millis(milliseconds().saturating_sub(self.0.load(Ordering::Relaxed)))
    }
}

fn milliseconds() -> u64 {
    u64::try_from(monotonic_now().as_millis()).unwrap_or(u64::MAX)
}

/// What the driver's thread and whoever watches it tell the owner.
struct Told {
    pulse: Pulse,
    states: Mutex<StateReporter>,
}

impl Told {
    fn lock(&self) -> MutexGuard<'_, StateReporter> {
        // What was told last is whole or not changed: no half-written state behind a poisoned lock.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the driver until its thread has ended.
    fn watch(&self, name: &str, longest: Duration, ended: &Receiver<()>) {
        let mut before = None;
        while ended.recv_timeout(LOOK_EVERY.min(longest)) == Err(RecvTimeoutError::Timeout) {
            let mut states = match self.states.try_lock() {
                Ok(states) => states,
                Err(TryLockError::Poisoned(states)) => states.into_inner(),
                // Who reports right now does not hang in the device.
                Err(TryLockError::WouldBlock) => continue,
            };
            let hangs = DeviceState::Faulted(String::from("the driver hangs"));
            match (self.pulse.age() >= longest, before.take()) {
                (true, None) => {
                    tracing::error!(device = name, "the driver hangs");
                    before = Some(states.last());
                    states.set(hangs);
                }
                (true, known) => before = known,
                // It goes on; if it has told nothing new, what it told last holds again.
                (false, Some(Some(state))) if !states.is_news(&hangs) => states.set(state),
                (false, _) => {}
            }
        }
    }
}

/// A running worker. Dropping it ends the thread.
pub(crate) struct Worker {
    stop: Box<dyn Fn() + Send + Sync>,
    patience: Duration,
    /// Never sent anything: its other end falls with the thread.
    ended: Mutex<Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread; `stop` tells the driver to end, and wakes it.
    pub(crate) fn spawn<D: Driver>(
        driver: D,
        health: Health,
        stop: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self::spawn_watched(driver, health, stop, D::LONGEST)
    }

    fn spawn_watched<D: Driver>(
        mut driver: D,
        mut health: Health,
        stop: impl Fn() + Send + Sync + 'static,
        longest: Duration,
    ) -> Self {
        let (alive, ended) = channel();
        let over = watch::<D>(&health, longest);
        let (hand_over, handed) = channel::<(D, Health)>();
        let work = move || {
            let (_alive, _over) = (alive, over);
            if let Ok((mut driver, mut health)) = handed.recv() {
                work(&mut driver, &mut health);
            }
        };
        let thread = match Builder::new().name(D::NAME.to_owned()).spawn(work) {
            Ok(thread) => {
                // The thread waits for nothing else.
                let _ = hand_over.send((driver, health));
                Some(thread)
            }
            Err(error) => {
                driver.failed();
                health.set(DeviceState::Faulted(format!("no thread for it: {error}")));
                None
            }
        };
        Self {
            stop: Box::new(stop),
            patience: PATIENCE,
            ended: Mutex::new(ended),
            thread,
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        (self.stop)();
        let Some(thread) = self.thread.take() else {
            return;
        };
        let name = thread.thread().name().unwrap_or_default().to_owned();
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(self.patience) == Err(RecvTimeoutError::Timeout) {
            tracing::error!(device = name, "the worker hangs and is left behind");
        } else if thread.join().is_err() {
            tracing::error!(device = name, "the worker had panicked");
        }
    }
}

/// Has the driver watched until what this returns is dropped. Without a thread for it the device works
/// all the same.
fn watch<D: Driver>(health: &Health, longest: Duration) -> Sender<()> {
    let (over, ended) = channel();
    let told = Arc::clone(&health.told);
    let watched = Builder::new()
        .name(String::from("driver-watch"))
        .spawn(move || told.watch(D::NAME, longest, &ended));
    if let Err(error) = watched {
        tracing::warn!(device = D::NAME, %error, "nobody sees if the driver hangs");
    }
    over
}

/// Turn after turn, until stopped.
fn work<D: Driver>(driver: &mut D, health: &mut Health) {
    while !driver.is_stopped() {
        health.alive();
        match catch_unwind(AssertUnwindSafe(|| driver.turn(health))) {
            Ok(Ok(())) => continue,
            Ok(Err(trouble)) => health.lost(D::NAME, &trouble, D::state_after(&trouble)),
            // A bug, but one that must not take the device away for good.
            Err(_) => health.set(DeviceState::Faulted(String::from("the driver panicked"))),
        }
        driver.failed();
        health.alive();
        driver.rest(health.backoff.pause());
    }
}

/// The state of a device with this trouble, with its cause.
pub(crate) fn faulted(trouble: &dyn Error) -> DeviceState {
    DeviceState::Faulted(match trouble.source() {
        Some(cause) => format!("{trouble}: {cause}"),
        None => trouble.to_string(),
    })
}

/// The same, with what a technician should do.
pub(crate) fn faulted_with(trouble: &dyn Error, advice: impl std::fmt::Display) -> DeviceState {
    match faulted(trouble) {
        DeviceState::Faulted(reason) => DeviceState::Faulted(format!("{reason}. {advice}")),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Switch;
    use crate::patience::{LONG, until};
    use std::collections::VecDeque;

    #[derive(Debug, thiserror::Error)]
    #[error("the plug was pulled")]
    struct Pulled;

    /// What a driver does in its next turns; then it waits for a stop.
    enum Turn {
        Fails,
        Panics,
        /// Hangs until somebody else lets it go.
        Hangs(Receiver<()>),
    }

    struct Scripted {
        turns: VecDeque<Turn>,
        switch: Switch,
        rests: Sender<Duration>,
    }

    impl Driver for Scripted {
        type Trouble = Pulled;
        const NAME: &'static str = "scripted";

        fn is_stopped(&self) -> bool {
            self.switch.get().stop
        }

        fn turn(&mut self, health: &mut Health) -> Result<(), Pulled> {
            health.starting();
            match self.turns.pop_front() {
                Some(Turn::Fails) => return Err(Pulled),
                Some(Turn::Panics) => panic!("a bug"),
                Some(Turn::Hangs(until)) => drop(until.recv()),
                None => {
                    health.ready();
                    self.switch.rest(Duration::MAX);
                }
            }
            Ok(())
        }

        fn state_after(_: &Pulled) -> DeviceState {
            DeviceState::Absent
        }

        fn rest(&mut self, pause: Duration) {
            self.rests.send(pause).unwrap();
        }
    }

    fn spawn(
        turns: impl IntoIterator<Item = Turn>,
    ) -> (Worker, Receiver<DeviceState>, Receiver<Duration>) {
        // Nobody who only gets no turn of the processor is to be taken for one that hangs.
        spawn_watched(turns, Duration::from_secs(3600))
    }

    /// What comes until the other end falls.
    fn all<T>(from: &Receiver<T>) -> Vec<T> {
        let mut came = Vec::new();
        loop {
            match from.recv_timeout(LONG) {
                Ok(next) => came.push(next),
                Err(RecvTimeoutError::Disconnected) => return came,
                Err(RecvTimeoutError::Timeout) => panic!("the thread has not ended"),
            }
        }
    }

    fn spawn_watched(
        turns: impl IntoIterator<Item = Turn>,
        longest: Duration,
    ) -> (Worker, Receiver<DeviceState>, Receiver<Duration>) {
        let (tell, states) = channel();
        let (rests, rested) = channel();
        let switch = Switch::default();
        let driver = Scripted {
            turns: turns.into_iter().collect(),
            switch: switch.clone(),
            rests,
        };
        let health = Health::new(move |state| drop(tell.send(state)));
        let worker = Worker::spawn_watched(driver, health, move || switch.stop(), longest);
        (worker, states, rested)
    }

    fn becomes(states: &Receiver<DeviceState>, wanted: &DeviceState) {
        until("such state", || match states.recv_timeout(LONG) {
            Ok(state) if state == *wanted => Ok(()),
            other => Err(other),
        });
    }

    #[test]
    fn every_change_is_told_once_and_pauses_grow_until_the_device_works() {
        let (worker, states, rests) = spawn([Turn::Fails, Turn::Fails, Turn::Panics]);
        let told: Vec<_> = (0..4).map(|_| states.recv_timeout(LONG).unwrap()).collect();
        let panicked = DeviceState::Faulted("the driver panicked".into());
        assert_eq!(
            told,
            [
                DeviceState::Starting,
                DeviceState::Absent,
                panicked,
                DeviceState::Ready
            ]
        );
        drop(worker);
        assert_eq!(all(&states), [], "nothing more was told");
        let rests: Vec<_> = all(&rests).iter().map(Duration::as_millis).collect();
        assert_eq!(rests, [100, 200, 400]);
    }

    #[test]
    fn a_driver_that_hangs_does_not_hang_its_owner() {
        let (let_go, until) = channel();
        let (mut worker, states, _) = spawn([Turn::Hangs(until)]);
        assert_eq!(states.recv_timeout(LONG), Ok(DeviceState::Starting));
        worker.patience = Duration::ZERO;
        drop(worker);
        // It still hangs; once let go, it finds that it was stopped, and ends.
        drop(let_go);
        assert_eq!(all(&states), []);
    }

    #[test]
    fn a_driver_that_hangs_is_a_fault_until_it_goes_on() {
        let (let_go, until) = channel();
        let (_worker, states, _) = spawn_watched([Turn::Hangs(until)], Duration::from_millis(50));
        let hangs = DeviceState::Faulted("the driver hangs".into());
        becomes(&states, &hangs);
        drop(let_go);
        becomes(&states, &DeviceState::Ready);
    }
}
