//! The power fails in the moment of the commit: a process of the real kiosk is killed (SIGKILL)
//! inside the transaction, then the kiosk starts again on what is on the disk.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};

use serde_json::json;

use super::cast::Reader;
use super::ending::write_outcome;
use super::folder::Folder;
use super::resident::Resident;
use super::story;
use super::{Arguments, DemoError, failed};
use crate::assemble::open_store;
use crate::record::Outcome;
use crate::run::RunError;

/// Plays the story: one resident is served, the next loses the power, the kiosk comes back.
pub fn play(arguments: &Arguments) -> Result<(), DemoError> {
    let mut reader = Reader::start(arguments)?;
    let folder = Folder::prepare(arguments, &reader.settings(arguments))?;
    let state = &folder.config.paths.state;

    println!("A first resident is served.");
    let served = kiosk(arguments, state, &folder.path.join("before"), &[])?;
    if !served.success() {
        return Err(DemoError::Rehearsal(served));
    }
    let before = audited(&folder)?;

    println!("A second resident; the power will fail in the commit.");
    let killed = kiosk(
        arguments,
        state,
        &folder.path.join("power-cut"),
        &["--cut-power-at-commit"],
    )?;
    let Some(signal) = killed.signal() else {
        return Err(DemoError::NotKilled(killed));
    };

    println!("The kiosk was killed by signal {signal}. It starts again.");
    let after = audited(&folder)?;
    take_over_events(&folder)?;
    restart(arguments, &folder, &mut reader)?;
    write_outcome(
        &folder.path,
        &json!({
            "outcome": Outcome::OutOfService,
            "reason": "power_lost",
            "killed_by_signal": signal,
            "log": { "whole": true, "entries_before": before, "entries_after": after },
        }),
    )?;
    println!("The log is whole: {before} attestations before, {after} after, no half receipt.");
    Ok(())
}

/// A kiosk in a process of its own, on the shared state.
fn kiosk(
    arguments: &Arguments,
    state: &Path,
    out: &Path,
    further: &[&str],
) -> Result<ExitStatus, DemoError> {
    let this = std::env::current_exe().map_err(failed("find", "this program"))?;
    Command::new(&this)
        .args(["demo", "--headless", "--scenario", "genuine"])
        .arg("--out")
        .arg(out)
        .arg("--state")
        .arg(state)
        .arg("--setup")
        .arg(&arguments.setup)
        .args(further)
        .status()
        .map_err(failed("start", &this))
}

/// The number of attestations in a log of which every byte was verified.
fn audited(folder: &Folder) -> Result<u64, DemoError> {
    let store = open_store(&folder.config).map_err(RunError::from)?;
    let report = store
        .audit()
        .map_err(|error| RunError::from(crate::assemble::StartError::from(error)))?;
    Ok(report.entries)
}

/// The real kiosk starts on what is on the disk; somebody passes by and sees the invitation.
fn restart(arguments: &Arguments, folder: &Folder, reader: &mut Reader) -> Result<(), DemoError> {
    let headless = Arguments {
        headless: true,
        ..arguments.clone()
    };
    story::perform(&headless, folder, reader, Resident::passer_by())?;
    Ok(())
}

/// The events of the interrupted session come first in this story's.
fn take_over_events(folder: &Folder) -> Result<(), DemoError> {
    let interrupted = folder.path.join("power-cut/events.jsonl");
    let events = folder.path.join("events.jsonl");
    fs::copy(&interrupted, &events).map_err(failed("copy", &interrupted))?;
    Ok(())
}
