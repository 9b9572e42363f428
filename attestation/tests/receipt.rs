//! A receipt holds for a stranger with the operator's public key, and no changed one does.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]
#![cfg(feature = "log")]

mod common;

use attestation::{Decision, OperatorKey, Reason, Receipt, Refusal, Validity, verify};
use common::{Kiosk, NOW, claims, credential, name};

const PREFIX: &str = "KVR1:";

fn wrap(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", base45::encode(bytes))
}

fn check(text: &str, kiosk: &Kiosk) -> Result<(), Refusal> {
    let receipt = Receipt::decode(text)?;
    verify(&receipt, &kiosk.operator_public(), Some(NOW)).map(drop)
}

#[test]
fn a_stranger_learns_what_the_kiosk_attested() {
    let mut kiosk = Kiosk::with_entries(5);
    let mut referred = claims(5);
    referred.decision = Decision::Referred(Reason::ResidentCannot);
    referred.document = None;
    referred.officer = Some(name("officer-3"));
    let text = kiosk.commit(&referred).receipt().encode();

    let receipt = Receipt::decode(&text).unwrap();
    let verified = verify(&receipt, &kiosk.operator_public(), Some(NOW)).unwrap();

    assert_eq!(*verified.claims(), referred);
    assert_eq!(*verified.credential(), kiosk.credential);
    let head = verified.log().checkpoint().unwrap();
    assert_eq!(head.checkpoint.origin, "kiosk-log/hall-2/kiosk-07");
    assert_eq!(Some(head), kiosk.log.head().unwrap());
}

#[test]
fn the_text_fits_a_qr_code_in_alphanumeric_mode() {
    let text = Kiosk::new().commit(&claims(0)).receipt().encode();
    let alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    assert!(text.chars().all(|c| alphanumeric.contains(c)));
}

#[test]
fn every_flipped_bit_is_refused() {
    let mut kiosk = Kiosk::with_entries(11);
    let bytes = kiosk.commit(&claims(11)).receipt().to_cbor();
    assert!(check(&wrap(&bytes), &kiosk).is_ok());
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(
                check(&wrap(&changed), &kiosk).is_err(),
                "byte {at}, bit {bit}"
            );
        }
    }
}

#[test]
fn every_removed_doubled_or_added_byte_is_refused() {
    let mut kiosk = Kiosk::with_entries(3);
    let bytes = kiosk.commit(&claims(3)).receipt().to_cbor();
    for at in 0..bytes.len() {
        let mut shorter = bytes.clone();
        shorter.remove(at);
        let mut longer = bytes.clone();
        longer.insert(at, bytes[at]);
        for changed in [shorter, longer, bytes[..at].to_vec()] {
            assert!(check(&wrap(&changed), &kiosk).is_err(), "byte {at}");
        }
    }
    assert!(check(&wrap(&[&bytes[..], &[0]].concat()), &kiosk).is_err());
}

#[test]
fn every_changed_character_is_refused() {
    let mut kiosk = Kiosk::with_entries(3);
    let text = kiosk.commit(&claims(3)).receipt().encode();
    for at in 0..text.len() {
        let original = text.as_bytes()[at];
        for other in ["0", "A", "Z", ":", "%", " ", "a", "é", ""] {
            if other.as_bytes() == [original] {
                continue;
            }
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert!(
                check(&changed, &kiosk).is_err(),
                "character {at} as {other:?}"
            );
        }
    }
    for around in [format!("{text} "), format!(" {text}"), text.to_lowercase()] {
        assert!(check(&around, &kiosk).is_err());
    }
}

/// The parts of honest receipts, put together anew: each refusal names what does not hold.
#[test]
fn parts_of_different_receipts_do_not_make_one() {
    let mut kiosk = Kiosk::with_entries(2);
    let first = kiosk.commit(&claims(2));
    let mut lie = claims(2);
    lie.decision = Decision::NotVerified(Reason::NotSamePerson);
    let another_device = attestation::DeviceKey::from_seed(&[9; 32]);
    let operator = kiosk.operator_public();
    let refusal = |receipt: &Receipt| verify(receipt, &operator, None).unwrap_err().as_code();

    let (honest, bytes) = (first.receipt(), first.receipt().attestation());
    let head = kiosk.log.head().unwrap().unwrap();
    let proof = attestation::merkle::InclusionProof {
        index: 2,
        size: 3,
        path: vec![[0; 32]],
    };
    assert!(verify(honest, &operator, None).is_ok());
    let with = |attestation: Vec<u8>, credential, proof| {
        Receipt::new(&attestation, credential, proof, head.signature).unwrap()
    };
    let good = || kiosk.credential.clone();

    let forged = another_device.attest(&claims(2));
    assert_eq!(
        refusal(&with(forged, good(), proof.clone())),
        "attestation_signature"
    );
    let uncommitted = kiosk.device.attest(&lie);
    assert_eq!(
        refusal(&with(uncommitted, good(), proof.clone())),
        "checkpoint_signature"
    );
    let mut shapeless = proof.clone();
    shapeless.path.push([0; 32]);
    assert_eq!(
        refusal(&with(bytes.clone(), good(), shapeless)),
        "inclusion_proof"
    );
    let upstart = credential(&OperatorKey::generate().unwrap(), &kiosk.device);
    assert_eq!(
        refusal(&with(bytes.clone(), upstart, proof.clone())),
        "credential_signature"
    );
    let mut elsewhere = good();
    elsewhere.site = name("hall-3");
    assert_eq!(
        refusal(&with(bytes, elsewhere, proof)),
        "credential_signature"
    );
}

