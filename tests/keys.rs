//! Where a kiosk's keys are, and what happens when somebody takes its disk, puts an older copy of its
//! log back, or opens it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use hal::key::{KeyStore, Settings};
use hal::sim::tpm::SoftTpm;
use serde_json::Value;
use stories::says;
use tempfile::TempDir;

/// A kiosk at home in a folder; with a TPM if there is one.
struct Kiosk {
    home: TempDir,
    tpm: Option<SoftTpm>,
}

impl Kiosk {
    fn with_tpm() -> Self {
        let home = tempfile::tempdir().unwrap();
        let tpm = SoftTpm::start(&home.path().join("tpm")).unwrap();
        let kiosk = Self {
            home,
            tpm: Some(tpm),
        };
        kiosk.settle("auto");
        kiosk
    }

    fn without_tpm() -> Self {
        let kiosk = Self {
            home: tempfile::tempdir().unwrap(),
            tpm: None,
        };
        kiosk.settle("file");
        kiosk
    }

    fn settle(&self, kind: &str) {
        let tcti = match &self.tpm {
            Some(tpm) => tpm.tcti(),
            None => String::from("device:/dev/there-is-no-tpm"),
        };
        let settings = format!(
            "[kiosk]\nid = 'kiosk-7'\nsite = 'hall-2'\n\
             [paths]\nstate = {:?}\nservices = {:?}\nmanifest = {:?}\n\
             [key_store]\nkind = '{kind}'\ntcti = '{tcti}'\n",
            self.state(),
            stories::workspace().join("kiosk-app/services"),
            stories::workspace().join("models/manifest.toml"),
        );
        fs::write(self.home.path().join("kiosk.toml"), settings).unwrap();
    }

    fn enrolled(self) -> Self {
        stories::enrol(self.home.path(), &self.config());
        self
    }

    fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    fn config(&self) -> String {
        let path = self.home.path().join("kiosk.toml");
        path.to_string_lossy().into_owned()
    }

    fn does(&self, arguments: &[&str]) -> Output {
        stories::program("kiosk")
            .args(arguments)
            .args(["--config", &self.config()])
            .output()
            .unwrap()
    }

