//! What is known of a story when it is over: outcome, reason, receipt.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::{DemoError, failed};
use crate::record::{Outcome, Record};

/// Collects while the story goes on; clones share.
#[derive(Clone, Default)]
pub struct Ending(Arc<Mutex<Collected>>);

#[derive(Default)]
struct Collected {
    outcome: Option<(Outcome, &'static str)>,
    receipt: Option<String>,
    capture: Option<(usize, u64)>,
    anchored: bool,
    keys_destroyed: bool,
}

impl Ending {
    /// Takes notice of a record.
    pub fn record(&self, record: &Record) {
        match record {
            Record::Ended { outcome, reason } => self.lock().outcome = Some((*outcome, reason)),
            Record::OutOfService { reason } => {
                self.lock()
                    .outcome
                    .get_or_insert((Outcome::OutOfService, reason));
            }
            Record::CaptureComplete {
                frames,
                first_good_to_decision_ms,
                ..
            } => {
                self.lock().capture = Some((*frames, *first_good_to_decision_ms));
            }
            Record::Anchored { .. } => self.lock().anchored = true,
            Record::Tampered { keys, .. } => self.lock().keys_destroyed |= *keys == "destroyed",
            _ => {}
        }
    }

    /// Whether a head of the log is on the ledger for good.
    pub fn is_anchored(&self) -> bool {
        self.lock().anchored
    }

    /// Whether the keys are gone because the case was opened.
    pub fn are_keys_destroyed(&self) -> bool {
        self.lock().keys_destroyed
    }

    /// How the session ended, if it did.
    pub fn outcome(&self) -> Option<Outcome> {
        self.lock().outcome.map(|(outcome, _)| outcome)
    }

    /// The receipt as the screen showed it.
    pub fn receipt(&self, text: &str) {
        self.lock().receipt = Some(text.to_owned());
    }

    /// Writes `outcome.json`, and `receipt.txt` where there is a receipt; gives a line for the
    /// user. None if the session never ended.
    pub fn write(&self, folder: &Path) -> Result<Option<String>, DemoError> {
        let collected = self.lock();
        let Some((outcome, reason)) = collected.outcome else {
            return Ok(None);
        };
        if let Some(receipt) = &collected.receipt {
            let path = folder.join("receipt.txt");
            fs::write(&path, receipt).map_err(failed("write", &path))?;
        }
        let mut value = json!({ "outcome": outcome, "reason": reason });
        if let Some((frames, milliseconds)) = collected.capture {
            value["capture"] =
                json!({ "frames": frames, "first_good_frame_to_decision_ms": milliseconds });
        }
        write_outcome(folder, &value)?;
        Ok(Some(format!(
            "{}: {reason}",
            value["outcome"].as_str().unwrap_or_default()
        )))
    }

    fn lock(&self) -> MutexGuard<'_, Collected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes `outcome.json`.
pub fn write_outcome(folder: &Path, outcome: &Value) -> Result<(), DemoError> {
    let path = folder.join("outcome.json");
    fs::write(&path, format!("{outcome:#}\n")).map_err(failed("write", &path))
}
