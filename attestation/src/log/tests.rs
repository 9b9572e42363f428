//! What happens to the log when the world is against it. Nothing that was committed may be lost,
//! and every failure must say which one it is.

use std::path::PathBuf;

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::{Finding, Log, LogError};
use crate::{
    Band, Claims, Cosigned, Credential, Decision, DeviceKey, FactorOutcome, Factors, Name,
    OperatorKey, TimeQuality, Validity, WitnessKey, verify,
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

#[test]
fn attestations_are_there_after_reopening_and_their_receipts_hold() {
    let kiosk = Kiosk::new();
    let receipts: Vec<_> = {
        let mut log = kiosk.log();
        (0..20)
            .map(|number| kiosk.commit(&mut log, number).unwrap())
            .collect()
    };
    let log = kiosk.log();
    assert_eq!((log.size().unwrap(), kiosk.audited(&log)), (20, 20));
    for (index, committed) in (0..).zip(&receipts) {
        assert_eq!(log.attestation(index).unwrap().as_ref(), Some(committed));
        assert_eq!(committed.index(), index);
        verify(committed.receipt(), &kiosk.operator.public(), None).unwrap();
    }
    assert_eq!(log.attestation(20).unwrap(), None);
}

#[test]
fn the_same_claims_committed_again_are_the_same_attestation() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(3);
    let again = kiosk.commit(&mut log, 1).unwrap();
    assert_eq!(again.index(), 1);
    assert_eq!(log.attestation(1).unwrap(), Some(again));
    assert_eq!(kiosk.audited(&log), 3);
}

#[test]
fn other_claims_under_a_used_identifier_are_refused() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(3);
    let mut other = claims(1);
    other.decision = Decision::Verified;
    let refused = log.commit(&other, &kiosk.device, &kiosk.credential);
    assert!(matches!(refused, Err(LogError::IdentifierReused { .. })));
    assert_eq!(kiosk.audited(&log), 3);
}

#[test]
fn a_commit_that_could_not_be_verified_is_not_made() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log();
    let elsewhere = vouch(&kiosk.operator, &kiosk.device, "kiosk-08");
    let refused = log.commit(&claims(0), &kiosk.device, &elsewhere);
    assert!(matches!(refused, Err(LogError::CredentialMismatch { .. })));
    let mut late = claims(0);
    late.issued_at = NOW + 10;
    let refused = log.commit(&late, &kiosk.device, &kiosk.credential);
    assert!(matches!(refused, Err(LogError::CredentialOutOfDate { .. })));
    assert_eq!(log.size().unwrap(), 0);
}

#[test]
fn a_log_belongs_to_one_kiosk_and_one_key() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(1);
    let replaced = DeviceKey::from_seed(&[2; 32]);
    let credential = vouch(&kiosk.operator, &replaced, "kiosk-07");
    let refused = log.commit(&claims(1), &replaced, &credential);
    assert!(matches!(refused, Err(LogError::AnothersLog { .. })));
    assert_eq!(kiosk.audited(&log), 1);
}

#[test]
fn the_log_only_grows_and_proves_it() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(6);
    let old = log.head().unwrap().unwrap().checkpoint;
    for number in 6..13 {
        kiosk.commit(&mut log, number).unwrap();
    }
    let new = log.head().unwrap().unwrap().checkpoint;
    let path = log.prove_consistency(6, 13).unwrap().unwrap();
    assert!(crate::merkle::is_consistent(
        (old.size, &old.root),
        (new.size, &new.root),
        &path
    ));
}

#[test]
fn the_database_itself_refuses_to_forget() {
    let kiosk = Kiosk::new();
    let log = kiosk.log_of(2);
    for change in [
        "DELETE FROM entries",
        "UPDATE entries SET cose = x'00'",
        "DELETE FROM nodes",
        "UPDATE heads SET root = zeroblob(32)",
        "DELETE FROM identity",
        "DELETE FROM credentials",
    ] {
        let refused = log.connection.execute_batch(change).unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{change}");
    }
}

