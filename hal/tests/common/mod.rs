//! A reader with a driver on it, and patience: tests say what must happen, the fixture waits for
//! it and fails with what happened instead.
#![allow(dead_code)] // each test file uses its part of the fixture

pub mod patience;

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use hal::DeviceState;
use hal::card::serial::{CardReaderConfig, CardWorker, Timings};
use hal::card::{CardEvent, CardFault, CardRecord, ReaderProbe, probe};
use hal::sim::card::{CardSimulator, Fault, SimCard, SimulatorOptions};

pub use patience::{LONG, until};

/// What came from the worker, in order.
#[derive(Debug)]
pub enum Heard {
    State(DeviceState),
    Event(CardEvent),
}

/// The real driver, and an ear on it.
pub struct Reader {
    pub worker: CardWorker,
    heard: Receiver<(Instant, Heard)>,
}

impl Reader {
    /// With the fixture's time-outs, see [`quick`].
    pub fn on(port: &Path) -> Self {
        Self::with(quick(port))
    }

    pub fn with(config: CardReaderConfig) -> Self {
        let (state, heard) = mpsc::channel();
        let event = state.clone();
        let worker = CardWorker::spawn(
            config,
            move |s| drop(state.send((Instant::now(), Heard::State(s)))),
            move |e| drop(event.send((Instant::now(), Heard::Event(e)))),
        );
        Self { worker, heard }
    }

    /// Waits for the first thing that `wanted` makes something of.
    pub fn wait<T>(&self, what: &str, mut wanted: impl FnMut(Heard) -> Option<T>) -> T {
        self.wait_timed(what, |_, heard| wanted(heard))
    }

    /// The same, with the moment at which the driver told it: this thread may hear it much later.
    pub fn wait_timed<T>(
        &self,
        what: &str,
        mut wanted: impl FnMut(Instant, Heard) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + LONG;
        let mut others = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok((told, heard)) = self.heard.recv_timeout(left) else {
                panic!("no {what}; heard instead: {others:?}");
            };
            others.push(format!("{heard:?}"));
            if let Some(found) = wanted(told, heard) {
                return found;
            }
        }
    }

    pub fn wait_for_state(&self, state: &DeviceState) {
        self.wait("such state", |h| {
            matches!(h, Heard::State(s) if s == *state).then_some(())
        });
    }

    pub fn wait_for_fault_state(&self) -> String {
        self.wait("fault state", |h| match h {
            Heard::State(DeviceState::Faulted(reason)) => Some(reason),
            _ => None,
        })
    }

    pub fn wait_for_card(&self) -> CardRecord {
        self.wait("card", |h| match h {
            Heard::Event(CardEvent::Read(record)) => Some(*record),
            _ => None,
        })
    }

    pub fn wait_for_fault(&self) -> CardFault {
        self.wait("fault", |h| match h {
            Heard::Event(CardEvent::Failed(fault)) => Some(fault),
            Heard::Event(CardEvent::Read(_)) => panic!("the card was read"),
            _ => None,
        })
    }

    pub fn wait_for_removal(&self) {
        self.wait("removal", |h| {
            matches!(h, Heard::Event(CardEvent::Removed)).then_some(())
        });
    }

    /// Everything heard so far and not waited for.
    pub fn rest(&self) -> Vec<Heard> {
        self.heard.try_iter().map(|(_, heard)| heard).collect()
    }
}

/// A configuration with the fixture's time-outs. An answer that comes at all is waited for however
/// busy the machine is; what must be waited out is short where a test's subject is silence
/// ([`impatient`]), and otherwise no longer than a starved simulator may pause.
pub fn quick(port: &Path) -> CardReaderConfig {
    CardReaderConfig {
        timings: Timings {
            // At each wrong speed this is waited out.
            detect: Duration::from_secs(1),
            answer: Duration::from_secs(30),
            reset_answer: Duration::from_secs(30),
            card_answer: Duration::from_secs(30),
            read_answer: Duration::from_secs(10),
            fingerprints_answer: Duration::from_secs(10),
            address_answer: Duration::from_secs(10),
            gap: Duration::from_secs(2),
            total: Duration::from_secs(60),
            poll_every: Duration::from_millis(10),
            retry_after: Duration::from_millis(50),
            heartbeat: Duration::from_millis(50),
        },
        ..CardReaderConfig::on(port)
    }
}

/// The same for a module whose silence is the subject: its status is not waited for longer than this.
pub fn impatient(port: &Path, answer: Duration) -> CardReaderConfig {
    let mut config = quick(port);
    config.timings.answer = answer;
    config
}

/// What a reader says of itself once it says what is wanted: an answer that a starved simulator gives
/// too late for the self-test is asked for again.
pub fn probed(config: &CardReaderConfig, wanted: impl Fn(&ReaderProbe) -> bool) -> ReaderProbe {
    until("such answer to a self-test", || match probe(config) {
        Ok(seen) if wanted(&seen) => Ok(seen),
        other => Err(other),
    })
}

/// The example card, with a photo that fills its field like a real one.
pub fn card() -> SimCard {
    let mut photo = b"WLf".to_vec();
    photo.extend((0..1021).map(|i| (i % 251) as u8));
    SimCard {
        photo,
        ..SimCard::example()
    }
}

/// A reader with a card on it, as fast as the machine.
pub fn simulator(fault: Option<Fault>) -> CardSimulator {
    CardSimulator::start(SimulatorOptions {
        placed: true,
        fault,
        baud: None,
        ..SimulatorOptions::with_card(card())
    })
    .unwrap()
}
