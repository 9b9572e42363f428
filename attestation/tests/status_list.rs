//! The operator takes back one verification: what the signed list says, and what is done about it.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod common;

use std::path::Path;

use attestation::{
    Check, Freshness, OperatorKey, OperatorPublicKey, Receipt, Refusal, StatusDraft,
    StatusDraftError, StatusList, StatusListError, StatusUri, TokenStatus, Verified, verify,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use common::{Kiosk, NOW, claims, name};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer, SigningKey};
use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::{Value, json};

const DAY_S: u64 = 86_400;

/// An operator whose key the test may sign other things with.
fn operator() -> (SigningKey, OperatorPublicKey) {
    let key = SigningKey::from_bytes(&[9; 32]);
    let pem = key.verifying_key().to_public_key_pem(LineEnding::LF);
    let public = OperatorPublicKey::parse(&pem.unwrap()).unwrap();
    (key, public)
}

fn jwt(key: &SigningKey, header: &Value, payload: &Value) -> String {
    let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(payload));
    let signature = key.sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature))
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "statuslist+jwt" })
}

/// The example of draft-ietf-oauth-status-list §5.1, with another `status_list`.
fn payload(bits: u64, lst: &str) -> Value {
    json!({
        "exp": 2_291_720_170_u64,
        "iat": 1_686_920_170,
        "status_list": { "bits": bits, "lst": lst },
        "sub": "https://example.com/statuslists/1",
        "ttl": 43_200,
    })
}

fn decode(payload: &Value) -> Result<StatusList, StatusListError> {
    let (key, public) = operator();
    StatusList::decode(jwt(&key, &header(), payload).as_bytes(), &public)
}

/// draft-ietf-oauth-status-list §4 and §4.1.
#[test]
fn the_examples_of_the_draft_are_read_bit_by_bit() {
    let one_bit = decode(&payload(1, "eNrbuRgAAhcBXQ")).unwrap();
    let expected = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
    for (index, status) in (0_u64..).zip(expected) {
        let invalid = one_bit.status(index) == Some(TokenStatus::Invalid);
        assert_eq!(invalid, status == 1, "{index}");
    }
    assert_eq!((one_bit.entries(), one_bit.status(16)), (16, None));
    assert_eq!(one_bit.uri(), "https://example.com/statuslists/1");
    assert_eq!(one_bit.next_update(), Some(1_686_920_170 + 43_200));

    let two_bits = decode(&payload(2, "eNo76fITAAPfAgc")).unwrap();
    let expected = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3].map(|status| match status {
        0 => TokenStatus::Valid,
        1 => TokenStatus::Invalid,
        2 => TokenStatus::Suspended,
        other => TokenStatus::Other(other),
    });
    let read: Vec<_> = (0..12)
        .map(|index| two_bits.status(index).unwrap())
        .collect();
    assert_eq!(read, expected);
}

/// The draft's appendix "Test vectors for Status List encoding", 2 bits.
#[test]
fn the_test_vector_of_the_draft_is_read() {
    let digits = include_str!("data/status-list-2-bit.txt");
    let digits: String = digits.lines().filter(|l| !l.starts_with('#')).collect();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let packed: Vec<_> = (0..digits.len()).step_by(2).map(byte).collect();
    let list = decode(&payload(2, &Base64UrlUnpadded::encode_string(&packed))).unwrap();
    assert_eq!(list.entries(), 1 << 20);
    let invalid = [0, 25_460, 495_669, 554_353, 723_232, 854_545];
    let mut expected: Vec<_> = invalid.map(|i| (i, TokenStatus::Invalid)).to_vec();
    expected.extend([1_993, 645_645, 934_534].map(|i| (i, TokenStatus::Suspended)));
    expected.extend([159_495, 1_000_345].map(|i| (i, TokenStatus::Other(3))));
    expected.sort_unstable_by_key(|(index, _)| *index);
    assert_eq!(list.exceptions().collect::<Vec<_>>(), expected);
}

#[test]
fn a_list_that_unpacks_to_more_than_any_kiosk_needs_is_refused_unread() {
    let bomb = compress_to_vec_zlib(&vec![0; 64 << 20], 10);
    assert!(bomb.len() < 100_000);
    let bomb = Base64UrlUnpadded::encode_string(&bomb);
    assert_eq!(decode(&payload(1, &bomb)), Err(StatusListError::Malformed));
    let (_, public) = operator();
    assert_eq!(
        StatusList::decode(&vec![b'e'; StatusList::MAX_BYTES + 1], &public),
        Err(StatusListError::TooLarge)
    );
}

