//! Weights that are missing or not the ones in the manifest.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// A copy of the set-up folder in which one network can be tampered with.
fn setup_with_own_models(folder: &Path) {
    let real = stories::workspace().join(".setup");
    for name in ["lib", "portraits"] {
        symlink(real.join(name), folder.join(name)).unwrap();
    }
    fs::create_dir(folder.join("models")).unwrap();
    for entry in fs::read_dir(real.join("models")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.join("models").join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_network_that_was_changed_in_one_byte_is_refused() {
    let setup = tempfile::tempdir().unwrap();
    setup_with_own_models(setup.path());
    let network = setup.path().join("models/yunet_2023mar.onnx");
    let mut bytes = fs::read(&network).unwrap();
    bytes[1000] ^= 1;
    fs::write(&network, bytes).unwrap();

    let run = stories::play_with("cannot", &["--setup", setup.path().to_str().unwrap()]);
    assert!(!run.output.status.success());
    let said = run.said();
    assert!(
        said.contains("yunet_2023mar.onnx") && said.contains("SHA-256"),
        "{said}"
    );
}

#[test]
fn a_missing_network_is_named_with_what_to_do() {
    let setup = tempfile::tempdir().unwrap();
    setup_with_own_models(setup.path());
    fs::remove_file(setup.path().join("models/sface_2021dec.onnx")).unwrap();

    let run = stories::play_with("cannot", &["--setup", setup.path().to_str().unwrap()]);
    assert!(!run.output.status.success());
    let said = run.said();
    assert!(
        said.contains("sface_2021dec.onnx") && said.contains("make setup"),
        "{said}"
    );
}
