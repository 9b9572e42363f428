//! One visit to the printer for the technician's self-test: opens the port, asks how it is, and
//! prints a slip if it is well.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::line::{Line, LineError};
use super::{PaperLevel, PrinterConfig, Slip, Trouble, encode};

/// How a printer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrinterProbe {
    /// What hinders it; then nothing was printed, or not to its end.
    pub trouble: Option<Trouble>,
    /// Its paper.
    pub paper: PaperLevel,
}

/// Why a printer says nothing about itself.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// There is no such port.
    #[error("there is no printer port {port}")]
    NotFound {
        /// The port.
        port: PathBuf,
    },
    /// The port is there but cannot be used.
    #[error("failed to use the printer port {port}")]
    Port {
        /// The port.
        port: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// Nothing answers.
    #[error("the printer on {port} did not say how it is within {waited:?}")]
    Silent {
        /// The port.
        port: PathBuf,
        /// How long was waited.
        waited: Duration,
    },
}

/// Asks a printer how it is and prints `slip` if nothing hinders it.
///
/// # Errors
/// [`ProbeError`] when it cannot be asked.
pub fn probe(config: &PrinterConfig, slip: &Slip) -> Result<PrinterProbe, ProbeError> {
    let port = config.port.clone();
    visit(config, slip).map_err(|error| match error {
        LineError::Open { source, .. } if !config.port.exists() => {
            tracing::debug!(%source, "no printer port");
            ProbeError::NotFound { port }
        }
        LineError::Open { source, .. } | LineError::Lost(source) => {
            ProbeError::Port { port, source }
        }
        LineError::Silent(waited) => ProbeError::Silent { port, waited },
        // Not said to a visitor, who always goes on.
        LineError::Stopped => ProbeError::Silent {
            port,
            waited: Duration::ZERO,
        },
    })
}

fn visit(config: &PrinterConfig, slip: &Slip) -> Result<PrinterProbe, LineError> {
    let mut line = Line::open(config)?;
    // What another program left in it must not come out with the test's slip.
    line.introduce()?;
    let mut trouble = line.status().trouble();
    if trouble.is_none() {
        trouble = line.print(&encode(slip, &config.style), &|| true)?;
    }
    Ok(PrinterProbe {
        trouble,
        paper: line.status().paper,
    })
}
