//! What can go wrong in the lab, in words for who reads the table.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a story failed.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A file.
    #[error("failed to {doing} {path}")]
    File {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// A program of the host.
    #[error("{program} failed: {said}")]
    Program {
        /// Its name.
        program: String,
        /// Its last words.
        said: String,
    },
    /// The line to the machine broke.
    #[error("lost the machine's {line}")]
    Line {
        /// Which line.
        line: &'static str,
        /// Cause.
        source: io::Error,
    },
    /// The emulator refused.
    #[error("QEMU refused {command}: {reason}")]
    Refused {
        /// The command.
        command: String,
        /// Its reason.
        reason: String,
    },
    /// Something did not come.
    #[error("{what} did not come within {} s; last seen: {last}", .waited.as_secs())]
    Missing {
        /// What was waited for.
        what: String,
        /// How long.
        waited: Duration,
        /// What came instead.
        last: String,
    },
    /// A command in the machine failed.
    #[error("in the machine, `{command}` ended with {status}: {said}")]
    Inside {
        /// The command.
        command: String,
        /// Its exit status.
        status: i32,
        /// What it printed.
        said: String,
    },
    /// The story went another way.
    #[error("{0}")]
    Otherwise(String),
}

/// For `map_err`: what was being done to which file.
pub fn failed(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> LabError {
    let path = path.into();
    move |source| LabError::File {
        doing,
        path,
        source,
    }
}

/// Fails a story with its reason unless something holds.
pub fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), LabError> {
    if holds {
        Ok(())
    } else {
        Err(LabError::Otherwise(otherwise()))
    }
}

/// An error with all of its causes.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(&format!(": {source}"));
        cause = source.source();
    }
    text
}
