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
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::{
    Claims, Credential, Decision, DeviceKey, FactorOutcome, Factors, Log, Name, Reason, TimeQuality,
};
use hal::key::{KeyStore, Settings};
use hal::sim::tpm::SoftTpm;
use serde_json::Value;
use stories::{ToTheEnd, says};
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
            .to_the_end()
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
        let output = self.does(&["self-test", "--json", "--patience", "10"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let keys = checks.iter().find(|check| check["id"] == "keys").unwrap();
        let text = |key: &str| keys[key].as_str().unwrap_or_default().to_owned();
        (text("result"), text("seen"))
    }
}

impl Kiosk {
    /// The same operator vouches for a key; gives the folder for the kiosk.
    fn vouched_for(&self, key: &str, out: &str) -> String {
        let at = |name: &str| self.home.path().join(name).to_string_lossy().into_owned();
        let (operator, out) = (at("operator"), at(out));
        let mut enrol = vec!["operator", "enrol", "--operator", &operator, "--out", &out];
        enrol.extend([
            "--kiosk",
            "kiosk-7",
            "--site",
            "hall-2",
            "--device-key",
            key,
        ]);
        says(&enrol);
        out
    }

    fn key_store(&self) -> KeyStore {
        let mut settings = Settings::default();
        if let Some(tpm) = &self.tpm {
            settings.tcti = tpm.tcti();
        }
        KeyStore::open(&self.state(), &settings).unwrap()
    }

    /// Commits an attestation as the kiosk does.
    fn attests(&self, number: u8) {
        let device = DeviceKey::from_seed(&self.key_store().load("device").unwrap());
        let credential = fs::read(self.state().join("credential.cose")).unwrap();
        let credential = Credential::from_cose(&credential).unwrap();
        let name = |name| Name::new(name).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let claims = Claims {
            id: [number; 16],
            kiosk: credential.kiosk.clone(),
            site: credential.site.clone(),
            issued_at: now.as_secs(),
            time_quality: TimeQuality::Unsynchronised,
            service: name("none"),
            policy: [0; 32],
            document: None,
            factors: Factors {
                liveness: FactorOutcome::NotPerformed,
                face: FactorOutcome::NotPerformed,
            },
            decision: Decision::Referred(Reason::ResidentCannot),
            officer: None,
            models: [0; 16],
            software: None,
            firmware: name("test"),
            subject: None,
            disclosable: Vec::new(),
        };
        let mut log = Log::open(&self.state().join("log.sqlite")).unwrap();
        log.commit(&claims, &device, &credential).unwrap();
    }
}

/// The keys in what `kiosk` printed, in order.
fn keys_in(said: &str) -> Vec<String> {
    let parts = said.split(|c: char| !c.is_ascii_hexdigit());
    parts
        .filter(|it| it.len() == 64)
        .map(str::to_owned)
        .collect()
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
    for file in ["log.sqlite", "log.sqlite-wal"] {
        // There is a journal only if the kiosk was killed.
        if state.join(file).exists() {
            fs::copy(state.join(file), older.path().join(file)).unwrap();
        }
    }
    let again = ["--state", &state.to_string_lossy()];
    stories::play_with("cannot", &again).ends("referred", "resident_cannot");

    // Who puts a log back leaves nothing of the newer one beside it.
    for file in ["log.sqlite", "log.sqlite-wal"] {
        let _ = fs::remove_file(state.join(file));
        if older.path().join(file).exists() {
            fs::copy(older.path().join(file), state.join(file)).unwrap();
        }
    }
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

#[test]
fn a_rotated_key_takes_over_when_the_operator_has_vouched_for_it_and_the_log_goes_on() {
    let kiosk = Kiosk::with_tpm().enrolled();
    kiosk.attests(1);
    assert!(kiosk.audits().contains("1 attestation,"));
    let config = kiosk.config();
    let said = says(&["rotate", "--config", &config]);
    assert_eq!(
        said,
        says(&["rotate", "--config", &config]),
        "one successor"
    );
    let keys = keys_in(&said);
    let (new, old) = (&keys[0], &keys[2]);
    assert_ne!(new, old);
    kiosk.attests(2); // meanwhile, under its present key
    assert!(kiosk.audits().contains("2 attestations"));

    let enrolment = kiosk.vouched_for(new, "next");
    says(&["provision", "--config", &config, "--enrolment", &enrolment]);
    kiosk.attests(3);
    assert!(kiosk.audits().contains("3 attestations"));
    assert!(kiosk.key_store().successor("device").unwrap().is_none());

    // The operator says so in the trust list, with the words that the kiosk printed.
    let at = |name: &str| kiosk.home.path().join(name).to_string_lossy().into_owned();
    let issue = |arguments: &[&str]| {
        let output = stories::program("receipt")
            .args([
                "trust",
                "issue",
                "--operator-key",
                &at("operator/operator.key"),
            ])
            .args(arguments)
            .to_the_end();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
    };
    issue(&[
        "--credential",
        &at("enrolment/credential.cose"),
        &at("first.list"),
    ]);
    let credential = format!("{enrolment}/credential.cose");
    let rotation = format!("{old}={new}");
    let mut next = vec!["--previous", "", "--credential", &credential];
    let first = at("first.list");
    next[1] = &first;
    let second = at("second.list");
    next.extend(["--rotate", &rotation, &second]);
    issue(&next);
}

#[test]
fn a_rotation_that_a_power_cut_stopped_after_the_credential_was_installed_is_finished_later() {
    let kiosk = Kiosk::without_tpm().enrolled();
    kiosk.attests(1);
    let new = &keys_in(&says(&["rotate", "--config", &kiosk.config()]))[0];
    let enrolment = kiosk.vouched_for(new, "next");
    let credential = Path::new(&enrolment).join("credential.cose");
    fs::copy(credential, kiosk.state().join("credential.cose")).unwrap();
    assert!(kiosk.audits().contains("1 attestation,"));
    kiosk.attests(2);
    assert!(kiosk.audits().contains("2 attestations"));
}

#[test]
fn a_wiped_kiosk_that_is_enrolled_anew_goes_on_with_its_log_under_the_new_key() {
    let kiosk = Kiosk::with_tpm().enrolled();
    kiosk.attests(1);
    kiosk.attests(2);
    kiosk.refuses(&["audit"], &["has 2 entries", "has counted 0"]); // written past the counter
    let config = kiosk.config();
    says(&["wipe", "--confirm", "kiosk-7", "--config", &config]);
    let key = &keys_in(&says(&["provision", "--config", &config]))[0];
    let enrolment = kiosk.vouched_for(key, "anew");
    says(&["provision", "--config", &config, "--enrolment", &enrolment]);
    kiosk.attests(3);
    assert!(kiosk.audits().contains("3 attestations"));
    let (_, seen) = kiosk.keys_check();
    assert!(seen.contains("stands at 3"), "{seen}");
}