#[test]
fn what_is_no_list_of_this_operator_is_refused() {
    let (key, public) = operator();
    let good = payload(1, "eNrbuRgAAhcBXQ");
    let text = jwt(&key, &header(), &good);
    assert!(StatusList::decode(text.as_bytes(), &public).is_ok());
    let other = OperatorKey::generate().unwrap().public();
    assert_eq!(
        StatusList::decode(text.as_bytes(), &other),
        Err(StatusListError::Signature)
    );
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("crit", json!([])),
        ("typ", json!("JWT")),
    ] {
        let mut header = header();
        header[name] = value;
        assert!(StatusList::decode(jwt(&key, &header, &good).as_bytes(), &public).is_err());
    }
    for (name, value) in [
        ("sub", json!(1)),
        ("iat", json!("now")),
        ("exp", json!("never")),
        ("ttl", json!(0)),
        ("kiosk_log", json!(7)),
        ("status_list", json!({ "bits": 3, "lst": "eNrbuRgAAhcBXQ" })),
        ("status_list", json!({ "bits": 1, "lst": "eNrbuRgAAhcBXA" })),
        ("status_list", json!({ "bits": 1, "lst": "not base64" })),
        ("status_list", json!({ "bits": 1 })),
    ] {
        let mut payload = good.clone();
        payload[name] = value;
        assert_eq!(decode(&payload), Err(StatusListError::Malformed), "{name}");
    }
    // Every byte counts.
    for at in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] ^= 1;
        assert!(StatusList::decode(&changed, &public).is_err(), "{at}");
    }
}

/// The operator, its kiosk, and the receipt with the number 4.
struct Office {
    kiosk: Kiosk,
    receipt: Receipt,
}

impl Office {
    fn new() -> Self {
        let mut kiosk = Kiosk::with_entries(4);
        let receipt = kiosk.commit(&claims(4)).receipt().clone();
        Self { kiosk, receipt }
    }

    fn draft(&self, kiosk: &str, entries: u64) -> StatusDraft {
        let (site, kiosk) = (name("hall-2"), name(kiosk));
        let uri = StatusUri::of(&site, &kiosk);
        StatusDraft::first(&site, &kiosk, &uri, entries).unwrap()
    }

    fn list(&self, draft: StatusDraft) -> StatusList {
        let text = draft.issue(&self.kiosk.operator, NOW, 7 * DAY_S).unwrap();
        StatusList::decode(text.as_bytes(), &self.kiosk.operator_public()).unwrap()
    }

    fn ask(&self, list: &StatusList, freshness: Freshness, now: u64) -> Result<Verified, Refusal> {
        verify(&self.receipt, &self.kiosk.operator_public(), Some(now))?.with_status_list(
            list,
            freshness,
            Some(now),
        )
    }

    fn code(&self, draft: StatusDraft) -> &'static str {
        match self.ask(&self.list(draft), Freshness::Any, NOW) {
            Ok(_) => "counts",
            Err(refusal) => refusal.as_code(),
        }
    }
}

#[test]
fn one_verification_is_taken_back_and_its_neighbours_count() {
    let office = Office::new();
    for (index, code) in [(3, "counts"), (4, "status_invalid"), (5, "counts")] {
        let mut draft = office.draft("kiosk-07", 100);
        draft.invalidate(index).unwrap();
        assert_eq!(office.code(draft), code, "{index}");
    }
    let mut draft = office.draft("kiosk-07", 100);
    draft.suspend(4).unwrap();
    assert_eq!(office.code(draft), "status_suspended");
}

#[test]
fn a_list_that_cannot_answer_does_not_answer() {
    let office = Office::new();
    assert_eq!(
        office.code(office.draft("kiosk-08", 100)),
        "status_other_list"
    );
    assert_eq!(
        office.code(office.draft("kiosk-07", 4)),
        "status_not_listed"
    );
    let verified = verify(&office.receipt, &office.kiosk.operator_public(), None).unwrap();
    let stranger = OperatorKey::generate().unwrap();
    let text = office.draft("kiosk-07", 100).issue(&stranger, NOW, DAY_S);
    let list = StatusList::decode(text.unwrap().as_bytes(), &stranger.public()).unwrap();
    let found = verified.with_status_list(&list, Freshness::Any, None);
    assert_eq!(found.unwrap_err().as_code(), "status_other_list");
}