#[test]
fn an_audit_finds_what_was_changed() {
    for (tampering, expected) in [
        (
            "DELETE FROM entries WHERE leaf = 2; DELETE FROM outbox WHERE size = 3;",
            "entry 2 is missing",
        ),
        (
            "UPDATE entries SET cose = CAST(substr(cose, 1, 40) || x'ff' || substr(cose, 42) AS BLOB) WHERE leaf = 3",
            "entry 3",
        ),
        (
            "UPDATE entries SET id = randomblob(16) WHERE leaf = 1",
            "entry 1 is filed",
        ),
        (
            "UPDATE credentials SET cose = x'00'",
            "entry 0 cannot be read",
        ),
        (
            "UPDATE nodes SET hash = zeroblob(32) WHERE level = 0 AND position = 3",
            "node 3 of level 0",
        ),
        (
            "INSERT INTO nodes VALUES (9, 9, zeroblob(32))",
            "there are 9 nodes where the entries make 8",
        ),
        (
            "UPDATE heads SET root = zeroblob(32) WHERE size = 2",
            "the head of size 2 does not match",
        ),
        (
            "UPDATE heads SET signature = zeroblob(64) WHERE size = 4",
            "the head of size 4 is not signed",
        ),
        (
            "INSERT INTO heads VALUES (6, zeroblob(32), zeroblob(64))",
            "there are 6 heads where the entries make 5",
        ),
        ("DELETE FROM credentials", "dangling references"),
        (
            "UPDATE identity SET device = zeroblob(32)",
            "another device",
        ),
        (
            "UPDATE identity SET origin = 'kiosk-log/hall-2/kiosk-08'",
            "entry 0 has a credential for another",
        ),
        (
            "INSERT INTO parts VALUES (4, 2, zeroblob(64))",
            "signed for entry 4 (counted from 1) does not match",
        ),
        (
            "INSERT INTO parts VALUES (5, 2, zeroblob(64))",
            "signed for entry 5 (counted from 1) does not match",
        ),
    ] {
        let found = Kiosk::new().finding_after(tampering).to_string();
        assert!(found.contains(expected), "{tampering}: {found}");
    }
}

/// Also where the file lets itself be tampered with beyond what its schema allows.
#[test]
fn no_receipt_comes_out_of_a_part_that_cannot_be() {
    for (size, start) in [(2, 8), (4, 1), (5, 2)] {
        let kiosk = Kiosk::new();
        let mut log = kiosk.log_of(5);
        tamper_with(
            &log.connection,
            &format!(
                "PRAGMA ignore_check_constraints = ON; \
                 INSERT INTO parts VALUES ({size}, {start}, zeroblob(64))"
            ),
        );
        let asked = log.attestation(size - 1).map(|_| ());
        let again = kiosk.commit(&mut log, size as u8 - 1).map(|_| ());
        for refused in [asked, again] {
            let refused = refused.unwrap_err();
            let LogError::Corrupt { finding, .. } = &refused else {
                panic!("{refused:?}");
            };
            let expected = matches!(finding, Finding::PartDoesNotMatch { size: at } if *at == size);
            assert!(expected, "{finding}");
        }
    }
}

#[test]
fn a_log_whose_tail_was_cut_off_is_refused_at_once() {
    let kiosk = Kiosk::new();
    drop(kiosk.log_of(5));
    tamper(
        &kiosk.path(),
        "UPDATE nodes SET hash = zeroblob(32) WHERE level = 2 AND position = 0",
    );
    let refused = Log::open(&kiosk.path()).unwrap_err();
    assert!(
        refused.to_string().contains("node 0 of level 2"),
        "{refused}"
    );
}