#[test]
fn a_credential_of_another_time_does_not_help() {
    let mut kiosk = Kiosk::new();
    let honest = kiosk.commit(&claims(0));
    let expired = attestation::Credential::issue(
        &kiosk.operator,
        name("kiosk-07"),
        name("hall-2"),
        kiosk.device.public(),
        Validity {
            not_before: 0,
            not_after: NOW,
        },
    );
    let proof = attestation::merkle::InclusionProof {
        index: 0,
        size: 1,
        path: vec![],
    };
    let head = kiosk.log.head().unwrap().unwrap();
    let bytes = honest.receipt().attestation();
    let receipt = Receipt::new(&bytes, expired, proof, head.signature).unwrap();
    let refusal = verify(&receipt, &kiosk.operator_public(), None).unwrap_err();
    assert_eq!(refusal.as_code(), "credential_not_valid_at_time");
}

#[test]
fn a_receipt_from_the_future_is_refused_where_the_time_is_known() {
    let mut kiosk = Kiosk::new();
    let committed = kiosk.commit(&claims(0));
    let at = |now| verify(committed.receipt(), &kiosk.operator_public(), now);
    assert!(
        at(None).is_ok() && at(Some(NOW - 300)).is_ok() && at(Some(NOW + 1_000_000_000)).is_ok()
    );
    assert_eq!(
        at(Some(NOW - 301)).unwrap_err().as_code(),
        "issued_in_future"
    );
}

#[test]
fn other_texts_are_told_apart() {
    for (text, code) in [
        ("", "not_a_receipt"),
        ("https://example.org/", "not_a_receipt"),
        ("KVR", "not_a_receipt"),
        ("KVRX:ABC", "not_a_receipt"),
        ("KVR2:ABC", "unknown_version"),
        ("KVR1:", "malformed"),
        ("KVR1:A", "malformed"),
        ("KVR1::::", "malformed"),
        ("KVR1:0000", "malformed"),
        ("KVR1.", "not_a_receipt"),
        ("https://example.org/#", "not_a_receipt"),
        ("https://example.org/?KVR1.AAAA", "not_a_receipt"),
        ("https://example.org/#KVR1:0000", "not_a_receipt"),
        ("https://example.org/#KVR2.AAAA", "unknown_version"),
        ("https://example.org/#KVR1.", "malformed"),
        ("https://example.org/#KVR1.AAAA", "malformed"),
        ("https://example.org/#KVR1.A%20", "malformed"),
    ] {
        assert_eq!(
            Receipt::decode(text).unwrap_err().as_code(),
            code,
            "{text:?}"
        );
    }
    let huge = format!("{PREFIX}{}", "0".repeat(1 << 20));
    assert_eq!(
        Receipt::decode(&huge).unwrap_err().as_code(),
        "not_a_receipt"
    );
}

const PAGE: &str = "https://check.example.org/receipt";

/// A phone opens the link; what is behind the # stays in the browser.
#[test]
fn a_receipt_is_also_a_link_with_everything_in_its_fragment() {
    let mut kiosk = Kiosk::with_entries(7);
    let committed = kiosk.commit(&claims(7));
    let url = committed.receipt().to_url(PAGE).unwrap();
    let (sent, kept) = url.split_once('#').unwrap();
    assert_eq!(
        sent, PAGE,
        "what the server sees is the same for every receipt"
    );
    let unreserved = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    assert!(kept.chars().all(unreserved), "nothing needs escaping");
    assert_eq!(Receipt::decode(&url).unwrap(), *committed.receipt());
    assert!(check(&url, &kiosk).is_ok());
}

#[test]
fn every_changed_character_of_a_fragment_is_refused() {
    let mut kiosk = Kiosk::with_entries(3);
    let url = kiosk.commit(&claims(3)).receipt().to_url(PAGE).unwrap();
    for at in PAGE.len()..url.len() {
        for other in ["0", "A", "-", "=", "%41", "#", ""] {
            if url[at..].starts_with(other) && !other.is_empty() {
                continue;
            }
            let changed = format!("{}{other}{}", &url[..at], &url[at + 1..]);
            let place = format!("character {at} as {other:?}");
            assert!(check(&changed, &kiosk).is_err(), "{place}");
        }
    }
    for around in [format!("{url} "), format!("{url}="), format!("{url}#")] {
        assert!(check(&around, &kiosk).is_err());
    }
}

#[test]
fn a_receipt_points_to_secure_pages_only() {
    let receipt = Kiosk::new().commit(&claims(0)).receipt().clone();
    let long = format!("https://{}", "x".repeat(300));
    for page in [
        "",
        "https://",
        "http://a.example/",
        "https://a/#b",
        "https://a b",
        &long,
    ] {
        assert!(receipt.to_url(page).is_err(), "{page:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(0_u8.., 0..700)) {
        let _ = Receipt::decode(&wrap(&bytes));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = Receipt::decode(&text);
        let _ = Receipt::decode(&format!("{PREFIX}{text}"));
        let _ = Receipt::decode(&format!("{PAGE}#KVR1.{text}"));
    }
}