#[test]
fn the_answer_says_how_old_it_is_and_a_late_one_is_refused_where_it_must_be_fresh() {
    let office = Office::new();
    let list = office.list(office.draft("kiosk-07", 100));
    let later = NOW + 3 * DAY_S;
    let found = office.ask(&list, Freshness::Required, later).unwrap();
    let listed = found.listed().unwrap();
    assert_eq!(listed.age_s(), Some(3 * DAY_S));
    assert_eq!(listed.is_overdue(), Some(false));
    assert_eq!(found.checks().last(), Some(&Check::NotTakenBack));

    let late = NOW + 8 * DAY_S;
    let found = office.ask(&list, Freshness::Any, late).unwrap();
    assert_eq!(found.listed().unwrap().is_overdue(), Some(true));
    let refused = office.ask(&list, Freshness::Required, late).unwrap_err();
    assert_eq!(refused.as_code(), "status_list_not_fresh");
}

/// The draft's §8.3: an expired list must not be used, however little one asks.
#[test]
fn a_list_that_calls_itself_expired_is_never_used() {
    let office = Office::new();
    let (key, public) = operator();
    let payload = json!({
        "sub": "urn:kiosk:status:hall-2/kiosk-07",
        "iat": NOW,
        "exp": NOW + DAY_S,
        "status_list": { "bits": 1, "lst": "eNpjAAAAAQAB" },
    });
    let list = StatusList::decode(jwt(&key, &header(), &payload).as_bytes(), &public).unwrap();
    assert_eq!(list.entries(), 8);
    let device = &office.kiosk.device;
    let mut kiosk = Kiosk::new();
    let ours = saved(&key, &kiosk.folder.path().join("operator.key"));
    let credential = common::credential(&ours, device);
    let committed = kiosk.log.commit(&claims(0), device, &credential).unwrap();
    let ask = |now| {
        let verified = verify(committed.receipt(), &public, Some(now)).unwrap();
        verified.with_status_list(&list, Freshness::Any, Some(now))
    };
    assert!(ask(NOW).is_ok());
    assert_eq!(
        ask(NOW + DAY_S).unwrap_err().as_code(),
        "status_list_not_fresh"
    );
}

/// The operator whose key this is, from a key file as OpenSSL writes it.
fn saved(key: &SigningKey, path: &Path) -> OperatorKey {
    std::fs::write(path, key.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap();
    OperatorKey::load(path).unwrap()
}

#[test]
fn what_must_not_happen_to_a_list_cannot_be_written() {
    let office = Office::new();
    let operator = &office.kiosk.operator;
    let mut draft = office.draft("kiosk-07", 100);
    draft.invalidate(1).unwrap();
    draft.suspend(2).unwrap();
    for change in [StatusDraft::suspend, StatusDraft::reinstate] {
        let forbidden = change(&mut draft, 1).unwrap_err();
        assert!(matches!(forbidden, StatusDraftError::Forbidden { .. }));
    }
    let beyond = StatusDraftError::NotReached { index: 100 };
    assert_eq!(draft.invalidate(100), Err(beyond));
    assert_eq!(draft.extend(u64::MAX), Err(StatusDraftError::TooMany));

    let list = office.list(draft);
    let stranger = OperatorKey::generate().unwrap();
    let foreign = StatusDraft::after(&list, &stranger).unwrap_err();
    assert_eq!(foreign, StatusDraftError::AnotherOperator);

    let mut next = StatusDraft::after(&list, operator).unwrap();
    next.reinstate(2).unwrap();
    next.extend(1_000).unwrap();
    let next = office.list(next);
    assert_eq!(next.entries(), 1_000);
    let exceptions: Vec<_> = next.exceptions().collect();
    assert_eq!(exceptions, [(1, TokenStatus::Invalid)]);
    let earlier = StatusDraft::after(&next, operator).unwrap();
    let earlier = earlier.issue(operator, NOW - 1, DAY_S).unwrap_err();
    assert_eq!(earlier, StatusDraftError::Time);
}

/// 1,000 verifications a day for a year, one in a thousand taken back.
#[test]
fn the_list_of_a_busy_year_is_small() {
    let office = Office::new();
    let mut draft = office.draft("kiosk-07", 365_000);
    (0..365).for_each(|day| draft.invalidate(day * 997).unwrap());
    let text = draft.issue(&office.kiosk.operator, NOW, DAY_S).unwrap();
    assert!(text.len() < 4_000, "{} bytes", text.len());
}
