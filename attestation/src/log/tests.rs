//! What happens to the log when the world is against it. Nothing that was committed may be lost,
//! and every failure must say which one it is. Here: a kiosk with its log, and a hand in its file.

mod commits;
mod damage;
mod file;
mod witnesses;

use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{Finding, Log, LogError};
use crate::{
    Band, Claims, Credential, Decision, DeviceKey, FactorOutcome, Factors, Name, OperatorKey,
    TimeQuality, Validity,
};

const NOW: u64 = 1_795_248_000;

pub(super) struct Kiosk {
    folder: TempDir,
    pub(super) operator: OperatorKey,
    pub(super) device: DeviceKey,
    credential: Credential,
}

impl Kiosk {
    pub(super) fn new() -> Self {
        let operator = OperatorKey::generate().unwrap();
        let device = DeviceKey::from_seed(&[1; 32]);
        Self {
            folder: tempfile::tempdir().unwrap(),
            credential: vouch(&operator, &device, "kiosk-07"),
            operator,
            device,
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("log.sqlite")
    }

    /// The log, made when it is used first.
    pub(super) fn log(&self) -> Log {
        let path = self.path();
        let take = if path.exists() {
            Log::open
        } else {
            Log::create
        };
        take(&path).unwrap()
    }

    pub(super) fn commit(
        &self,
        log: &mut Log,
        number: u8,
    ) -> Result<super::CommittedAttestation, LogError> {
        log.commit(&claims(number), &self.device, &self.credential)
    }

    pub(super) fn log_of(&self, entries: u8) -> Log {
        let mut log = self.log();
        for number in 0..entries {
            self.commit(&mut log, number).unwrap();
        }
        log
    }

    fn audited(&self, log: &Log) -> u64 {
        log.audit(&self.device.public()).unwrap().entries
    }

    /// What an audit finds after somebody changed the file with SQL.
    fn finding_after(&self, tampering: &str) -> Finding {
        let log = self.log_of(5);
        tamper_with(&log.connection, tampering);
        match log.audit(&self.device.public()) {
            Err(LogError::Corrupt { finding, .. }) => finding,
            other => panic!("{tampering}: {other:?}"),
        }
    }
}

/// Changes the file behind the log's back, as somebody with a stolen disk would.
fn tamper(path: &std::path::Path, sql: &str) {
    tamper_with(&Connection::open(path).unwrap(), sql);
}

fn tamper_with(connection: &Connection, sql: &str) {
    let triggers: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map((), |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    connection
        .pragma_update(None, "foreign_keys", "OFF")
        .unwrap();
    for trigger in triggers {
        connection
            .execute_batch(&format!("DROP TRIGGER {trigger}"))
            .unwrap();
    }
    connection.execute_batch(sql).unwrap();
}

pub(super) fn vouch(operator: &OperatorKey, device: &DeviceKey, kiosk: &str) -> Credential {
    let validity = Validity {
        not_before: NOW - 10,
        not_after: NOW + 10,
    };
    let (kiosk, site) = (Name::new(kiosk).unwrap(), Name::new("hall-2").unwrap());
    Credential::issue(operator, kiosk, site, device.public(), validity)
}

pub(super) fn claims(number: u8) -> Claims {
    let name = |text| Name::new(text).unwrap();
    Claims {
        id: [number; 16],
        kiosk: name("kiosk-07"),
        site: name("hall-2"),
        issued_at: NOW,
        time_quality: TimeQuality::Unsynchronised,
        service: name("library"),
        policy: [0; 32],
        document: None,
        factors: Factors {
            liveness: FactorOutcome::Band(Band::Accepted),
            face: FactorOutcome::NotPerformed,
        },
        decision: Decision::Referred(crate::Reason::ResidentCannot),
        officer: None,
        models: [0; 16],
        firmware: name("0.1.0"),
        subject: None,
        software: None,
        disclosable: Vec::new(),
    }
}
