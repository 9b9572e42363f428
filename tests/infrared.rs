//! A kiosk with a second camera, for infrared light: it verifies who is there, and sends to an officer
//! who holds up a screen that visible light cannot tell from the person.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;

use serde_json::Value;

#[test]
fn who_is_seen_in_infrared_light_too_is_verified() {
    let run = stories::play("genuine-infrared");
    run.ends("verified", "all_factors_accepted");
    assert_eq!(infrared(&run), "face");
    assert!(told(&run, "device.state").any(|event| event["device"] == "infrared_camera"));
    run.names_nobody();
}

/// What visible light sees is, pixel by pixel, what it sees of the person: without the second camera it
/// would be verified, as `genuine` is.
#[test]
fn a_film_on_a_screen_is_for_an_officer() {
    let run = stories::play("screen-infrared");
    run.ends("referred", "doubtful_liveness");
    assert_eq!(infrared(&run), "no_face");
    assert_eq!(run.receipt_holds()["factors"]["liveness"], "doubtful");
    let face = run.receipt_holds()["factors"]["face"].clone();
    assert!(
        ["accepted", "strong"].contains(&face.as_str().unwrap()),
        "{face}"
    );
    run.names_nobody();
}

/// What the event file says of the capture.
fn infrared(run: &stories::Run) -> String {
    let complete = told(run, "capture.complete").next().unwrap();
    complete["infrared"].as_str().unwrap().to_owned()
}

fn told(run: &stories::Run, event: &'static str) -> impl Iterator<Item = Value> {
    let text = fs::read_to_string(run.folder().join("events.jsonl")).unwrap();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    events.into_iter().filter(move |e| e["event"] == event)
}
