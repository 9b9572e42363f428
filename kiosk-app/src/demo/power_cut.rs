//! The power fails in the moment of the commit: a process of the real kiosk is killed (SIGKILL)
//! inside the transaction, then the kiosk starts again on what is on the disk.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};

use serde_json::json;

use super::album::Album;
use super::ending::write_outcome;
use super::folder::Folder;
use super::{Arguments, DemoError, failed};
use crate::assemble::open_store;
use crate::clock::WallTime;
use crate::record::{Outcome, Record, write_line};
use crate::run::RunError;
use kiosk_ui::{Headless, Language, Screen, View};

/// Plays the story: one resident is served, the next loses the power, the kiosk comes back.
pub fn play(arguments: &Arguments) -> Result<(), DemoError> {
    let folder = Folder::prepare(arguments, Path::new("/dev/null"))?;
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
    greet(&folder)?;
    record(&folder, after)?;
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

/// What the next resident sees.
fn greet(folder: &Folder) -> Result<(), DemoError> {
    let screen = Headless::new(kiosk_ui::Size::PORTRAIT, |_| {}).map_err(RunError::from)?;
    let language = Language::from(folder.config.screen.language);
    let view = View {
        language,
        screen: Screen::Attract,
        seconds_left: None,
        still_there: false,
    };
    screen.show(&view);
    Album::new(&folder.path)
        .add(&view, &screen)
        .map_err(RunError::from)?;
    Ok(())
}

/// The events of the interrupted session, then the restart.
fn record(folder: &Folder, log_size: u64) -> Result<(), DemoError> {
    let path = folder.path.join("events.jsonl");
    let interrupted = folder.path.join("power-cut/events.jsonl");
    let mut events = fs::read(&interrupted).map_err(failed("read", &interrupted))?;
    let now = WallTime::now().unix_milliseconds();
    write_line(&mut events, now, &Record::Started { log_size }).map_err(failed("write", &path))?;
    fs::write(&path, events).map_err(failed("write", &path))
}