/// Opening looks at the newest entries only; what is older is found by going round.
#[test]
fn damage_far_from_the_end_is_found_by_the_patrol() {
    for (tampering, expected) in [
        ("UPDATE entries SET cose = x'00' WHERE leaf = 7", "entry 7"),
        (
            "UPDATE entries SET id = x'00112233445566778899aabbccddeeff' WHERE leaf = 7",
            "entry 7 is filed",
        ),
        (
            "UPDATE nodes SET hash = zeroblob(32) WHERE level = 0 AND position = 7",
            "node 7 of level 0",
        ),
        (
            "DELETE FROM nodes WHERE level = 1 AND position = 2",
            "node 2 of level 1",
        ),
        (
            "UPDATE heads SET root = zeroblob(32) WHERE size = 8",
            "the head of size 8 does not match",
        ),
        (
            "UPDATE heads SET signature = zeroblob(64) WHERE size = 8",
            "the head of size 8 is not signed",
        ),
    ] {
        let kiosk = Kiosk::new();
        drop(kiosk.log_of(70));
        tamper(&kiosk.path(), tampering);
        let log = kiosk.log();
        let mut from = 0;
        let found = loop {
            match log.patrol(&kiosk.device.public(), from, 10) {
                Ok(0) => panic!("{tampering}: not found in a whole round"),
                Ok(next) => from = next,
                Err(error) => break error.to_string(),
            }
        };
        assert!(found.contains(expected), "{tampering}: {found}");
    }
}

#[test]
fn the_patrol_goes_round_and_begins_again() {
    let kiosk = Kiosk::new();
    let log = kiosk.log_of(25);
    let device = kiosk.device.public();
    let next = |from| log.patrol(&device, from, 10).unwrap();
    assert_eq!([next(0), next(10), next(20), next(99)], [10, 20, 0, 10]);
    assert_eq!(Kiosk::new().log().patrol(&device, 5, 10).unwrap(), 0);
}

#[test]
fn a_log_at_its_limit_takes_no_more_and_says_so_long_before() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(30);
    let used = log.room().unwrap().used_bytes;
    log.set_limit(used * 100 / 95);
    assert!(log.room().unwrap().is_short());
    log.set_limit(used);
    let refused = kiosk.commit(&mut log, 30).unwrap_err();
    assert_eq!(refused.as_code(), "log_limit_reached");
    assert!(refused.to_string().contains("raise the limit"), "{refused}");
    assert_eq!(kiosk.audited(&log), 30);
    log.set_limit(used * 2);
    assert!(!log.room().unwrap().is_short());
    assert_eq!(kiosk.commit(&mut log, 30).unwrap().index(), 30);
}

#[test]
fn a_full_disk_loses_nothing_and_the_same_claims_go_in_later() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(1);
    let pages: i64 = log
        .connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    log.connection
        .pragma_update(None, "max_page_count", pages)
        .unwrap();
    let full = (1..=255)
        .find(|&number| match kiosk.commit(&mut log, number) {
            Ok(_) => false,
            Err(LogError::Full { .. }) => true,
            Err(other) => panic!("{other}"),
        })
        .unwrap();
    assert_eq!(kiosk.audited(&log), u64::from(full));

    log.connection
        .pragma_update(None, "max_page_count", pages + 100)
        .unwrap();
    assert_eq!(
        kiosk.commit(&mut log, full).unwrap().index(),
        u64::from(full)
    );
    drop(log);
    assert_eq!(kiosk.audited(&kiosk.log()), u64::from(full) + 1);
}

#[test]
fn a_damaged_file_is_named_and_left_alone() {
    let kiosk = Kiosk::new();
    drop(kiosk.log_of(40));
    let mut bytes = std::fs::read(kiosk.path()).unwrap();
    bytes[4096..].fill(0x5A); // all but the first page
    std::fs::write(kiosk.path(), &bytes).unwrap();
    let refused = Log::open(&kiosk.path()).unwrap_err();
    assert!(matches!(refused, LogError::Corrupt { .. }), "{refused:?}");
    assert!(refused.to_string().contains("log.sqlite"));
    assert!(std::fs::read(kiosk.path()).unwrap() == bytes, "changed");
}