    fn refuses(&self, arguments: &[&str], words: &[&str]) {
        let output = self.does(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        for word in words {
            assert!(said.contains(word), "no {word:?} in: {said}");
        }
    }

    fn audits(&self) -> String {
        says(&["audit", "--config", &self.config()])
    }

    /// What the self-test says about the keys.
    fn keys_check(&self) -> (String, String) {
        let output = self.does(&["self-test", "--json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let keys = checks.iter().find(|check| check["id"] == "keys").unwrap();
        let text = |key: &str| keys[key].as_str().unwrap_or_default().to_owned();
        (text("result"), text("seen"))
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[test]
fn keys_in_a_tpm_outlive_a_power_cut_and_are_of_no_use_on_another_machine() {
    let mut kiosk = Kiosk::with_tpm().enrolled();
    let (result, seen) = kiosk.keys_check();
    assert_eq!(result, "passed", "{seen}");
    assert!(seen.contains("sealed to this machine's TPM"), "{seen}");
    assert!(seen.contains("stands at 0"), "{seen}");
    kiosk.tpm.as_mut().unwrap().restart().unwrap();
    assert!(kiosk.audits().contains("0 attestations"));

    let thief = Kiosk::with_tpm();
    copy(&kiosk.state(), &thief.state());
    thief.refuses(&["audit"], &["another TPM", "put the disk back"]);

    // Without any TPM the kiosk does not make do with a file.
    let no_tpm = Kiosk::without_tpm();
    copy(&kiosk.state(), &no_tpm.state());
    no_tpm.settle("auto");
    no_tpm.refuses(&["audit"], &["no TPM answers"]);
    no_tpm.settle("file");
    no_tpm.refuses(&["provision"], &["kept by a TPM", "kind"]);
}

#[test]
fn a_wipe_must_be_confirmed_and_leaves_nothing_to_be_unsealed_but_the_log() {
    let kiosk = Kiosk::with_tpm().enrolled();
    let backup = tempfile::tempdir().unwrap();
    copy(&kiosk.state(), backup.path());
    kiosk.refuses(
        &["wipe", "--confirm", "kiosk-8"],
        &["nothing was destroyed"],
    );
    assert!(kiosk.audits().contains("0 attestations"));
    let config = kiosk.config();
    let said = says(&["wipe", "--confirm", "kiosk-7", "--config", &config]);
    assert!(said.contains("destroyed"), "{said}");
    kiosk.refuses(&["audit"], &["no keys yet", "kiosk provision"]);
    assert!(kiosk.state().join("log.sqlite").exists());
    copy(backup.path(), &kiosk.state());
    kiosk.refuses(&["audit"], &["TPM"]);
}

#[test]
fn without_a_tpm_the_keys_are_encrypted_and_the_self_test_says_what_that_is_worth() {
    let kiosk = Kiosk::without_tpm().enrolled();
    let (_, seen) = kiosk.keys_check();
    assert!(seen.contains("not in a security chip (TPM)"), "{seen}");
    assert!(seen.contains("in an encrypted file"), "{seen}");
    let keys = KeyStore::open(&kiosk.state(), &Settings::default()).unwrap();
    let seed = keys.load("device").unwrap();
    for file in fs::read_dir(kiosk.state()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(32).any(|window| window == *seed));
    }
}

#[test]
fn the_bare_key_files_of_an_older_kiosk_are_taken_into_the_key_store() {
    let kiosk = Kiosk::without_tpm().enrolled();
    let keys = KeyStore::open(&kiosk.state(), &Settings::default()).unwrap();
    let secrets = ["device", "pseudonym"].map(|name| keys.load(name).unwrap());
    let at = |file: &str| kiosk.state().join(file);
    let write = |file: &str, secret: &[u8; 32]| {
        let mut options = fs::OpenOptions::new();
        let made = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(at(file));
        made.unwrap().write_all(secret).unwrap();
    };
    for file in ["keys.sealed", "keys.counter", "keys.lock"] {
        fs::remove_file(at(file)).unwrap();
    }
    write("device.key", &secrets[0]);
    write("pseudonym.key", &secrets[1]);
    assert!(kiosk.audits().contains("0 attestations"));
    assert!(!at("device.key").exists() && !at("pseudonym.key").exists());
    assert!(at("keys.sealed").exists());

    // The power failed before the bare file was removed: it is the same secret, and goes.
    write("device.key", &secrets[0]);
    assert!(kiosk.audits().contains("0 attestations"));
    assert!(!at("device.key").exists());
    // Another secret than the one in the key store stays where it is, and is not believed.
    write("device.key", &[7; 32]);
    kiosk.refuses(&["audit"], &["another secret", "never overwritten"]);
    assert!(at("device.key").exists());
}

#[test]
fn an_older_copy_of_the_log_is_refused_with_plain_words_and_an_event() {
    let first = stories::play("cannot");
    first.ends("referred", "resident_cannot");
    let state = first.folder().join("state");
    let older = tempfile::tempdir().unwrap();
    fs::copy(state.join("log.sqlite"), older.path().join("log.sqlite")).unwrap();
    let again = ["--state", &state.to_string_lossy()];
    stories::play_with("cannot", &again).ends("referred", "resident_cannot");

    fs::copy(older.path().join("log.sqlite"), state.join("log.sqlite")).unwrap();
    let refused = stories::play_with("cannot", &again);
    assert!(!refused.output.status.success());
    let said = refused.said();
    assert!(
        said.contains("set back") && said.contains("remembers 2 entries"),
        "{said}"
    );
    let events = fs::read_to_string(refused.folder().join("events.jsonl")).unwrap();
    assert!(
        events.contains("kiosk.start_refused") && events.contains("log_rolled_back"),
        "{events}"
    );
}
