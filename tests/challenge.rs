//! Before the camera the resident is asked to turn the head: one does, one cannot, and one is a
//! picture.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;

use serde_json::Value;

/// How the challenge of a story ended, as the event file says it.
fn answered(run: &stories::Run) -> Vec<String> {
    let text = fs::read_to_string(run.folder().join("events.jsonl")).unwrap();
    let events = text.lines().map(|line| serde_json::from_str(line).unwrap());
    events
        .filter(|event: &Value| event["event"] == "challenge.complete")
        .map(|event| event["outcome"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_resident_turns_the_head_as_asked_and_is_verified() {
    let run = stories::play("challenge");
    run.ends("verified", "all_factors_accepted");
    assert_eq!(answered(&run), ["done"], "{}", run.said());
    run.showed(&[
        "capture-good",
        "challenge-ahead",
        "challenge-back",
        "receipt-verified",
    ]);
    assert_eq!(run.receipt_holds()["decision"], "verified");
    run.names_nobody();
}

#[test]
fn a_resident_who_cannot_turn_the_head_says_so_and_is_verified_all_the_same() {
    let run = stories::play("challenge-skipped");
    run.ends("verified", "all_factors_accepted");
    run.showed(&["capture-good", "challenge-", "receipt-verified"]);
    assert_eq!(answered(&run), ["unanswered"], "{}", run.said());
    run.names_nobody();
}

/// The networks take a cut-out in life size for a person: no edge of it can be seen.
#[test]
fn a_cut_out_that_is_turned_as_asked_leads_to_an_officer() {
    let run = stories::play("challenge-picture");
    run.ends("referred", "doubtful_liveness");
    assert_eq!(answered(&run), ["picture"], "{}", run.said());
    assert_eq!(run.receipt_holds()["decision"], "referred");
}
