//! Measurements that set and check the thresholds of `models/manifest.toml`.

mod captures;
mod matching;
mod presentation;
mod quality;
mod samples;

pub use captures::captures;
pub use matching::{Selection, matching};
pub use presentation::presentation_attacks;
pub use quality::quality;

/// What a measurement ends with: the exit code, or what kept it from being made.
type Outcome = Result<std::process::ExitCode, Failure>;
type Failure = Box<dyn std::error::Error>;

/// Writes a plot, if one is wanted.
fn save(plot: Option<&std::path::Path>, draw: impl FnOnce() -> String) -> Result<(), Failure> {
    if let Some(path) = plot {
        std::fs::write(path, draw())
            .map_err(|e| format!("cannot write the plot {}: {e}", path.display()))?;
    }
    Ok(())
}
