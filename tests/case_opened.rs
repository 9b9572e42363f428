//! Somebody opens the kiosk's case while a resident looks into the camera: the keys are destroyed, the
//! kiosk stays closed, and a technician and the operator bring it back with new ones.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::path::Path;

use serde_json::Value;
use stories::ToTheEnd;

#[test]
fn an_opened_case_takes_the_keys_and_only_technician_and_operator_bring_the_kiosk_back() {
    let run = stories::play("case-opened");
    run.ends("out_of_service", "case_opened");
    run.showed(&["capture", "out-of-service-tampered"]);
    assert!(!run.has_receipt());
    run.names_nobody();
    let events = run.events();
    for name in ["tamper.detected", "tamper.closed"] {
        assert!(events.iter().any(|event| event == name), "{events:?}");
    }

    let state = run.folder().join("state");
    assert!(
        !state.join("keys.sealed").exists(),
        "the keys are destroyed"
    );
    let config = run.folder().join("kiosk.toml");
    let config = config.to_str().unwrap();

    // Nothing brings it back without a technician.
    let refused = kiosk(&["provision", "--config", config]);
    assert!(
        refused.contains("case of this kiosk was opened"),
        "{refused}"
    );
    let tested = kiosk(&["self-test", "--config", config]);
    assert!(tested.contains("sign-off"), "{tested}");

    let said = stories::says(&["sign-off", "--config", config, "--by", "badge-17"]);
    assert!(
        said.contains("badge-17") && said.contains("revokes"),
        "{said}"
    );
    assert_eq!(last_event(&state)["event"], "tamper.signed_off");
    let again = kiosk(&["sign-off", "--config", config, "--by", "badge-17"]);
    assert!(again.contains("nothing to sign off"), "{again}");

    // New keys, vouched for by the operator; the log goes on.
    bring_back(run.folder(), config);
    let audited = stories::says(&["log", "audit", "--config", config]);
    assert!(audited.contains("whole"), "{audited}");
}

/// As the technician and the operator do, with the commands that each is told.
fn bring_back(folder: &Path, config: &str) {
    let said = stories::says(&["provision", "--config", config]);
    let key = said.split_whitespace().find(|word| word.len() == 64);
    let enrolment = folder.join("enrolment");
    let enrolment = enrolment.to_str().unwrap();
    stories::says(&[
        "operator",
        "enrol",
        "--operator",
        folder.join("state/operator").to_str().unwrap(),
        "--kiosk",
        "kiosk-demo",
        "--site",
        "demo-hall",
        "--device-key",
        key.unwrap(),
        "--out",
        enrolment,
    ]);
    let said = stories::says(&["provision", "--config", config, "--enrolment", enrolment]);
    assert!(said.contains("ready to run"), "{said}");
}

/// What `kiosk` says, however it ends.
fn kiosk(arguments: &[&str]) -> String {
    let output = stories::program("kiosk").args(arguments).to_the_end();
    assert!(!output.status.success(), "{arguments:?} must not succeed");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn last_event(state: &Path) -> Value {
    let text = fs::read_to_string(state.join("events.jsonl")).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}
