//! Can the log of attestations be opened by us alone, and is it whole? Of a large log the newest part
//! is looked at, so that the test does not take minutes.

use attestation::{DevicePublicKey, Log, LogError};

use super::Finding;
use crate::clock::WallTime;
use crate::errors::chain;
use crate::log_commands::attestations;
use crate::provision::StateFolder;

/// How many attestations are looked at: what a small computer does well within the time of a check
/// (a third of a millisecond each on a busy one; `examples/log_scale.rs` measures it).
const WITHIN_TIME: u64 = 5_000;

/// What later checks need to know about the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogState {
    /// Nothing.
    #[default]
    Unknown,
    /// The kiosk is running and holds it.
    Held,
    /// It is whole; the time of its newest attestation, if it has one.
    Whole(Option<WallTime>),
}

impl LogState {
    /// The time of the newest attestation.
    pub fn newest(self) -> Option<WallTime> {
        match self {
            Self::Whole(newest) => newest,
            Self::Unknown | Self::Held => None,
        }
    }
}

/// Opens and audits the log; without the kiosk's key, signatures cannot be audited.
pub fn examine(
    state: &StateFolder,
    device: Option<DevicePublicKey>,
) -> (Finding, Option<LogState>) {
    let path = state.log();
    if !path.exists() && device.is_none() {
        let why = "There is no log yet; it is made when the kiosk is enrolled.";
        return (Finding::not_there(why), Some(LogState::Whole(None)));
    }
    // Without keys there is no counter either; "Keys" says why.
    let opened = match state.log_guard() {
        Ok(guard) => Log::open_guarded(&path, guard),
        Err(_) => Log::open(&path),
    };
    let log = match opened {
        Ok(log) => log,
        Err(error) => return refused(&error),
    };
    let Some(device) = device else {
        let finding = Finding::failed(
            "The log can be opened, but without the kiosk's keys it cannot be checked.",
            "See \"Keys\" and \"Credential\" first.",
        );
        return (finding, None);
    };
    match look_into(&log, &device) {
        Ok((finding, newest)) => (finding, Some(LogState::Whole(newest))),
        Err(error) => refused(&error),
    }
}

/// All of a small log, the newest part of a large one.
fn look_into(log: &Log, device: &DevicePublicKey) -> Result<(Finding, Option<WallTime>), LogError> {
    let entries = log.size()?;
    let newest = match entries.checked_sub(1) {
        Some(last) => log.attestation(last)?,
        None => None,
    };
    let newest = newest.map(|it| WallTime::at(it.claims().issued_at));
    let older = entries.saturating_sub(WITHIN_TIME);
    if older == 0 {
        log.audit(device)?;
    } else {
        log.patrol(device, older, WITHIN_TIME)?;
    }
    Ok((whole(entries, older, newest), newest))
}

fn whole(entries: u64, older: u64, newest: Option<WallTime>) -> Finding {
    let Some(newest) = newest else {
        return Finding::passed("The log is whole and still empty.");
    };
    let (all, newest) = (attestations(entries), newest.words());
    Finding::passed(match older {
        0 => format!("The log is whole: {all}, every signature holds; the newest is of {newest}."),
        _ => format!(
            "The log holds {all}; the newest {WITHIN_TIME}, up to {newest}, are whole. The running \
             kiosk goes round the rest; `kiosk log audit` checks all of it at once."
        ),
    })
}

fn refused(error: &LogError) -> (Finding, Option<LogState>) {
    if matches!(error, LogError::Held { .. }) {
        let finding = Finding::failed(
            "The kiosk is running, so its log and its devices are in use. Nothing more was tested.",
            "Stop the kiosk (`sudo systemctl stop kiosk`), run the self-test, and start it again \
             (`sudo systemctl start kiosk`).",
        );
        return (finding, Some(LogState::Held));
    }
    let to_do = match error {
        LogError::Corrupt { .. } | LogError::NotCounted { .. } => {
            "Do not delete anything and do not run the kiosk: keep its state folder as it is and \
             call the operator."
        }
        LogError::RolledBack { .. } => {
            "Do not run the kiosk: its log was set back. Keep its state folder as it is and call the \
             operator."
        }
        LogError::Full { .. } => "Free some space on the disk and repeat the self-test.",
        LogError::ReadOnly { .. } | LogError::Unreachable { .. } => {
            "Run the self-test as the same user as the kiosk, and check that the state folder may \
             be written."
        }
        _ => "Call the operator and read this line to them.",
    };
    let finding = Finding::failed(format!("The log cannot be used: {}.", chain(error)), to_do);
    (finding, None)
}
