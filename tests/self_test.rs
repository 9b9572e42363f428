//! A technician tests a kiosk before it serves residents, and an operator checks the report.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::{
    Claims, Credential, Decision, DeviceKey, FactorOutcome, Factors, Log, Name, Reason, TimeQuality,
};
use hal::key::{KeyStore, Settings};
use serde_json::Value;
use stories::{Running, ToTheEnd};
use tempfile::TempDir;

/// So many times the usual time for each check: a slow machine is not what these stories are about.
const PATIENCE: [&str; 2] = ["--patience", "10"];

/// An enrolled kiosk with a real reader's program on its serial port and no camera.
struct Kiosk {
    folder: TempDir,
    _reader: Running,
    port: PathBuf,
}

impl Kiosk {
    /// Brought up as a technician does it; the credential holds for so many days.
    fn enrolled(days: u16) -> Self {
        let kiosk = Self::with_reader(&[]);
        let said = kiosk.good(&["provision", "--config", &kiosk.config()]);
        let key = said
            .split_whitespace()
            .find(|word| word.len() == 64)
            .unwrap();
        kiosk.good(&["operator", "create", &kiosk.at("operator")]);
        kiosk.good(&[
            "operator",
            "enrol",
            "--operator",
            &kiosk.at("operator"),
            "--kiosk",
            "kiosk-7",
            "--site",
            "hall-2",
            "--device-key",
            key,
            "--days",
            &days.to_string(),
            "--out",
            &kiosk.at("enrolment"),
        ]);
        let enrolment = kiosk.at("enrolment");
        kiosk.good(&[
            "provision",
            "--config",
            &kiosk.config(),
            "--enrolment",
            &enrolment,
        ]);
        kiosk
    }

    /// With settings, but not provisioned; the reader has these further arguments.
    fn with_reader(arguments: &[&str]) -> Self {
        let mut reader = Running::start(
            stories::program("hal-sim")
                .args(["card", "--baud", "0"])
                .args(arguments)
                .stdin(Stdio::piped()),
        );
        let kiosk = Self {
            folder: tempfile::tempdir().unwrap(),
            port: reader.line().into(),
            _reader: reader,
        };
        kiosk.settle(&stories::workspace().join(".setup/models"));
        kiosk
    }

    fn settle(&self, weights: &Path) {
        let workspace = stories::workspace();
        let settings = format!(
            "[kiosk]\nid = 'kiosk-7'\nsite = 'hall-2'\n\
             [paths]\nstate = {:?}\nservices = {:?}\nmanifest = {:?}\nweights = {:?}\nonnxruntime = {:?}\n\
             [key_store]\nkind = 'file'\n[camera]\ndevice = '/dev/video-not-there'\n[card_reader]\nport = {:?}\n",
            self.folder.path().join("state"),
            workspace.join("kiosk-app/services"),
            workspace.join("models/manifest.toml"),
            weights,
            workspace.join(".setup/lib/libonnxruntime.so.1.31.1"),
            self.port,
        );
        fs::write(self.config(), settings).unwrap();
    }

