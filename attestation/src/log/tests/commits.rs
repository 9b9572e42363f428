//! What is committed stays, belongs to one kiosk, and can be proved.

use super::{Kiosk, NOW, claims, vouch};
use crate::log::LogError;
use crate::{Decision, DeviceKey, verify};

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
