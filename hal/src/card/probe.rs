//! One visit to the card reader for the technician's self-test: opens the line, asks the module
//! how it is and for its number, and closes the line again. No card is looked for.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::ga467::{Command, SamNumber, Sw3};
use super::link::{Limits, Link, Trouble};
use super::serial::CardReaderConfig;
use super::speed::{self, LineSpeed};

/// Silence within an answer after which it counts as broken off: a technician waits for this.
const GAP: Duration = Duration::from_millis(300);

/// What a reader says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderProbe {
    /// How the module is; [`Sw3::Ok`] for well.
    pub status: Sw3,
    /// The number of its security module; modules without one are none the worse.
    pub sam_number: Option<SamNumber>,
    /// How long the answer took.
    pub answered_in: Duration,
    /// Line speed, in bits per second.
    pub baud: u32,
}

/// Why a reader says nothing about itself.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// There is no such port.
    #[error("there is no serial port {port}")]
    NotFound {
        /// The port.
        port: PathBuf,
    },
    /// The port is there but cannot be used.
    #[error("failed to use the serial port {port}")]
    Port {
        /// The port.
        port: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// Nothing answers on the line.
    #[error("nothing answered on the serial port {port} within {waited:?}")]
    Silent {
        /// The port.
        port: PathBuf,
        /// How long was waited.
        waited: Duration,
    },
    /// Something answers, but not in the reader's protocol.
    #[error("what answers on the serial port {port} is no GA 467 reader at the speed {speed:?}")]
    Garbled {
        /// The port.
        port: PathBuf,
        /// Configured line speed.
        speed: LineSpeed,
    },
}

/// Asks the reader how it is.
///
/// # Errors
/// [`ProbeError`] when it cannot be asked.
pub fn probe(config: &CardReaderConfig) -> Result<ReaderProbe, ProbeError> {
    if !config.port.exists() {
        return Err(ProbeError::NotFound {
            port: config.port.clone(),
        });
    }
    let refused = |trouble| refused(config, trouble);
    let mut baud = config.speed.first(None);
    let mut link = Link::open(&config.port, baud).map_err(refused)?;
    if matches!(config.speed, LineSpeed::Detect { .. }) {
        let answer = config.timings.detect;
        let found = speed::detect(&mut link, None, answer, &mut || true).map_err(refused)?;
        baud = found.bits_per_second();
    }
    let begun = Instant::now();
    let limits = limits(config);
    let mut ask = |command| link.exchange(command, limits, &mut |_| true);
    let answer = match ask(Command::Status) {
        Err(Trouble::Garbled | Trouble::Oversized(_)) => ask(Command::Status),
        other => other,
    };
    let status = answer.map_err(refused)?.sw3();
    let answered_in = begun.elapsed();
    let number = ask(Command::SamNumber).ok();
    Ok(ReaderProbe {
        status,
        sam_number: number.and_then(|answer| SamNumber::parse(answer.data())),
        answered_in,
        baud,
    })
}

/// Patience with each answer. The module answers these commands within milliseconds.
fn limits(config: &CardReaderConfig) -> Limits {
    let answer = config.timings.answer;
    Limits {
        answer,
        gap: GAP,
        total: answer * 3 / 2,
    }
}

fn refused(config: &CardReaderConfig, trouble: Trouble) -> ProbeError {
    let port = config.port.clone();
    match trouble {
        Trouble::Open { source, .. } => ProbeError::Port {
            port,
            source: source.into(),
        },
        Trouble::Lost(source) => ProbeError::Port { port, source },
        Trouble::Silent(waited) => ProbeError::Silent { port, waited },
        Trouble::Garbled
        | Trouble::Oversized(_)
        | Trouble::Sick(_)
        | Trouble::OtherModule { .. }
        | Trouble::Cancelled => ProbeError::Garbled {
            port,
            speed: config.speed,
        },
    }
}
