//! What somebody changed in the file, or a disk lost, is found and named.

use super::{Kiosk, tamper, tamper_with};
use crate::log::{Finding, Log, LogError};

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
