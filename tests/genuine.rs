//! A resident registers: card, camera, receipt; and a stranger checks the receipt.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;

#[test]
fn the_holder_of_the_card_is_verified_and_a_stranger_can_check_it() {
    let run = stories::play("genuine");
    run.ends("verified", "all_factors_accepted");
    run.showed(&[
        "attract",
        "services",
        "consent",
        "card-present",
        "capture-look-here",
        "capture-come-closer",
        "receipt-verified",
        "attract",
    ]);
    run.names_nobody();

    let says = run.receipt_holds();
    assert_eq!(says["decision"], "verified");
    assert_eq!(says["service"], "outpatient-registration");
    assert_eq!(says["kiosk"], "kiosk-demo");
    assert_eq!(says["site"], "demo-hall");
    for factor in ["liveness", "face"] {
        let band = says["factors"][factor].as_str().unwrap();
        assert!(
            ["accepted", "strong"].contains(&band),
            "bands, never scores: {band}"
        );
    }
}

#[test]
fn a_receipt_changed_in_one_character_is_refused_with_the_reason() {
    let run = stories::play("cannot");
    let receipt = fs::read_to_string(run.folder().join("receipt.txt")).unwrap();
    let forged = run.folder().join("forged.txt");
    for place in (0..receipt.trim().len()).step_by(receipt.len() / 24) {
        let mut characters: Vec<char> = receipt.trim().chars().collect();
        characters[place] = if characters[place] == '7' { '8' } else { '7' };
        fs::write(&forged, characters.iter().collect::<String>()).unwrap();
        let refused = run.verify(&forged);
        assert_ne!(
            refused.status.code(),
            Some(0),
            "character {place} was changed"
        );
        let said = String::from_utf8_lossy(&refused.stdout).into_owned()
            + &String::from_utf8_lossy(&refused.stderr);
        assert!(!said.trim().is_empty(), "a refusal says why");
    }
}

#[test]
fn another_operators_key_does_not_vouch_for_the_receipt() {
    let run = stories::play("cannot");
    let other = stories::play("cannot");
    fs::copy(
        other.folder().join("operator.pub"),
        run.folder().join("operator.pub"),
    )
    .unwrap();
    let refused = run.verify(&run.folder().join("receipt.txt"));
    assert_eq!(refused.status.code(), Some(1));
}
