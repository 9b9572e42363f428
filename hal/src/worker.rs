//! The frame of every device's worker: a named thread that brings its device up, uses it for as long
//! as that goes well, tells each change of its state once, tries again after growing pauses, outlives
//! a driver that panics, and ends with its owner. What is done with the device is the [`Driver`]'s.

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::device::{Backoff, DeviceState, StateReporter};

/// How long an owner waits for a thread that was told to end. The longest that a driver of ours waits
/// for a device is 4 s (a printer that takes nothing any more); what takes longer hangs in the kernel
/// or in another program, and must not hang the kiosk as well.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is done with a device, on its worker's thread.
pub(crate) trait Driver: Send + 'static {
    /// Why the device cannot be used.
    type Trouble: Error + 'static;

    /// Name of the thread, at most 15 bytes (Linux, pthread_setname_np(3)).
    const NAME: &'static str;

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
    states: StateReporter,
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
            states: StateReporter::new(on_state),
            backoff,
        }
    }

    /// The device is being brought up, for the first time.
    pub(crate) fn starting(&mut self) {
        self.states.starting();
    }

    /// It works: after the next loss it is tried again soon.
    pub(crate) fn ready(&mut self) {
        self.states.set(DeviceState::Ready);
        self.backoff.reset();
    }

    /// It is there, but cannot be used at present.
    pub(crate) fn set(&mut self, state: DeviceState) {
        self.states.set(state);
    }

    fn lost(&mut self, name: &str, trouble: &(dyn Error + 'static), state: DeviceState) {
        if self.states.is_news(&state) {
            tracing::warn!(device = name, error = trouble, "device failed");
        }
        self.states.set(state);
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
        mut driver: D,
        mut health: Health,
        stop: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let (alive, ended) = channel();
        let (hand_over, handed) = channel::<(D, Health)>();
        let work = move || {
            let _alive = alive;
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

/// Turn after turn, until stopped.
fn work<D: Driver>(driver: &mut D, health: &mut Health) {
    while !driver.is_stopped() {
        match catch_unwind(AssertUnwindSafe(|| driver.turn(health))) {
            Ok(Ok(())) => continue,
            Ok(Err(trouble)) => health.lost(D::NAME, &trouble, D::state_after(&trouble)),
            // A bug, but one that must not take the device away for good.
            Err(_) => health.set(DeviceState::Faulted(String::from("the driver panicked"))),
        }
        driver.failed();
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::mpsc::Sender;

    use super::*;
    use crate::device::Switch;

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
        let (tell, states) = channel();
        let (rests, rested) = channel();
        let switch = Switch::default();
        let driver = Scripted {
            turns: turns.into_iter().collect(),
            switch: switch.clone(),
            rests,
        };
        let health = Health::new(move |state| drop(tell.send(state)));
        let worker = Worker::spawn(driver, health, move || switch.stop());
        (worker, states, rested)
    }

    #[test]
    fn every_change_is_told_once_and_pauses_grow_until_the_device_works() {
        let (worker, states, rests) = spawn([Turn::Fails, Turn::Fails, Turn::Panics]);
        let told: Vec<_> = (0..4).map(|_| states.recv().unwrap()).collect();
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
        assert_eq!(states.iter().count(), 0, "the thread has ended");
        let rests: Vec<_> = rests.iter().map(|pause| pause.as_millis()).collect();
        assert_eq!(rests, [100, 200, 400]);
    }

    #[test]
    fn a_driver_that_hangs_does_not_hang_its_owner() {
        let (let_go, until) = channel();
        let (mut worker, states, _) = spawn([Turn::Hangs(until)]);
        assert_eq!(states.recv(), Ok(DeviceState::Starting));
        worker.patience = Duration::ZERO;
        drop(worker);
        // It still hangs; once let go, it finds that it was stopped, and ends.
        drop(let_go);
        assert!(states.recv().is_err());
    }
}
