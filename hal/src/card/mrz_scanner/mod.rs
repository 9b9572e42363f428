//! A document scanner on a serial line (also USB as a serial line, CDC-ACM) that reads the
//! machine-readable zone of a passport or card: a supervised thread, which reports the key to the
//! chip. The scanner sends by itself; nothing is sent to it.

mod decoder;

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serialport::TTYPort;
use zeroize::Zeroizing;

pub use decoder::{Decoder, Scan};

use super::link::{is_pause, is_pseudo_terminal};
use crate::device::{Backoff, DeviceState, StateReporter, Switch};

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
    switch: Switch,
    thread: Option<JoinHandle<()>>,
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
        let mut run = Run {
            config,
            states: StateReporter::new(on_state),
            on_scan: Box::new(on_scan),
            switch: switch.clone(),
            backoff: Backoff::default(),
            begun: Instant::now(),
        };
        Self {
            switch,
            thread: Some(thread::spawn(move || run.until_stopped())),
        }
    }
}

impl Drop for MrzScannerWorker {
    fn drop(&mut self) {
        self.switch.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the document scanner worker had panicked");
        }
    }
}

struct Run {
    config: MrzScannerConfig,
    states: StateReporter,
    on_scan: Box<dyn FnMut(Scan) + Send>,
    switch: Switch,
    backoff: Backoff,
    begun: Instant,
}

impl Run {
    fn until_stopped(&mut self) {
        while !self.switch.get().stop {
            let turn = catch_unwind(AssertUnwindSafe(|| self.turn()));
            let state = match turn {
                Ok(Ok(())) => continue,
                Ok(Err(trouble)) => {
                    let state = state_after(&trouble);
                    if self.states.is_news(&state) {
                        let error = &trouble as &dyn std::error::Error;
                        tracing::warn!(error, "document scanner failed");
                    }
                    state
                }
                Err(_) => DeviceState::Faulted(String::from("the driver panicked")),
            };
            self.states.set(state);
            let pause = self.backoff.pause();
            self.switch.wait_for_change(self.switch.get(), pause);
        }
    }

    /// Opens the port once and listens for as long as that goes well.
    fn turn(&mut self) -> Result<(), Trouble> {
        self.states.starting();
        let mut port = self.open()?;
        self.states.set(DeviceState::Ready);
        self.backoff.reset();
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

    fn open(&self) -> Result<TTYPort, Trouble> {
        let path = &self.config.port;
        serialport::new(path.to_string_lossy(), self.config.baud)
            .timeout(SLICE)
            .exclusive(!is_pseudo_terminal(path))
            .open_native()
            .map_err(|source| Trouble::Open {
                port: path.display().to_string(),
                source,
            })
    }
}

fn state_after(trouble: &Trouble) -> DeviceState {
    use serialport::ErrorKind::{Io, NoDevice};
    match trouble {
        Trouble::Lost(_) => DeviceState::Absent,
        Trouble::Open { source, .. } => match source.kind() {
            NoDevice | Io(io::ErrorKind::NotFound) => DeviceState::Absent,
            _ => DeviceState::Faulted(format!("{trouble}: {source}")),
        },
    }
}
