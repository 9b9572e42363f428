//! A document scanner on a serial line (also USB as a serial line, CDC-ACM) that reads the
//! machine-readable zone of a passport or card: a supervised thread, which reports the key to the
//! chip. The scanner sends by itself; nothing is sent to it.

mod decoder;

use std::io::{self, Read};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serialport::TTYPort;
use zeroize::Zeroizing;

pub use decoder::{Decoder, Scan};

use super::link::{is_missing, is_pause, open_port};
use crate::device::{DeviceState, Switch};
use crate::worker::{Driver, Health, Worker, faulted};

/// Longest wait in the driver; bounds how long a stop takes.
const SLICE: Duration = Duration::from_millis(100);

/// Where the scanner is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MrzScannerConfig {
    /// The serial port; a path under `/dev/serial/by-id` survives a replug.
    pub port: PathBuf,
    /// Speed of the line; on USB it means nothing.
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
    #[error("the line to the document scanner was lost")]
    Lost(#[source] io::Error),
}

/// A supervised document scanner. Dropping it closes the port and ends the thread.
pub struct MrzScannerWorker {
    _worker: Worker,
}

impl MrzScannerWorker {
    /// Starts the thread. `on_state` hears every change of the scanner's state, `on_scan` what it
    /// read, both on the worker's thread.
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
            other => faulted(other),
        }
    }

    fn rest(&mut self, pause: Duration) {
        self.switch.rest(pause);
    }
}

fn open(config: &MrzScannerConfig) -> Result<TTYPort, Trouble> {
    open_port(&config.port, config.baud, SLICE).map_err(|source| Trouble::Open {
        port: config.port.display().to_string(),
        source,
    })
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
        Err(trouble) => Err(ScannerProbeError::Port(trouble.into())),
    }
}
