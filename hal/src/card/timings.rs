//! How long to wait for what. GA 467 gives no times that we could confirm, so each is our choice,
//! with its reason; all can be set. On top of them comes what the wire takes, which is known.

use std::time::Duration;

use super::ga467::Command;
use super::link::Limits;

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    /// Start of the answer to "status" at a speed that is tried. The slowest exchange, 21 bytes at 9,600
    /// baud, takes 22 ms on the wire; the rest is for the module to think and for a converter's buffers.
    pub detect: Duration,
    /// Start of the answer to "status", "SAM number" and "set speed", which need no card: modules
    /// answer within milliseconds; the rest is for converters and a busy machine.
    pub answer: Duration,
    /// Start of the answer to "reset": the module tests itself.
    pub reset_answer: Duration,
    /// Start of the answer to "find" and "select": the module waits for a card's radio.
    pub card_answer: Duration,
    /// Start of the answer to "read": the module talks to the chip for about a second first.
    pub read_answer: Duration,
    /// Start of the answer to "read with fingerprints": almost twice as much to read from the chip.
    pub fingerprints_answer: Duration,
    /// Start of the answer to "read newest address": a small file on the chip.
    pub address_answer: Duration,
    /// Silence within an answer after which it counts as broken off.
    pub gap: Duration,
    /// Longest time for any answer, however slowly its bytes trickle.
    pub total: Duration,
    /// Between two looks for a card.
    pub poll_every: Duration,
    /// After a card could not be read, until it is read again if it stays where it is.
    pub retry_after: Duration,
    /// Between two looks at the reader while no card is wanted.
    pub heartbeat: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            detect: Duration::from_millis(250),
            answer: Duration::from_millis(1000),
            reset_answer: Duration::from_millis(2000),
            card_answer: Duration::from_millis(1000),
            read_answer: Duration::from_millis(2500),
            fingerprints_answer: Duration::from_millis(4000),
            address_answer: Duration::from_millis(1500),
            gap: Duration::from_millis(500),
            // The longest answer, 2,321 bytes, takes 2.4 s at 9,600 baud.
            total: Duration::from_millis(7000),
            poll_every: Duration::from_millis(200),
            retry_after: Duration::from_millis(2000),
            heartbeat: Duration::from_millis(2000),
        }
    }
}

impl Timings {
    /// The same with so many times the patience with answers, for a simulated reader on a machine with
    /// much else to do. What is waited out after each damaged answer, the gap, grows by its root only.
    #[must_use]
    pub fn with_patience(self, times: u32) -> Self {
        Self {
            detect: self.detect * times,
            answer: self.answer * times,
            reset_answer: self.reset_answer * times,
            card_answer: self.card_answer * times,
            read_answer: self.read_answer * times,
            fingerprints_answer: self.fingerprints_answer * times,
            address_answer: self.address_answer * times,
            gap: self.gap * times.isqrt(),
            total: self.total * times,
            ..self
        }
    }

    pub(super) fn limits(&self, command: Command) -> Limits {
        Limits {
            answer: match command {
                Command::Status | Command::SamNumber | Command::SetBaud(_) => self.answer,
                Command::Reset => self.reset_answer,
                Command::Find | Command::Select => self.card_answer,
                Command::ReadTextPhoto => self.read_answer,
                Command::ReadWithFingerprints => self.fingerprints_answer,
                Command::ReadNewestAddress => self.address_answer,
            },
            gap: self.gap,
            total: self.total,
        }
    }
}
