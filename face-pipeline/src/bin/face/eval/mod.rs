//! Measurements that set and check the thresholds of `models/manifest.toml`.

mod captures;
mod match_report;
mod matching;
mod pairs;
mod presentation;
mod quality;
mod samples;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

pub use captures::captures;
pub use matching::{Selection, matching};
pub use presentation::presentation_attacks;
pub use quality::quality;

/// What a measurement ends with: the exit code, or what kept it from being made.
type Outcome = Result<std::process::ExitCode, Failure>;
type Failure = Box<dyn std::error::Error>;

/// Where a plot goes, if one is wanted; opened before hours of work that it is to show.
struct Plot(Option<(PathBuf, File)>);

impl Plot {
    /// What the file held stays until there is something new.
    fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self(None));
        };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|e| unwritable(path, &e))?;
        Ok(Self(Some((path.into(), file))))
    }

    fn write(self, draw: impl FnOnce() -> String) -> Result<(), Failure> {
        let Some((path, mut file)) = self.0 else {
            return Ok(());
        };
        file.set_len(0)
            .and_then(|()| file.write_all(draw().as_bytes()))
            .map_err(|e| unwritable(&path, &e).into())
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> String {
    format!("cannot write the plot {}: {error}", path.display())
}
