//! A slip of paper has no room for a large code: the plain receipt, and what it does not prove.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod common;

use attestation::{
    AnyReceipt, Check, Credential, DeviceKey, Freshness, OperatorKey, OperatorPublicKey,
    PlainReceipt, Receipt, Refusal, TrustDraft, TrustList, verify,
};
use common::{Kiosk, NOW, claims, credential};
use fast_qr::{ECL, QRBuilder};

const PAGE: &str = "https://check.example.org/r";
const NOT_PROVEN: &[Check] = &[Check::ProofLeadsToLog, Check::KioskSignedLog];

fn slip(kiosk: &mut Kiosk) -> PlainReceipt {
    kiosk.commit(&claims(0)).receipt().to_plain()
}

fn list(kiosk: &Kiosk, change: impl FnOnce(&mut TrustDraft<'_>)) -> TrustList {
    let mut draft = TrustDraft::first(&kiosk.operator);
    draft.vouch(&kiosk.credential).unwrap();
    change(&mut draft);
    draft.issue(NOW, NOW + 86_400).unwrap()
}

fn code<T: std::fmt::Debug>(found: Result<T, Refusal>) -> &'static str {
    found.unwrap_err().as_code()
}

#[test]
fn it_takes_69_modules_at_most_and_says_what_the_full_one_says() {
    let mut kiosk = Kiosk::with_entries(300);
    let full = kiosk.commit(&claims(300)).receipt().clone();
    let plain = full.to_plain();
    let text = plain.encode();
    let qr = QRBuilder::new(text.as_str()).ecl(ECL::M).build().unwrap();
    assert!(qr.size <= 69, "{} modules", qr.size);
    let read = PlainReceipt::decode(&text).unwrap();
    assert_eq!(read, plain);
    assert_eq!(read.attestation(), full.attestation());
    let link = plain.to_url(PAGE).unwrap();
    assert_eq!(PlainReceipt::decode(&link).unwrap(), plain);
}

#[test]
fn the_trust_list_or_the_credential_makes_it_count_and_neither_proves_the_log() {
    let mut kiosk = Kiosk::new();
    let plain = slip(&mut kiosk);
    let good = list(&kiosk, |_| ());
    let by_list = plain.verify_by_list(&good, Freshness::Required, Some(NOW));
    let by_list = by_list.unwrap();
    assert_eq!(*by_list.claims(), claims(0));
    assert_eq!(by_list.checks(), [Check::KioskSigned, Check::KeyCounts]);

    let operator = kiosk.operator_public();
    let by_credential = plain.verify_by_credential(&kiosk.credential, &operator, Some(NOW));
    let by_credential = by_credential.unwrap();
    for found in [&by_list, &by_credential] {
        assert!(
            found
                .checks()
                .iter()
                .all(|check| !NOT_PROVEN.contains(check))
        );
    }
    let both = by_credential.with_status(&good, Freshness::Any, Some(NOW));
    assert_eq!(both.unwrap().checks().len(), 4);
}

#[test]
fn a_key_that_no_longer_counts_refuses_it_as_it_refuses_the_full_one() {
    let mut kiosk = Kiosk::new();
    let plain = slip(&mut kiosk);
    let key = kiosk.device.public();
    let ask = |list: &TrustList| plain.verify_by_list(list, Freshness::Any, Some(NOW));
    let revoked = list(&kiosk, |draft| draft.revoke(&key, NOW).unwrap());
    assert_eq!(code(ask(&revoked)), "key_revoked");
    let later = list(&kiosk, |draft| draft.revoke(&key, NOW + 1).unwrap());
    assert!(ask(&later).is_ok());
    // After a rotation the list names both keys; the one that signed decides.
    let successor = DeviceKey::from_seed(&[1; 32]);
    let rotated = list(&kiosk, |draft| {
        let next = credential(&kiosk.operator, &successor);
        draft.vouch(&next).unwrap();
        draft.rotate(&key, &successor.public(), NOW + 1).unwrap();
    });
    assert_eq!(*ask(&rotated).unwrap().device(), key);

    let empty = TrustDraft::first(&kiosk.operator)
        .issue(NOW, NOW + 1)
        .unwrap();
    assert_eq!(code(ask(&empty)), "key_not_listed");
    let late = plain.verify_by_list(&later, Freshness::Required, Some(NOW + 86_400));
    assert_eq!(code(late), "status_not_fresh");
    let early = plain.verify_by_list(&later, Freshness::Any, Some(NOW - 301));
    assert_eq!(code(early), "issued_in_future");
}

