//! A technician brings up a new kiosk and an operator vouches for it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::path::Path;
use std::process::Output;

use stories::says;

fn kiosk(arguments: &[&str]) -> Output {
    stories::program("kiosk").args(arguments).output().unwrap()
}

fn settings(folder: &Path) -> String {
    let path = folder.join("kiosk.toml");
    let text = format!(
        "[kiosk]\nid = 'kiosk-7'\nsite = 'hall-2'\n[paths]\nstate = {:?}\nservices = {:?}\nmanifest = {:?}\n",
        folder.join("state"),
        stories::workspace().join("kiosk-app/services"),
        stories::workspace().join("models/manifest.toml"),
    );
    fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn a_new_kiosk_is_provisioned_enrolled_and_audited_with_four_commands() {
    let folder = tempfile::tempdir().unwrap();
    let config = settings(folder.path());
    stories::enrol(folder.path(), &config);
    assert!(says(&["audit", "--config", &config]).contains("0 attestations"));
}

#[test]
fn an_enrolment_made_for_another_kiosk_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let config = settings(folder.path());
    says(&["provision", "--config", &config]);
    says(&["operator", "create", &at("operator")]);
    // The base point of Ed25519: a valid key, but nobody's.
    let other = "5866666666666666666666666666666666666666666666666666666666666666";
    says(&[
        "operator",
        "enrol",
        "--operator",
        &at("operator"),
        "--kiosk",
        "kiosk-8",
        "--site",
        "hall-2",
        "--device-key",
        other,
        "--out",
        &at("enrolment"),
    ]);
    let refused = kiosk(&[
        "provision",
        "--config",
        &config,
        "--enrolment",
        &at("enrolment"),
    ]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another device key"));
}

#[test]
fn a_kiosk_that_is_not_enrolled_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let refused = kiosk(&["audit", "--config", &settings(folder.path())]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("kiosk provision"));
}
