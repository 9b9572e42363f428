//! The receipts of a log that has grown: they take no larger code than those of a young one, and a
//! stranger accepts them all the same.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]
#![cfg(feature = "log")]

mod common;

use attestation::{Log, Receipt, Refusal, Verified, verify};
use common::{Kiosk, NOW, claims};

/// Characters in a QR code of 93×93 modules at level M (ISO/IEC 18004:2015, table 7, version 19).
const ROOM: usize = 909;

/// 127 entries before it: seven hashes to the head of the log, two more than the code holds.
const LATE: u64 = 127;

fn check(receipt: &Receipt, kiosk: &Kiosk) -> Result<Verified, Refusal> {
    verify(receipt, &kiosk.operator_public(), Some(NOW))
}

#[test]
fn every_receipt_fits_the_usual_code_and_most_prove_the_whole_log() {
    let mut kiosk = Kiosk::new();
    let mut whole = 0;
    for number in 0..260 {
        let receipt = kiosk.commit(&claims(number)).receipt().clone();
        assert!(receipt.encode().len() <= ROOM, "entry {number}");
        let verified = check(&receipt, &kiosk).unwrap();
        assert_eq!(verified.index(), number);
        whole += u64::from(verified.log().checkpoint().is_some());
    }
    assert!(whole > 200, "{whole} of 260 prove the head of the log");
}

#[test]
fn a_late_receipt_proves_the_part_of_the_log_that_it_names() {
    let mut kiosk = Kiosk::with_entries(LATE);
    let committed = kiosk.commit(&claims(LATE));
    let text = committed.receipt().encode();
    let verified = check(&Receipt::decode(&text).unwrap(), &kiosk).unwrap();
    let part = &verified.log().part;
    // Five hashes fit: those of the 1, 2, 4, 8 and 16 entries before this one.
    assert_eq!((part.start, part.end), (96, 128));
    assert_eq!(verified.log().checkpoint(), None);
}

#[test]
fn it_is_the_same_whenever_it_is_asked_for() {
    let mut kiosk = Kiosk::with_entries(LATE);
    let shown = kiosk.commit(&claims(LATE)).receipt().encode();
    assert_eq!(kiosk.commit(&claims(LATE)).receipt().encode(), shown);
    kiosk.commit(&claims(LATE + 1));
    let path = kiosk.folder.path().join("log.sqlite");
    drop(kiosk.log);
    let log = Log::open(&path).unwrap();
    let stored = log.attestation(LATE).unwrap().unwrap();
    assert_eq!(stored.receipt().encode(), shown);
    assert_eq!(log.audit(&kiosk.device.public()).unwrap().entries, LATE + 2);
}

#[test]
fn every_changed_character_is_refused() {
    let mut kiosk = Kiosk::with_entries(LATE);
    let text = kiosk.commit(&claims(LATE)).receipt().encode();
    for at in 0..text.len() {
        for other in ["0", "A", ":"] {
            if text[at..].starts_with(other) {
                continue;
            }
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            let accepted = Receipt::decode(&changed).and_then(|receipt| check(&receipt, &kiosk));
            assert!(accepted.is_err(), "character {at} as {other}");
        }
    }
}

/// The kiosk signed the part, but nobody may pass it for another place or for the log's head.
#[test]
fn a_part_is_no_other_part_and_no_head() {
    let mut kiosk = Kiosk::with_entries(LATE);
    let bytes = kiosk.commit(&claims(LATE)).receipt().to_cbor();
    // size 128, index 127, start 96: one byte string follows.
    let place = [0x18, 128, 0x18, 127, 0x18, 96];
    let at = bytes.windows(place.len()).position(|found| found == place);
    let at = at.unwrap();
    for (other, code) in [
        ([0x18, 128, 0x18, 127, 0x18, 64], "inclusion_proof"),
        ([0x18, 128, 0x18, 127, 0x18, 112], "inclusion_proof"),
        ([0x18, 128, 0x18, 127, 0x18, 95], "inclusion_proof"),
        ([0x18, 128, 0x18, 127, 0x18, 200], "inclusion_proof"),
        ([0x18, 128, 0x18, 95, 0x18, 96], "inclusion_proof"),
        ([0x18, 160, 0x18, 159, 0x18, 128], "checkpoint_signature"),
    ] {
        let mut changed = bytes.clone();
        changed[at..at + place.len()].copy_from_slice(&other);
        let text = format!("KVR1:{}", base45::encode(&changed));
        let receipt = Receipt::decode(&text).unwrap();
        assert_eq!(
            check(&receipt, &kiosk).unwrap_err().as_code(),
            code,
            "{other:?}"
        );
    }
}