#[test]
fn something_else_is_not_taken_for_a_log() {
    let kiosk = Kiosk::new();
    std::fs::write(kiosk.path(), "These are my notes. ".repeat(1000)).unwrap();
    let refused = Log::open(&kiosk.path()).unwrap_err();
    assert!(matches!(refused, LogError::NotALog { .. }), "{refused:?}");

    let other = kiosk.folder.path().join("other.sqlite");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE songs (title TEXT)")
        .unwrap();
    let before = std::fs::read(&other).unwrap();
    let refused = Log::open(&other).unwrap_err();
    assert!(matches!(refused, LogError::NotALog { .. }), "{refused:?}");
    assert!(std::fs::read(&other).unwrap() == before, "changed");
}

#[test]
fn a_log_of_a_newer_program_is_not_touched() {
    let kiosk = Kiosk::new();
    drop(kiosk.log_of(1));
    tamper(&kiosk.path(), "PRAGMA user_version = 99");
    let refused = Log::open(&kiosk.path()).unwrap_err();
    assert!(matches!(refused, LogError::NewerSchema { found: 99, .. }));
}

#[test]
fn a_file_that_may_only_be_read_is_refused() {
    let kiosk = Kiosk::new();
    drop(kiosk.log_of(1));
    let refused = Log::open_with(&kiosk.path(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap_err();
    assert!(matches!(refused, LogError::ReadOnly { .. }), "{refused:?}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let kiosk = Kiosk::new();
    let path = kiosk.folder.path().join("no/such/log.sqlite");
    let refused = Log::create(&path).unwrap_err();
    assert!(
        matches!(refused, LogError::Unreachable { .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("no/such/log.sqlite"));
    let refused = Log::open(&path).unwrap_err();
    assert!(matches!(refused, LogError::Missing { .. }), "{refused:?}");
}

/// `rm log.sqlite` must not lead to an empty log that is whole.
#[test]
fn a_deleted_or_emptied_log_is_missing_and_is_not_made_again() {
    let kiosk = Kiosk::new();
    drop(kiosk.log_of(2));
    let wal = kiosk.folder.path().join("log.sqlite-wal");
    std::fs::write(&wal, "the newest commits").unwrap();
    let missing = || {
        let refused = Log::open(&kiosk.path()).unwrap_err();
        assert!(matches!(refused, LogError::Missing { .. }), "{refused:?}");
        assert!(refused.to_string().contains("restore it from a backup"));
        assert_eq!(std::fs::read(&wal).unwrap(), b"the newest commits");
    };
    std::fs::write(kiosk.path(), "").unwrap();
    missing();
    std::fs::remove_file(kiosk.path()).unwrap();
    missing();
    assert!(!kiosk.path().exists());

    // What is left of a lost log must not flow into a new one.
    let refused = Log::create(&kiosk.path()).unwrap_err();
    assert!(matches!(&refused, LogError::Exists { file, .. } if *file == wal));
    assert!(!kiosk.path().exists());
}

#[test]
fn a_log_is_made_once_and_also_after_a_power_cut_during_the_first_time() {
    let kiosk = Kiosk::new();
    let beside = |name| kiosk.folder.path().join(name);
    std::fs::write(beside("log.sqlite.unfinished"), [0x5A; 5000]).unwrap();
    std::fs::write(beside("log.sqlite.unfinished-journal"), [0x5A; 5000]).unwrap();
    let log = Log::create(&kiosk.path()).unwrap();
    assert_eq!(kiosk.audited(&log), 0);
    drop(log);
    let names = std::fs::read_dir(kiosk.folder.path()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["log.sqlite"]);

    drop(kiosk.log_of(3));
    let refused = Log::create(&kiosk.path()).unwrap_err();
    assert!(matches!(refused, LogError::Exists { .. }), "{refused:?}");
    assert_eq!(kiosk.audited(&kiosk.log()), 3);
}

/// Locks of SQLite are also between connections of one process, so no second one is needed.
#[test]
fn only_one_holds_the_log() {
    let kiosk = Kiosk::new();
    let log = kiosk.log_of(1);
    let refused = Log::open(&kiosk.path()).unwrap_err();
    assert!(matches!(refused, LogError::Held { .. }), "{refused:?}");
    drop(log);
    assert_eq!(kiosk.audited(&kiosk.log()), 1);
}

#[test]
fn a_log_of_the_first_schema_is_brought_up_to_date() {
    let kiosk = Kiosk::new();
    drop(kiosk.log_of(3));
    tamper(
        &kiosk.path(),
        "DROP TABLE cosignatures; DROP TABLE devices; DROP TABLE submissions; DROP TABLE anchors; \
         DROP TABLE parts; PRAGMA user_version = 1",
    );
    let log = kiosk.log();
    assert_eq!(kiosk.audited(&log), 3);
    assert_eq!(log.cosigned().unwrap(), []);
}

fn witness(seed: u8) -> WitnessKey {
    WitnessKey::from_seed("witness.example/w1", &[seed; 32]).unwrap()
}

#[test]
fn a_witnesss_word_is_kept_and_the_largest_head_counts() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(3);
    let (one, other) = (witness(1), WitnessKey::from_seed("w2", &[2; 32]).unwrap());
    for (entries, time) in [(3, 100), (5, 200), (5, 150)] {
        for number in log.size().unwrap()..entries {
            kiosk.commit(&mut log, number as u8).unwrap();
        }
        for key in [&one, &other] {
            let head = log.head().unwrap().unwrap();
            let cosignature = key.cosign(&head.checkpoint, time);
            let note = head.note(&kiosk.device.public()) + &cosignature.line();
            let kept = log.accept_cosignature(&note, key.public()).unwrap();
            assert_eq!(kept, Cosigned { head, cosignature });
            assert_eq!(log.accept_cosignature(&note, key.public()).unwrap(), kept);
        }
    }
    let known = log.cosigned().unwrap();
    let told = |it: &Cosigned| (it.head.checkpoint.size, it.cosignature.time());
    assert_eq!(
        known.iter().map(told).collect::<Vec<_>>(),
        [(5, 200), (5, 200)]
    );
    drop(log);
    assert_eq!(kiosk.log().cosigned().unwrap(), known);
    assert_eq!(kiosk.audited(&kiosk.log()), 5);
    tamper(&kiosk.path(), "UPDATE cosignatures SET time = time + 1");
    let refused = kiosk.log().audit(&kiosk.device.public()).unwrap_err();
    assert!(refused.to_string().contains("cosignature"), "{refused}");
}

#[test]
fn what_a_witness_did_not_say_about_this_log_is_refused() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(3);
    let witness = witness(1);
    let head = log.head().unwrap().unwrap();
    let plain = head.note(&kiosk.device.public());
    let mut accept = |note: &str| {
        log.accept_cosignature(note, witness.public())
            .unwrap_err()
            .as_code()
    };
    assert_eq!(accept("something"), "not_cosigned");
    assert_eq!(accept(&plain), "not_cosigned");
    let line = witness.cosign(&head.checkpoint, 9).line();
    let later = head.checkpoint.clone();
    let line_of_another_time = line.replace("AAAAAAJ", "AAAAAAK");
    assert_ne!(line, line_of_another_time);
    assert_eq!(
        accept(&format!("{plain}{line_of_another_time}")),
        "not_cosigned"
    );
    for change in [
        |it: &mut crate::Checkpoint| it.root[0] ^= 1,
        |it: &mut crate::Checkpoint| it.size = 2,
        |it: &mut crate::Checkpoint| it.size = 4,
        |it: &mut crate::Checkpoint| it.size = 0,
        |it: &mut crate::Checkpoint| it.origin.push('8'),
    ] {
        let mut other = later.clone();
        change(&mut other);
        let said = witness.cosign(&other, 9).line();
        let note = kiosk
            .device
            .sign_checkpoint(other)
            .note(&kiosk.device.public())
            + &said;
        assert_eq!(accept(&note), "other_history");
    }
    assert_eq!(log.cosigned().unwrap(), []);
}
