//! What the page answers about a receipt whose verification the operator took back.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[path = "../examples/receipts/office.rs"]
#[allow(dead_code, reason = "forgers are at work in the example only")]
mod office;

use std::error::Error;

use attestation::{Name, Receipt, StatusDraft, StatusUri};
use base64ct::{Base64, Encoding};
use office::Office;
use serde_json::{Value, json};
use tempfile::TempDir;

type Outcome<T> = Result<T, Box<dyn Error>>;

const DAY_S: u64 = 86_400;

/// An operator with a kiosk whose only verification it took back.
struct Scene {
    office: Office,
    receipt: Receipt,
    _folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut office = Office::open(folder.path()).unwrap();
        let receipt = office.receipt(0, |_| ()).unwrap();
        Self {
            office,
            receipt,
            _folder: folder,
        }
    }

    /// The kiosk's status list of some days ago, with or without the verification taken back.
    fn status_list(&self, days_ago: u64, is_taken_back: bool) -> String {
        let (site, kiosk) = (Name::new("hall-2").unwrap(), Name::new("kiosk-07").unwrap());
        let uri = StatusUri::of(&site, &kiosk);
        let mut draft = StatusDraft::first(&site, &kiosk, &uri, 10).unwrap();
        if is_taken_back {
            draft.invalidate(0).unwrap();
        }
        let at = self.office.now - days_ago * DAY_S;
        draft.issue(&self.office.operator, at, 7 * DAY_S).unwrap()
    }

    fn check(&self, text: &str, statuses: &[String]) -> Value {
        let trust = self.office.list(self.office.now, |_| Ok(())).unwrap();
        let request = json!({
            "text": text,
            "operator": self.office.operator.public().to_pem(),
            "trust": Base64::encode_string(&trust),
            "statuses": statuses,
            "now": self.office.now,
        });
        verify_page::check(request.to_string().as_bytes())
    }
}

/// Whoever holds the full receipt can make the plain one, which names no place in any list.
#[test]
fn a_verification_that_was_taken_back_does_not_pass_in_its_plain_form() {
    let scene = Scene::new();
    let list = [scene.status_list(0, true)];
    let full = scene.check(&scene.receipt.encode(), &list);
    assert_eq!(full["code"], "status_invalid");
    let plain = scene.receipt.to_plain().encode();
    let refused = scene.check(&plain, &list);
    assert_eq!(refused["kind"], "refused");
    assert_eq!(refused["code"], "status_needs_log");
    let steps = refused["steps"].as_array().unwrap();
    let failed = json!({ "name": "not_taken_back", "state": "failed" });
    assert!(steps.contains(&failed), "{refused}");
    assert_eq!(scene.check(&plain, &[])["kind"], "accepted");
}

/// In whatever order the lists stand: a visitor's own come first.
#[test]
fn of_several_lists_the_newest_counts() {
    let scene = Scene::new();
    let (older, newer) = (scene.status_list(3, false), scene.status_list(1, true));
    for lists in [[older.clone(), newer.clone()], [newer, older]] {
        let refused = scene.check(&scene.receipt.encode(), &lists);
        assert_eq!(refused["code"], "status_invalid");
    }
}
