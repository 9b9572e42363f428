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
fn the_page_is_laid_on_the_scanner_and_nothing_is_typed() {
    let run = stories::play("passport-scanned");
    run.ends("verified", "all_factors_accepted");
    run.showed(&[
        "numbers-scan",
        "numbers-misread",
        "card-present",
        "receipt-verified",
    ]);
    assert!(faults(&run).is_empty(), "a misread page opens nothing");
    names_nobody(&run);
    assert_eq!(
        run.receipt_holds()["document"]["authenticity"],
        "chip_authenticated"
    );
}

#[test]
fn a_scanner_that_is_unplugged_is_told_and_the_numbers_are_typed() {
    let run = stories::play("scanner-lost");
    run.ends("verified", "all_factors_accepted");
    let screens = run.screens();
    let keys = |name: &&String| name.ends_with("-numbers.png");
    assert!(screens.iter().any(|name| keys(&name)), "{screens:?}");
    let states: Vec<String> = events(&run)
        .filter(|event| event["event"] == "device.state" && event["device"] == "mrz_scanner")
        .map(|event| event["state"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        states.ends_with(&["ready".into(), "absent".into()]),
        "{states:?}"
    );
    names_nobody(&run);
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
    events(run)
        .filter(|event| event["event"] == "card.failed")
        .map(|event| event["fault"].as_str().unwrap().to_owned())
        .collect()
}

fn events(run: &Run) -> impl Iterator<Item = serde_json::Value> {
    let text = fs::read_to_string(run.folder().join("events.jsonl")).unwrap();
    let events: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    events.into_iter()
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
