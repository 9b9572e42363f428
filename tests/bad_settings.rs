//! A technician mistypes something.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;

use stories::ToTheEnd;

fn check(settings: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kiosk.toml");
    fs::write(&path, settings).unwrap();
    let output = stories::program("kiosk")
        .args(["check", "--config"])
        .arg(&path)
        .to_the_end();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn an_unknown_key_is_refused_with_file_line_and_remedy() {
    let (code, said) = check("[kiosk]\nid = 'a'\nsite = 'b'\n\n[camera]\ndevise = '/dev/video0'\n");
    assert_eq!(code, Some(1));
    for part in ["kiosk.toml", "line 6", "devise", "kiosk.sample.toml"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn an_impossible_value_is_refused_with_what_is_possible() {
    let (code, said) = check("[kiosk]\nid = 'a'\nsite = 'b'\n\n[waits]\ncapture = 100000\n");
    assert_eq!(code, Some(1));
    assert!(
        said.contains("line 6") && said.contains("5 to 600"),
        "{said}"
    );
}

#[test]
fn a_missing_file_is_named() {
    let output = stories::program("kiosk")
        .args(["check", "--config", "/nowhere/kiosk.toml"])
        .to_the_end();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("/nowhere/kiosk.toml") && said.contains("kiosk.sample.toml"),
        "{said}"
    );
}

#[test]
fn the_demo_does_not_empty_a_technicians_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("kiosk.toml"), "[kiosk]").unwrap();
    fs::write(folder.path().join("operator.key"), "secret").unwrap();
    let output = stories::program("kiosk")
        .args(["demo", "--headless", "--scenario", "cannot", "--out"])
        .arg(folder.path())
        .to_the_end();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("--out"), "{said}");
    assert!(folder.path().join("operator.key").exists());
}