#[test]
fn another_kiosks_credential_and_another_operator_do_not_help() {
    let mut kiosk = Kiosk::new();
    let plain = slip(&mut kiosk);
    let ask = |credential: &Credential, operator: &OperatorPublicKey| {
        plain.verify_by_credential(credential, operator, None)
    };
    let ours = kiosk.operator_public();
    let stranger = OperatorKey::generate().unwrap();
    assert_eq!(
        code(ask(&kiosk.credential, &stranger.public())),
        "credential_signature"
    );
    let other_key = credential(&kiosk.operator, &DeviceKey::from_seed(&[1; 32]));
    assert_eq!(code(ask(&other_key, &ours)), "attestation_signature");
    let mut other_site = kiosk.credential.clone();
    other_site.site = common::name("hall-3");
    assert_eq!(code(ask(&other_site, &ours)), "another_kiosks_credential");
}

#[test]
fn every_changed_character_is_refused() {
    let mut kiosk = Kiosk::new();
    let text = slip(&mut kiosk).encode();
    let good = list(&kiosk, |_| ());
    for at in 0..text.len() {
        for other in [b'0', b'Z', b':', b'a'] {
            let mut changed = text.clone().into_bytes();
            if std::mem::replace(&mut changed[at], other) == other {
                continue;
            }
            let changed = String::from_utf8(changed).unwrap();
            let found = PlainReceipt::decode(&changed)
                .and_then(|plain| plain.verify_by_list(&good, Freshness::Any, None));
            assert!(found.is_err(), "at {at}");
        }
    }
}

#[test]
fn each_form_is_told_from_the_others_by_how_it_begins() {
    let mut kiosk = Kiosk::new();
    let full = kiosk.commit(&claims(0)).receipt().clone();
    let (full_text, plain_text) = (full.encode(), full.to_plain().encode());
    assert_eq!(code(Receipt::decode(&plain_text)), "not_a_receipt");
    assert_eq!(code(PlainReceipt::decode(&full_text)), "not_a_receipt");
    assert_eq!(code(PlainReceipt::decode("KVP2:ABC")), "unknown_version");
    assert_eq!(code(PlainReceipt::decode("KVP1:!")), "malformed");
    let link = full.to_plain().to_url(PAGE).unwrap();
    for (text, form) in [
        (full_text, "full"),
        (full.to_url(PAGE).unwrap(), "full"),
        (plain_text, "plain"),
        (link, "plain"),
    ] {
        assert!(AnyReceipt::is_like(&text));
        assert_eq!(AnyReceipt::decode(&text).unwrap().form(), form);
    }
    for other in ["", "https://example.org/#a", "hello", "KVH1:abc"] {
        assert!(!AnyReceipt::is_like(other), "{other}");
        assert_eq!(code(AnyReceipt::decode(other)), "not_a_receipt");
    }
}

/// Receipts from before the claim set had a second version are what they were.
#[test]
fn a_receipt_of_version_1_still_verifies_in_both_forms() {
    let mut kiosk = Kiosk::new();
    let mut old = claims(0);
    old.software = None;
    assert_eq!(old.version(), 1);
    let full = kiosk.commit(&old).receipt().clone();
    let read = Receipt::decode(&full.encode()).unwrap();
    let verified = verify(&read, &kiosk.operator_public(), Some(NOW)).unwrap();
    assert_eq!(*verified.claims(), old);
    let plain = full.to_plain();
    let found = plain.verify_by_credential(&kiosk.credential, &kiosk.operator_public(), None);
    assert_eq!(*found.unwrap().claims(), old);
}
