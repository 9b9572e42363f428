//! `receipt verify --log` without a chain: whether the receipt's entry is in the log that the kiosk
//! published and signed, and whether witnesses saw it there.

use std::path::Path;
use std::process::ExitCode;

use attestation::chain::fetch;
use attestation::{
    ExportFinding, ExportedLog, InExport, OperatorPublicKey, Verified, WitnessPublicKey,
};
use serde_json::{Value, json};

use crate::log::{seen_json, seen_words};
use crate::report::{OnLedger, hex, not_found};

const IN_LOG: (&str, &str) = (
    "in_exported_log",
    "the exported log, which this kiosk signed, holds these statements at this entry",
);
const WITNESSED: (&str, &str) = (
    "witnessed",
    "each witness that was asked for has seen that log with this entry in it",
);

/// Opens the log in a folder or at an address.
pub(crate) fn open_log(place: &str) -> Result<ExportedLog, ExportFinding> {
    if !place.starts_with("http://") && !place.starts_with("https://") {
        return ExportedLog::in_folder(Path::new(place));
    }
    let base = place.trim_end_matches('/').to_owned();
    let get = move |name: &str, limit| {
        let url = format!("{base}/{name}");
        fetch(&url, limit).map_err(|error| ExportFinding::Unreadable {
            path: url.into(),
            source: std::io::Error::other(error),
        })
    };
    ExportedLog::fetched(get)
}

/// What the log says about a receipt that holds.
pub(crate) fn compare(
    verified: &Verified,
    place: &str,
    operator: &OperatorPublicKey,
    witnesses: &[WitnessPublicKey],
) -> Result<OnLedger, ExportFinding> {
    let found = open_log(place)?.find(verified, operator, witnesses)?;
    Ok(describe(&found))
}

fn describe(found: &InExport) -> OnLedger {
    let head = &found.head.checkpoint;
    let size = format!("its head of {} entries contains this one", head.size);
    let mut lines = vec![("Export", size)];
    lines.extend(
        found
            .witnessed
            .iter()
            .map(|seen| ("Witnessed", seen_words(seen))),
    );
    OnLedger {
        lines,
        checks: match found.witnessed.is_empty() {
            true => &[IN_LOG],
            false => &[IN_LOG, WITNESSED],
        },
        json: Value::Null,
        export: json!({
            "size": head.size,
            "root": hex(&head.root),
            "witnessed": found.witnessed.iter().map(seen_json).collect::<Vec<_>>(),
        }),
    }
}

pub(crate) fn refuse(finding: &ExportFinding, json: bool) -> ExitCode {
    not_found(finding.as_code(), finding, finding.is_unknown(), json)
}
