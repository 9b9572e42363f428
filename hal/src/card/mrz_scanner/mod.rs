//! A document scanner that reads the machine-readable zone of a passport or card, on a serial line (also
//! USB as a serial line, CDC-ACM) or as a USB keyboard: a supervised thread, which reports the key to
//! the chip. The scanner sends by itself; nothing is sent to it.

mod decoder;
mod keyboard;

use std::io::{self, Read};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use self::keyboard::Keyboard;
pub use decoder::{Decoder, Scan};
pub use keyboard::{EVENT_BYTES, Keys};

use super::link::{is_missing, is_pause, open_port};
use crate::device::{DeviceState, Switch};
use crate::worker::{Driver, Health, Worker, faulted};

/// Longest wait in the driver; bounds how long a stop takes.
const SLICE: Duration = Duration::from_millis(100);

/// Where the scanner is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MrzScannerConfig {
    /// The serial port, or the input device of a scanner that types; a path under `/dev/serial/by-id`
    /// or `/dev/input/by-id` survives a replug.
    pub port: PathBuf,
    /// Speed of a serial line; on USB it means nothing.
    pub baud: u32,
}

/// Why the scanner cannot be heard.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("failed to open the document scanner's port {port}")]
    Open {
        port: String,
        source: serialport::Error,
    },
    #[error("failed to open the document scanner's input device {port}")]
    OpenInput { port: String, source: io::Error },
    #[error("the line to the document scanner was lost")]
    Lost(#[source] io::Error),
}

/// A supervised document scanner. Dropping it closes the port and ends the thread.
pub struct MrzScannerWorker {
    _worker: Worker,
}

impl MrzScannerWorker {
    /// Starts the thread. `on_state` hears every change of the scanner's state, `on_scan` what it
    /// read, both on the worker's thread; that it hangs, on another.
    pub fn spawn(
        config: MrzScannerConfig,
        on_state: impl FnMut(DeviceState) + Send + 'static,
        on_scan: impl FnMut(Scan) + Send + 'static,
    ) -> Self {
        let switch = Switch::default();
        let run = Run {
            config,
            on_scan: Box::new(on_scan),
            switch: switch.clone(),
            begun: Instant::now(),
        };
        Self {
            _worker: Worker::spawn(run, Health::new(on_state), move || switch.stop()),
        }
    }
}

struct Run {
    config: MrzScannerConfig,
    on_scan: Box<dyn FnMut(Scan) + Send>,
    switch: Switch,
    begun: Instant,
}

impl Driver for Run {
    type Trouble = Trouble;
    const NAME: &'static str = "mrz-scanner";

    fn is_stopped(&self) -> bool {
        self.switch.get().stop
    }

    /// Opens the port once and listens for as long as that goes well.
    fn turn(&mut self, health: &mut Health) -> Result<(), Trouble> {
        health.starting();
        let mut port = open(&self.config)?;
        health.ready();
        let mut decoder = Decoder::default();
        while !self.switch.get().stop {
            health.alive();
            let mut bytes = Zeroizing::new([0; 256]);
            match port.read(&mut *bytes) {
                Ok(0) => return Err(Trouble::Lost(io::ErrorKind::UnexpectedEof.into())),
                Ok(n) => decoder.feed(&bytes[..n], self.begun.elapsed(), &mut self.on_scan),
                Err(e) if is_pause(&e) => decoder.rest(self.begun.elapsed(), &mut self.on_scan),
                Err(e) => return Err(Trouble::Lost(e)),
            }
        }
        Ok(())
    }

    fn state_after(trouble: &Trouble) -> DeviceState {
        match trouble {
            Trouble::Lost(_) => DeviceState::Absent,
            Trouble::Open { source, .. } if is_missing(source) => DeviceState::Absent,
            Trouble::OpenInput { source, .. } if is_gone(source) => DeviceState::Absent,
            other => faulted(other),
        }
    }

    fn rest(&mut self, pause: Duration) {
        self.switch.rest(pause);
    }
}

fn open(config: &MrzScannerConfig) -> Result<Box<dyn Read>, Trouble> {
    let port = || config.port.display().to_string();
    if keyboard::is_input_device(&config.port) {
        let opened = Keyboard::open(&config.port, SLICE);
        return match opened {
            Ok(keyboard) => Ok(Box::new(keyboard)),
            Err(source) => Err(Trouble::OpenInput {
                port: port(),
                source,
            }),
        };
    }
    match open_port(&config.port, config.baud, SLICE) {
        Ok(line) => Ok(Box::new(line)),
        Err(source) => Err(Trouble::Open {
            port: port(),
            source,
        }),
    }
}

/// Whether the device went away between being found and being opened.
fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ENODEV)
}

/// Why a technician's look found no scanner.
#[derive(Debug, thiserror::Error)]
pub enum ScannerProbeError {
    /// Nothing is plugged in there.
    #[error("there is no such port")]
    NotFound,
    /// It is there and cannot be used.
    #[error("the port cannot be used")]
    Port(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Opens the port once. A scanner says nothing until a page lies on it, so more cannot be known.
///
/// # Errors
/// [`ScannerProbeError`].
pub fn probe(config: &MrzScannerConfig) -> Result<(), ScannerProbeError> {
    match open(config) {
        Ok(_) => Ok(()),
        Err(Trouble::Open { source, .. }) if is_missing(&source) => {
            Err(ScannerProbeError::NotFound)
        }
        Err(Trouble::OpenInput { source, .. }) if is_gone(&source) => {
            Err(ScannerProbeError::NotFound)
        }
        Err(trouble) => Err(ScannerProbeError::Port(trouble.into())),
    }
}
