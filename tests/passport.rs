//! Somebody comes with a passport: its numbers are typed on the screen, its chip is opened, read
//! and authenticated through the real pcscd, and its portrait is compared with the person.
//!
//! Needs pcscd and vpcd (scripts/setup.sh) and a kernel that lets this user make namespaces
//! (`unshare -rm true`); where that is not so, the kiosk's message, which a failure shows, says it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;

use stories::Run;

const PASSPORT: &str = "kiosk-app/demo/passport.toml";

#[test]
fn the_holder_mistypes_a_number_corrects_it_and_is_verified() {
    let run = stories::play("passport");
    run.ends("verified", "all_factors_accepted");
    run.showed(&[
        "numbers",
        "card-present",
        "numbers-wrong",
        "capture-look-here",
        "receipt-verified",
        "attract",
    ]);
    assert_eq!(faults(&run), ["access_key_wrong"]);
    names_nobody(&run);

    let says = run.receipt_holds();
    assert_eq!(says["decision"], "verified");
    let document = &says["document"];
    assert_eq!(document["kind"], "passport");
    assert_eq!(document["authenticity"], "chip_authenticated");
    assert_eq!(document["validity"], "in_force");
}

#[test]
fn a_cloned_chip_is_not_accepted_and_an_officer_takes_over() {
    let run = stories::play("passport-cloned");
    run.ends("referred", "document_not_accepted");
    run.showed(&["numbers", "card-not-accepted", "receipt-referred"]);
    assert!(!run.events().contains(&"card.read".to_owned()));
    let faults = faults(&run);
    assert!(
        !faults.is_empty() && faults.iter().all(|fault| fault == "chip_not_genuine"),
        "{faults:?}"
    );
    run.receipt_holds();
    names_nobody(&run);
}

/// Why documents were refused, in order.
fn faults(run: &Run) -> Vec<String> {
    let text = fs::read_to_string(run.folder().join("events.jsonl")).unwrap();
    let events = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let failed = events.filter(|event| event["event"] == "card.failed");
    failed
        .map(|event| event["fault"].as_str().unwrap().to_owned())
        .collect()
}

fn names_nobody(run: &Run) {
    for key in [
        "surname",
        "given_names",
        "full_name",
        "number",
        "birth_date",
    ] {
        run.hides(PASSPORT, key);
    }
}
