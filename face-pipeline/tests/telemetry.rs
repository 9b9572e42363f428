//! ONNX Runtime reports to its maker unless it is kept from it before it is loaded.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// As the runtime of the packages does it, a database with a number for this device would be made in
/// the user's cache the moment it is loaded.
#[test]
fn a_program_that_loads_the_networks_leaves_no_number_for_this_device() {
    let home = tempfile::tempdir().expect("a folder");
    let portraits = Path::new(".setup/portraits");
    let done = Command::new(env!("CARGO_BIN_EXE_face"))
        .arg("verify")
        .args(["person_a_1.jpg", "person_a_2.jpg"].map(|photo| portraits.join(photo)))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .env_remove("ORT_DISABLE_TELEMETRY")
        .env_remove("XDG_CACHE_HOME")
        .env("HOME", home.path())
        .output()
        .expect("the program starts");
    assert!(done.status.success(), "{done:?}");
    let left: Vec<_> = fs::read_dir(home.path()).expect("the folder").collect();
    assert!(left.is_empty(), "{left:?}");
}