    /// Commits an attestation with this time, as the kiosk does.
    fn attest_at(&self, issued_at: u64) {
        let keys = KeyStore::open(Path::new(&self.at("state")), &Settings::default()).unwrap();
        let device = DeviceKey::from_seed(&keys.load("device").unwrap());
        let credential = fs::read(self.at("state/credential.cose")).unwrap();
        let credential = Credential::from_cose(&credential).unwrap();
        let name = |name| Name::new(name).unwrap();
        let claims = Claims {
            id: [1; 16],
            kiosk: credential.kiosk.clone(),
            site: credential.site.clone(),
            issued_at,
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
            firmware: name("test"),
            subject: None,
            software: None,
            disclosable: Vec::new(),
        };
        let mut log = Log::open(Path::new(&self.at("state/log.sqlite"))).unwrap();
        log.commit(&claims, &device, &credential).unwrap();
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    fn config(&self) -> String {
        self.at("kiosk.toml")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        stories::program("kiosk").args(arguments).to_the_end()
    }

    fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    /// The self-test's JSON; the exit code always says the same as its verdict.
    fn tested(&self) -> Value {
        let config = self.config();
        let output =
            self.run(&[&["self-test", "--config", &config, "--json"], &PATIENCE[..]].concat());
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let expected = i32::from(report["verdict"] != "ready");
        assert_eq!(output.status.code(), Some(expected), "{}", said(&output));
        report
    }

    fn signed_report(&self) -> PathBuf {
        let path = self.at("report.html");
        let config = self.config();
        let report = ["self-test", "--config", &config, "--report", &path];
        let output = self.run(&[&report, &PATIENCE[..]].concat());
        assert!(Path::new(&path).exists(), "{}", said(&output));
        path.into()
    }

    fn check(&self, report: &Path, operator: &str) -> Output {
        let report = report.to_string_lossy();
        self.run(&[
            "self-test",
            "--check-report",
            &report,
            "--operator",
            &self.at(operator),
        ])
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn check<'r>(report: &'r Value, id: &str) -> &'r Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == id).expect(id)
}

/// Asserts a check's result and that its words contain all of these.
fn says(report: &Value, id: &str, result: &str, words: &[&str]) {
    let check = check(report, id);
    assert_eq!(check["result"], result, "{check}");
    for word in words {
        assert!(check.to_string().contains(word), "{word:?} in {check}");
    }
}

#[test]
fn a_kiosk_that_lacks_only_its_camera_says_so_and_nothing_else() {
    let kiosk = Kiosk::enrolled(365);
    let report = kiosk.tested();
    let failed: Vec<&Value> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["result"] == "failed")
        .map(|check| &check["id"])
        .collect();
    assert_eq!(failed, ["camera"]);
    says(
        &report,
        "camera",
        "failed",
        &["/dev/video-not-there", "plugged in", "[camera]"],
    );
    says(&report, "services", "passed", &["3 services"]);
    says(&report, "credential", "passed", &["vouches", "days left"]);
    says(&report, "log", "passed", &["whole", "empty"]);
    says(&report, "networks", "passed", &["5 files", "SHA-256"]);
    says(
        &report,
        "face_recognition",
        "passed",
        &["ONNX Runtime", "ms"],
    );
    says(&report, "card_reader", "passed", &["is well", "number"]);
    says(&report, "panel", "not_there", &["works without"]);

    let record = fs::read_to_string(kiosk.at("state/self-tests.jsonl")).unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    assert_eq!(record, report, "the dated record is what was told");
}

#[test]
fn a_network_changed_in_one_byte_is_named() {
    let kiosk = Kiosk::enrolled(365);
    let weights = kiosk.folder.path().join("models");
    fs::create_dir(&weights).unwrap();
    for entry in fs::read_dir(stories::workspace().join(".setup/models")).unwrap() {
        let path = entry.unwrap().path();
        symlink(&path, weights.join(path.file_name().unwrap())).unwrap();
    }
    let network = weights.join("yunet_2023mar.onnx");
    let mut bytes = fs::read(&network).unwrap();
    bytes[1000] ^= 1;
    fs::remove_file(&network).unwrap();
    fs::write(&network, bytes).unwrap();
    kiosk.settle(&weights);

    let report = kiosk.tested();
    says(
        &report,
        "networks",
        "failed",
        &["yunet_2023mar.onnx", "changed", "Install"],
    );
    says(&report, "face_recognition", "failed", &["Face networks"]);
}

#[test]
fn an_expired_credential_fails_and_its_report_does_not_count() {
    let kiosk = Kiosk::enrolled(0);
    let report = kiosk.tested();
    says(&report, "credential", "failed", &["expired", "operator"]);
    let refused = kiosk.check(&kiosk.signed_report(), "operator/operator.pub");
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said(&refused).contains("enrolment did not hold"),
        "{}",
        said(&refused)
    );
}

