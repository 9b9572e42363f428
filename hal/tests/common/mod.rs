//! A reader with a driver on it, and patience: tests say what must happen, the fixture waits for
//! it and fails with what happened instead.
#![allow(dead_code)] // each test file uses its part of the fixture

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use hal::DeviceState;
use hal::card::serial::{CardReaderConfig, CardWorker, Timings};
use hal::card::{CardEvent, CardFault, CardRecord, LineSpeed};
use hal::sim::card::{CardSimulator, Fault, SimCard, SimulatorOptions};

/// Longer than anything takes on the slowest machine; only failures wait for it.
pub const LONG: Duration = Duration::from_secs(30);

/// What came from the worker, in order.
#[derive(Debug)]
pub enum Heard {
    State(DeviceState),
    Event(CardEvent),
}

/// The real driver, and an ear on it.
pub struct Reader {
    pub worker: CardWorker,
    heard: Receiver<Heard>,
}

impl Reader {
    /// Time-outs shorter than in service, so that failures of a reader are quick to test, but long
    /// enough for a machine that is busy with something else.
    pub fn on(port: &Path) -> Self {
        Self::with(quick(port))
    }

    /// At 9,600 baud.
    pub fn slow(port: &Path) -> Self {
        Self::with(CardReaderConfig {
            speed: LineSpeed::Fixed(9_600),
            ..quick(port)
        })
    }

    pub fn with(config: CardReaderConfig) -> Self {
        let (state, heard) = mpsc::channel();
        let event = state.clone();
        let worker = CardWorker::spawn(
            config,
            move |s| drop(state.send(Heard::State(s))),
            move |e| drop(event.send(Heard::Event(e))),
        );
        Self { worker, heard }
    }

    /// Waits for the first thing that `wanted` makes something of.
    pub fn wait<T>(&self, what: &str, mut wanted: impl FnMut(Heard) -> Option<T>) -> T {
        let deadline = Instant::now() + LONG;
        let mut others = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(heard) = self.heard.recv_timeout(left) else {
                panic!("no {what}; heard instead: {others:?}");
            };
            others.push(format!("{heard:?}"));
            if let Some(found) = wanted(heard) {
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
        self.heard.try_iter().collect()
    }
}

/// A configuration with the fixture's time-outs.
pub fn quick(port: &Path) -> CardReaderConfig {
    CardReaderConfig {
        timings: Timings {
            answer: Duration::from_millis(1000),
            card_answer: Duration::from_millis(1000),
            read_answer: Duration::from_millis(1000),
            fingerprints_answer: Duration::from_millis(1000),
            address_answer: Duration::from_millis(1000),
            gap: Duration::from_millis(400),
            total: Duration::from_millis(4000),
            poll_every: Duration::from_millis(10),
            retry_after: Duration::from_millis(50),
            heartbeat: Duration::from_millis(50),
            ..Timings::default()
        },
        ..CardReaderConfig::on(port)
    }
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
