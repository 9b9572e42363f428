//! A technician brings up a new kiosk and an operator vouches for it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::path::Path;
use std::process::Output;

use stories::{ToTheEnd, says};

fn kiosk(arguments: &[&str]) -> Output {
    stories::program("kiosk").args(arguments).to_the_end()
}

fn settings(folder: &Path) -> String {
    let path = folder.join("kiosk.toml");
    let text = format!(
        "[kiosk]\nid = 'kiosk-7'\nsite = 'hall-2'\n[paths]\nstate = {:?}\nservices = {:?}\nmanifest = {:?}\n[key_store]\nkind = 'file'\n",
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

/// Asserts that an enrolment is refused for this reason, and that the kiosk is as before.
fn refused_and_unharmed(config: &str, enrolment: &str, why: &str) {
    let refused = kiosk(&["provision", "--config", config, "--enrolment", enrolment]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains(why), "{said}");
    assert!(says(&["audit", "--config", config]).contains("0 attestations"));
}

#[test]
fn an_enrolment_for_another_key_is_refused_and_a_good_kiosk_stays_good() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let config = settings(folder.path());
    stories::enrol(folder.path(), &config);
    // The base point of Ed25519: a valid key, but nobody's.
    let other = "5866666666666666666666666666666666666666666666666666666666666666";
    says(&[
        "operator",
        "enrol",
        "--operator",
        &at("operator"),
        "--kiosk",
        "kiosk-7",
        "--site",
        "hall-2",
        "--device-key",
        other,
        "--out",
        &at("wrong"),
    ]);
    refused_and_unharmed(&config, &at("wrong"), "another device key");
}

#[test]
fn an_enrolment_under_other_names_or_by_another_operator_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = settings(folder.path());
    stories::enrol(folder.path(), &config);
    let other_operator = tempfile::tempdir().unwrap();
    let enrolment = stories::enrolment(other_operator.path(), &config, "kiosk-7");
    refused_and_unharmed(&config, &enrolment, "another operator");

    let elsewhere = tempfile::tempdir().unwrap();
    let enrolment = stories::enrolment(elsewhere.path(), &config, "kiosk-8");
    refused_and_unharmed(&config, &enrolment, "kiosk-8");
}

#[test]
fn a_log_that_was_deleted_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let config = settings(folder.path());
    stories::enrol(folder.path(), &config);
    fs::remove_file(folder.path().join("state/log.sqlite")).unwrap();
    let audit = kiosk(&["audit", "--config", &config]);
    let said = String::from_utf8_lossy(&audit.stderr).into_owned();
    assert!(
        !audit.status.success() && said.contains("missing"),
        "{said}"
    );
}

#[test]
fn a_kiosk_that_is_not_enrolled_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let refused = kiosk(&["audit", "--config", &settings(folder.path())]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("kiosk provision"));
}
