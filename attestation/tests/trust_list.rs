//! A kiosk is stolen, replaced, doubted: what the operator publishes about its key, and what a
//! clerk's desk then says about receipts from before and after.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod common;

use std::path::PathBuf;
use std::process::{Command, Output};

use attestation::{
    DeviceKey, Freshness, KeyState, OperatorKey, Refusal, TrustDraft, TrustList, Verified, verify,
};
use common::{Kiosk, NOW, claims, credential};
use serde_json::Value;

const WEEK_S: u64 = 7 * 86_400;

/// The operator and a clerk; the kiosk's receipt is of [`NOW`], 2025-01-01T08:00:00Z.
struct Office {
    kiosk: Kiosk,
}

impl Office {
    fn new() -> Self {
        let office = Self {
            kiosk: Kiosk::new(),
        };
        let Kiosk {
            operator,
            credential,
            ..
        } = &office.kiosk;
        operator.save(&office.path("operator.key")).unwrap();
        office.put("operator.pub", operator.public().to_pem());
        office.put("kiosk-07.credential", credential.to_cose());
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.kiosk.folder.path().join(name)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    fn receipt(&mut self) -> Verified {
        let committed = self.kiosk.commit(&claims(0));
        self.put("receipt.txt", committed.receipt().encode());
        verify(committed.receipt(), &self.kiosk.operator_public(), None).unwrap()
    }

    /// A list of the kiosk's key, signed when the receipt was made.
    fn list(&self, change: impl FnOnce(&mut TrustDraft<'_>)) -> TrustList {
        let mut draft = TrustDraft::first(&self.kiosk.operator);
        draft.vouch(&self.kiosk.credential).unwrap();
        change(&mut draft);
        draft.issue(NOW, NOW + WEEK_S).unwrap()
    }

    fn run(&self, arguments: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_receipt"))
            .current_dir(self.kiosk.folder.path())
            .args(arguments.split(' '))
            .output()
            .unwrap()
    }

    fn succeeds(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        told(&output)
    }

    fn fails(&self, code: i32, arguments: &str) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{}", told(&output));
        told(&output)
    }
}

fn told(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap()
}

const VERIFY: &str = "verify --operator operator.pub --trust trust.list";
const ISSUE: &str = "trust issue --operator-key operator.key";

#[test]
fn a_stolen_kiosks_receipts_are_refused_from_the_theft_on() {
    let mut office = Office::new();
    office.receipt();
    office.succeeds(&format!(
        "{ISSUE} --credential kiosk-07.credential trust.list"
    ));
    let words = office.succeeds(&format!("{VERIFY} receipt.txt"));
    assert!(words.contains("GENUINE") && words.contains("Key status  in use"));
    assert!(words.contains("Trust list  number 1, of ") && words.contains(" second"));
    assert!(!words.contains("WARNING"), "{words}");

    // Stolen a second after the receipt was made: it still counts, and the clerk is told.
    let next = format!("{ISSUE} --previous trust.list");
    office.succeeds(&format!(
        "{next} --revoke kiosk-07@2025-01-01T08:00:01Z trust.list"
    ));
    let words = office.succeeds(&format!("{VERIFY} receipt.txt"));
    assert!(
        words.contains("revoked from 2025-01-01T08:00:01Z on"),
        "{words}"
    );
    assert!(words.contains("number 2"), "{words}");

    // It turns out to have been earlier.
    office.succeeds(&format!(
        "{next} --revoke kiosk-07@2025-01-01T08:00:00Z trust.list"
    ));
    let words = office.fails(1, &format!("{VERIFY} receipt.txt"));
    assert!(words.starts_with("REFUSED (key_revoked)"), "{words}");
    let json = office.fails(1, &format!("{VERIFY} --json receipt.txt"));
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(found["code"], "key_revoked");
    let words = office.fails(2, &format!("{next} --reinstate kiosk-07 trust.list"));
    assert!(words.contains("cannot reinstate the key of kiosk-07: it is revoked"));
}

#[test]
fn without_a_list_the_desk_says_that_nobody_asked() {
    let mut office = Office::new();
    office.receipt();
    let words = office.succeeds("verify --operator operator.pub receipt.txt");
    assert!(words.contains("Key status  not looked at"), "{words}");
}

#[test]
fn an_old_list_is_a_warning_unless_a_fresh_one_is_required() {
    let mut office = Office::new();
    office.receipt();
    office
        .list(|_| ())
        .save(&office.path("trust.list"))
        .unwrap();
    let words = office.succeeds(&format!("{VERIFY} receipt.txt"));
    assert!(words.contains("days old"), "{words}");
    assert!(
        words.contains(
            "WARNING     the trust list is out of date: a newer one was due at 2025-01-08T08:00:00Z"
        ),
        "{words}"
    );
    let json = office.succeeds(&format!("{VERIFY} --json receipt.txt"));
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(found["trust"]["overdue"], true);
    assert_eq!(found["trust"]["sequence"], 1);
    let words = office.fails(1, &format!("{VERIFY} --require-fresh receipt.txt"));
    assert!(words.starts_with("REFUSED (status_not_fresh)"), "{words}");
    let alone = "verify --operator operator.pub --require-fresh receipt.txt";
    office.fails(2, alone);
}

#[test]
fn a_list_that_cannot_be_gone_by_stops_the_check() {
    let mut office = Office::new();
    office.receipt();
    let mut bytes = office.list(|_| ()).encode();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    office.put("trust.list", &bytes);
    let words = office.fails(2, &format!("{VERIFY} receipt.txt"));
    assert!(
        words.contains("trust.list (trust_list_signature)"),
        "{words}"
    );
    office.put("trust.list", "My list: kiosk-07");
    let words = office.fails(2, &format!("{VERIFY} receipt.txt"));
    assert!(words.contains("(trust_list_malformed)"), "{words}");
}

#[test]
fn the_time_of_the_receipt_decides() {
    let mut office = Office::new();
    let receipt = office.receipt();
    let key = office.kiosk.credential.device;
    let newer = DeviceKey::from_seed(&[43; 32]);
    let successor = credential(&office.kiosk.operator, &newer);
    let refusal = |list: TrustList| {
        let asked = receipt.clone().with_status(&list, Freshness::Any, None);
        asked.err().map(|refusal: Refusal| refusal.as_code())
    };
    let suspended = |from| office.list(|draft| draft.suspend(&key, from).unwrap());
    assert_eq!(refusal(suspended(NOW)), Some("key_suspended"));
    assert_eq!(refusal(suspended(NOW + 1)), None);
    let rotated = |from| {
        office.list(|draft| {
            draft.vouch(&successor).unwrap();
            draft.rotate(&key, &newer.public(), from).unwrap();
        })
    };
    assert_eq!(refusal(rotated(NOW)), Some("key_rotated"));
    assert_eq!(refusal(rotated(NOW + 1)), None);
    let empty = TrustDraft::first(&office.kiosk.operator).issue(1, 2);
    assert_eq!(refusal(empty.unwrap()), Some("key_not_listed"));
    let stranger = OperatorKey::generate().unwrap();
    let mut draft = TrustDraft::first(&stranger);
    let his = credential(&stranger, &office.kiosk.device);
    draft.vouch(&his).unwrap();
    let listed_by_another = draft.issue(NOW, NOW + 1).unwrap();
    assert_eq!(refusal(listed_by_another), Some("key_not_listed"));
}

#[test]
fn the_age_of_a_list_is_told_as_far_as_the_clock_is_known() {
    let mut office = Office::new();
    let receipt = office.receipt();
    let list = office.list(|_| ());
    let ask = |freshness, now| receipt.clone().with_status(&list, freshness, now);
    let told = |now| {
        let verified = ask(Freshness::Any, now).unwrap();
        let status = *verified.status().unwrap();
        assert_eq!(status.state, KeyState::Active);
        (status.age_s(), status.is_overdue())
    };
    assert_eq!(told(Some(NOW + 60)), (Some(60), Some(false)));
    assert_eq!(
        told(Some(NOW - 60)),
        (Some(0), Some(false)),
        "clocks differ"
    );
    assert_eq!(told(Some(NOW - 301)), (None, None), "a list to come");
    assert_eq!(told(None), (None, None));
    assert_eq!(told(Some(NOW + WEEK_S)), (Some(WEEK_S), Some(true)));
    for (now, fresh) in [
        (Some(NOW), true),
        (Some(NOW + WEEK_S - 1), true),
        (Some(NOW + WEEK_S), false),
        (Some(NOW - 301), false),
        (None, false),
    ] {
        assert_eq!(ask(Freshness::Required, now).is_ok(), fresh, "{now:?}");
    }
}

#[test]
fn issuing_goes_on_from_the_last_list_and_names_keys_without_doubt() {
    let office = Office::new();
    let newer = DeviceKey::from_seed(&[43; 32]);
    let successor = credential(&office.kiosk.operator, &newer);
    office.put("newer.credential", successor.to_cose());
    let both = "--credential kiosk-07.credential --credential newer.credential";
    let words = office.succeeds(&format!("{ISSUE} {both} trust.list"));
    assert!(words.contains("Sequence    1") && words.contains("Keys        2"));

    // A second first list would be followed by lower numbers.
    let words = office.fails(2, &format!("{ISSUE} {both} trust.list"));
    assert!(words.contains("give it with --previous too"), "{words}");
    let next = format!("{ISSUE} --previous trust.list");
    let words = office.fails(2, &format!("{next} --suspend kiosk-07 trust.list"));
    assert!(
        words.contains("does not name exactly one listed key"),
        "{words}"
    );
    let words = office.fails(2, &format!("{next} --suspend kiosk-07@today trust.list"));
    assert!(words.contains("is not a time"), "{words}");

    let digits = |key: &DeviceKey| -> String {
        let key = key.public();
        key.as_bytes()[..4]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect()
    };
    let (old, new) = (digits(&office.kiosk.device), digits(&newer));
    let words = office.succeeds(&format!(
        "{next} --rotate {old}={new}@2025-06-01T00:00:00Z --days 30 trust.list"
    ));
    assert!(words.contains("replaced by another key from 2025-06-01T00:00:00Z on"));
    let json = office.succeeds("trust show --operator operator.pub --json trust.list");
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(found["sequence"], 2);
    assert_eq!(found["keys"].as_array().unwrap().len(), 2);
}