#[test]
fn a_photo_decoder_is_loaded_in_its_sandbox_and_a_wrong_one_is_explained() {
    let kiosk = Kiosk::with_reader(&[]);
    says(
        &kiosk.tested(),
        "photo_decoder",
        "not_there",
        &["referred to an officer"],
    );
    let settings = fs::read_to_string(kiosk.config()).unwrap();
    let library = kiosk.at("decoder.so");
    let with_decoder = format!("{settings}wlt_plugin = {library:?}\n");
    fs::write(kiosk.config(), with_decoder).unwrap();
    says(
        &kiosk.tested(),
        "photo_decoder",
        "failed",
        &["could not be loaded", "wlt_plugin"],
    );
    let compiled = std::process::Command::new("cc")
        .args(["-shared", "-fPIC", "-w", "-o", &library])
        .arg(stories::workspace().join("hal/tests/wlt/sim.c"))
        .to_the_end();
    assert!(compiled.status.success(), "{compiled:?}");
    // Where the kiosk runs as root, its decoder runs as nobody.
    fs::set_permissions(kiosk.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    says(&kiosk.tested(), "photo_decoder", "passed", &["locked in"]);
}

#[test]
fn a_reader_without_authorisation_is_explained() {
    let kiosk = Kiosk::with_reader(&["--fault", "sam-not-authorised"]);
    says(
        &kiosk.tested(),
        "card_reader",
        "failed",
        &["not authorised", "supplier"],
    );
}

#[test]
fn a_kiosk_that_is_not_enrolled_says_what_to_do_and_cannot_sign() {
    let kiosk = Kiosk::with_reader(&["--fault", "silent"]);
    let report = kiosk.tested();
    says(&report, "keys", "failed", &["kiosk provision", "operator"]);
    says(
        &report,
        "card_reader",
        "failed",
        &["Nothing answers", "power"],
    );

    let page = kiosk.signed_report();
    assert!(fs::read_to_string(&page).unwrap().contains("not signed"));
    kiosk.good(&["operator", "create", &kiosk.at("operator")]);
    let refused = kiosk.check(&page, "operator/operator.pub");
    assert!(
        said(&refused).contains("not a signed"),
        "{}",
        said(&refused)
    );
}

#[test]
fn an_operator_can_check_the_report_and_a_changed_byte_is_refused() {
    let kiosk = Kiosk::enrolled(365);
    let path = kiosk.signed_report();
    let genuine = kiosk.check(&path, "operator/operator.pub");
    assert!(genuine.status.success(), "{}", said(&genuine));
    for word in ["GENUINE", "kiosk-7", "hall-2", "NOT READY"] {
        assert!(said(&genuine).contains(word), "{}", said(&genuine));
    }

    let page = fs::read(&path).unwrap();
    let forged = kiosk.folder.path().join("forged.html");
    for place in (0..page.len()).step_by(page.len() / 40) {
        let mut bytes = page.clone();
        bytes[place] = if bytes[place] == b'7' { b'8' } else { b'7' };
        fs::write(&forged, bytes).unwrap();
        let refused = kiosk.check(&forged, "operator/operator.pub");
        assert_eq!(refused.status.code(), Some(1), "byte {place} was changed");
    }

    kiosk.good(&["operator", "create", &kiosk.at("stranger")]);
    let refused = kiosk.check(&path, "stranger/operator.pub");
    assert!(
        said(&refused).contains("not enrolled"),
        "{}",
        said(&refused)
    );
}

#[test]
fn a_clock_that_was_set_back_behind_the_newest_attestation_fails() {
    let kiosk = Kiosk::enrolled(365);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    kiosk.attest_at(now.as_secs() + 3_600);
    let report = kiosk.tested();
    says(&report, "log", "passed", &["whole", "1 attestation"]);
    says(
        &report,
        "clock",
        "failed",
        &["newest attestation", "set back", "timedatectl"],
    );
}

#[test]
fn the_log_is_audited_and_while_the_kiosk_runs_nothing_is_tested() {
    let run = stories::play("cannot");
    let config = run
        .folder()
        .join("kiosk.toml")
        .to_string_lossy()
        .into_owned();
    let tested = || -> Value {
        let output = stories::program("kiosk")
            .args(["self-test", "--config", &config, "--json"])
            .args(PATIENCE)
            .to_the_end();
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    says(&tested(), "log", "passed", &["whole", "1 attestation"]);

    // Holds the log as a running kiosk does.
    let held = Log::open(&run.folder().join("state/log.sqlite")).unwrap();
    let report = tested();
    says(
        &report,
        "log",
        "failed",
        &["is running", "systemctl stop kiosk"],
    );
    assert!(
        report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["id"] != "camera")
    );
    drop(held);
}
