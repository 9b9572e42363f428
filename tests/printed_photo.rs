//! Somebody holds a printed photograph of the card's holder in front of the camera.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn a_printed_photograph_is_recognised_as_a_presentation_attack() {
    let run = stories::play("printed-photo");
    run.ends("not_verified", "presentation_attack");
    run.showed(&["card-present", "receipt-not-verified", "attract"]);
    assert_eq!(run.receipt_holds()["decision"], "not_verified");
    run.names_nobody();
}

/// Recorded print attacks of the NUAA Imposter Database, against the attacked person's own card.
#[test]
fn real_print_attacks_are_not_verified() {
    let data = stories::workspace().join("../shared/data/nuaa-dev");
    if !data.exists() {
        eprintln!("skipped: no evaluation data at {}", data.display());
        return;
    }
    for person in ["0001", "0003", "0005"] {
        let outcome = play_frames(
            &data.join("print-attack").join(person),
            &card_of(&data, person),
        );
        assert_ne!(outcome, "verified", "a print of {person} was accepted");
    }
    // The same path does verify the living person: the attacks were not refused for nothing.
    let outcome = play_frames(&data.join("bona-fide/0003"), &card_of(&data, "0003"));
    assert_eq!(outcome, "verified");
}

fn play_frames(frames: &Path, card: &Path) -> String {
    let (frames, card) = (frames.to_str().unwrap(), card.to_str().unwrap());
    let run = stories::play_with("printed-photo", &["--frames", frames, "--card-photo", card]);
    run.outcome()["outcome"].as_str().unwrap().to_owned()
}

/// The first photograph of the living person stands for the chip's portrait.
fn card_of(data: &Path, person: &str) -> PathBuf {
    let folder = data.join("bona-fide").join(person);
    let photographs = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    photographs.min().unwrap()
}
