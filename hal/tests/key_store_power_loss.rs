//! Power is lost (SIGKILL) after each step of a change: there is always a key that can be used, the
//! old one or the new one, and the change can be made again.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use hal::key::{Choice, KeyStore, Secret, Settings, power_cut};
use hal::sim::tpm::SoftTpm;

const STEPS: [&str; 4] = ["sealed", "written", "in force", "in place"];
const FOLDER: &str = "KEY_STORE_FOLDER";
const TCTI: &str = "KEY_STORE_TCTI";
const ACT: &str = "KEY_STORE_ACT";
const STEP: &str = "KEY_STORE_STEP";

fn settings(tcti: &str) -> Settings {
    Settings {
        choice: if tcti.is_empty() {
            Choice::File
        } else {
            Choice::Tpm
        },
        tcti: tcti.into(),
        ..Settings::default()
    }
}

fn secret(byte: u8) -> Secret {
    Secret::new([byte; 32])
}

/// Not a test of its own: what the others start as a process, and kill.
#[test]
fn child() {
    let Ok(folder) = env::var(FOLDER) else { return };
    power_cut::after(&env::var(STEP).unwrap());
    let settings = settings(&env::var(TCTI).unwrap());
    let store = KeyStore::open_or_create(Path::new(&folder), &settings).unwrap();
    match env::var(ACT).unwrap().as_str() {
        "create" => store.create("device", &secret(1)),
        "prepare" => store.prepare_rotation("device", &secret(2)),
        _ => store.rotate("device"),
    }
    .unwrap();
}

/// Does something in a process that dies after a step.
fn dies(act: &str, step: &str, folder: &Path, tcti: &str) {
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child"])
        .env(FOLDER, folder)
        .env(TCTI, tcti)
        .env(ACT, act)
        .env(STEP, step)
        .status()
        .unwrap();
    assert_eq!(status.signal(), Some(9), "{act} {step}");
}

fn survives(tcti: &dyn Fn() -> (Option<SoftTpm>, String)) {
    for step in STEPS {
        let (_tpm, tcti) = tcti();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        // Already the making of the key store is cut off.
        dies("create", step, folder, &tcti);
        let store = KeyStore::open_or_create(folder, &settings(&tcti)).unwrap();
        store.create("device", &secret(1)).unwrap();

        dies("prepare", step, folder, &tcti);
        assert_eq!(*store.load("device").unwrap(), [1; 32], "{step}");
        store.prepare_rotation("device", &secret(3)).unwrap();

        dies("rotate", step, folder, &tcti);
        let now = store.load("device").unwrap();
        assert!(*now == [1; 32] || *now == [3; 32], "{step}");
        assert_eq!(
            *now == [1; 32],
            store.successor("device").unwrap().is_some()
        );
        store.rotate("device").unwrap();
        assert_eq!(*store.load("device").unwrap(), [3; 32], "{step}");
    }
}

#[test]
fn a_key_in_a_tpm_survives_power_loss_at_every_step() {
    survives(&|| {
        let home = tempfile::tempdir().unwrap();
        // The folder is left behind on purpose: swtpm holds its files until it ends.
        let tpm = SoftTpm::start(&home.keep()).unwrap();
        let tcti = tpm.tcti();
        (Some(tpm), tcti)
    });
}

#[test]
fn a_key_in_a_file_survives_power_loss_at_every_step() {
    survives(&|| (None, String::new()));
}
