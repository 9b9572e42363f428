//! A disk that is not what it should be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;

use stories::ToTheEnd;

/// Serves one resident and gives the folder that holds the kiosk's state.
fn kiosk_with_one_attestation() -> (stories::Run, String) {
    let run = stories::play("cannot");
    run.ends("referred", "resident_cannot");
    let state = run.folder().join("state").to_string_lossy().into_owned();
    (run, state)
}

#[test]
fn a_damaged_log_stops_the_kiosk_with_a_clear_error_and_is_left_as_it_is() {
    let (run, state) = kiosk_with_one_attestation();
    let log = run.folder().join("state/log.sqlite");
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xA5);
    bytes[..64].fill(0xA5);
    fs::write(&log, &bytes).unwrap();

    let again = stories::play_with("cannot", &["--state", &state]);
    assert!(!again.output.status.success());
    assert!(again.said().contains("log.sqlite"), "{}", again.said());
    assert!(!again.said().contains("panicked"), "{}", again.said());
    assert_eq!(
        fs::read(&log).unwrap(),
        bytes,
        "a damaged log is kept for the auditor"
    );
}

#[test]
fn a_log_grows_across_restarts_and_audits_whole() {
    let (_run, state) = kiosk_with_one_attestation();
    let again = stories::play_with("cannot", &["--state", &state]);
    again.ends("referred", "resident_cannot");
    let audit = stories::program("kiosk")
        .args(["audit", "--config"])
        .arg(again.folder().join("kiosk.toml"))
        .to_the_end();
    let said = String::from_utf8_lossy(&audit.stdout);
    assert!(
        audit.status.success() && said.contains("2 attestations"),
        "{said}"
    );
}
