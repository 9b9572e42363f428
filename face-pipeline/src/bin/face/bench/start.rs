//! How long the program needs from its start to warm networks, with its files in the page cache and
//! without.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use rustix::fs::{Advice, fadvise};

use super::Failure;
use crate::options::{Installation, Options};

/// Milliseconds from the start of a process to its end, when all it does is load.
pub struct StartUp {
    /// Networks and library were dropped from the page cache before, as far as nobody maps them.
    pub cold_ms: f64,
    pub warm_ms: f64,
}

pub fn measure(options: &Options) -> Result<StartUp, Failure> {
    let installation = options.installation();
    for path in files(&installation)? {
        fadvise(File::open(path)?, 0, None, Advice::DontNeed)?;
    }
    Ok(StartUp {
        cold_ms: start(options, &installation)?,
        warm_ms: start(options, &installation)?,
    })
}

fn files(installation: &Installation) -> Result<Vec<PathBuf>, Failure> {
    let networks = std::fs::read_dir(&installation.models)
        .map_err(|e| format!("cannot list {}: {e}", installation.models.display()))?;
    let networks = networks.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = networks.iter().map(std::fs::DirEntry::path).collect();
    files.push(installation.runtime.clone());
    Ok(files)
}

fn start(options: &Options, installation: &Installation) -> Result<f64, Failure> {
    let begun = Instant::now();
    let status = Command::new(std::env::current_exe()?)
        .arg("--manifest")
        .arg(&installation.manifest)
        .arg("--models")
        .arg(&installation.models)
        .arg("--runtime")
        .arg(&installation.runtime)
        .args(["--threads", &options.threads.to_string(), "start"])
        .status()?;
    if !status.success() {
        return Err("the program could not be started to time it".into());
    }
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}
