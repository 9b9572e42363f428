//! What every story needs: the real programs, run as a person would run them, and what they left
//! behind.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod process;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

pub use process::{Running, ToTheEnd, virtual_display, wait_for};

/// A finished run of `kiosk demo`.
pub struct Run {
    folder: TempDir,
    /// What the program printed and how it ended.
    pub output: Output,
}

/// Plays a scenario of the real kiosk, headless, in a folder of its own.
pub fn play(scenario: &str) -> Run {
    play_with(scenario, &[])
}

/// Plays a scenario with further arguments.
pub fn play_with(scenario: &str, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = program("kiosk")
        .args(["demo", "--headless", "--scenario", scenario, "--out"])
        .arg(folder.path())
        .args(arguments)
        .to_the_end();
    Run { folder, output }
}

/// A program of ours, as built beside the tests, started in the workspace's root.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(built(name));
    command.current_dir(workspace());
    command
}

/// Something of ours that was built beside the tests.
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let path = test.ancestors().nth(2).expect("target/debug").join(name);
    assert!(
        path.exists(),
        "{} is not built: run the tests with `make test`",
        path.display()
    );
    path
}

/// Provisions a kiosk and has it enrolled, with the commands of technician and operator; the
/// operator's keys and the enrolment lie in `folder`.
pub fn enrol(folder: &Path, config: &str) {
    let enrolment = enrolment(folder, config, "kiosk-7");
    let said = says(&["provision", "--config", config, "--enrolment", &enrolment]);
    assert!(said.contains("kiosk-7") && said.contains("ready"), "{said}");
}

/// What a new operator, whose keys lie in `folder`, gives to the kiosk with these settings, under
/// this name.
pub fn enrolment(folder: &Path, config: &str, kiosk: &str) -> String {
    let at = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let said = says(&["provision", "--config", config]);
    let key = said
        .split_whitespace()
        .find(|word| word.len() == 64)
        .expect("the public key");
    let (operator, enrolment) = (at("operator"), at("enrolment"));
    says(&["operator", "create", &operator]);
    says(&[
        "operator",
        "enrol",
        "--operator",
        &operator,
        "--kiosk",
        kiosk,
        "--site",
        "hall-2",
        "--device-key",
        key,
        "--out",
        &enrolment,
    ]);
    enrolment
}

/// What `kiosk` says when it succeeds.
pub fn says(arguments: &[&str]) -> String {
    let output = program("kiosk").args(arguments).to_the_end();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
}

impl Run {
    /// Where the run left its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything the program said.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
            + &String::from_utf8_lossy(&self.output.stderr)
    }

    /// The contents of `outcome.json`.
    pub fn outcome(&self) -> Value {
        let text = fs::read_to_string(self.folder().join("outcome.json")).unwrap_or_else(|error| {
            panic!(
                "no outcome.json ({error}); the kiosk said:\n{}",
                self.said()
            )
        });
        serde_json::from_str(&text).expect("outcome.json is JSON")
    }

    /// Asserts how the session ended.
    pub fn ends(&self, outcome: &str, reason: &str) {
        let found = self.outcome();
        assert_eq!(
            (found["outcome"].as_str(), found["reason"].as_str()),
            (Some(outcome), Some(reason)),
            "the kiosk said:\n{}",
            self.said(),
        );
        assert!(
            self.output.status.success(),
            "the kiosk said:\n{}",
            self.said()
        );
    }

    /// The names of the events, in order.
    pub fn events(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder().join("events.jsonl")).expect("events.jsonl");
        let name = |line: &str| {
            let event: Value = serde_json::from_str(line).expect("an event is JSON");
            event["event"]
                .as_str()
                .expect("an event has a name")
                .to_owned()
        };
        text.lines().map(name).collect()
    }

    /// The screens that were saved, by name, in the order in which they were shown.
    pub fn screens(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder())
            .expect("the folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .filter(|name| name.ends_with(".png"))
            .collect();
        names.sort();
        names
    }

    /// The first saved screen whose name contains `part`.
    pub fn screen(&self, part: &str) -> PathBuf {
        let names = self.screens();
        let name = names
            .iter()
            .find(|name| name.contains(part))
            .unwrap_or_else(|| panic!("no screen {part:?} among {names:?}"));
        self.folder().join(name)
    }

    /// Asserts that these screens were shown in this order (others may lie between).
    pub fn showed(&self, parts: &[&str]) {
        let names = self.screens();
        let mut rest = names.iter();
        for part in parts {
            assert!(
                rest.any(|name| name.contains(part)),
                "no {part:?}, in this order, in {names:?}"
            );
        }
    }

    /// Whether a receipt was handed out.
    pub fn has_receipt(&self) -> bool {
        self.folder().join("receipt.txt").exists()
    }

    /// Checks a receipt as a relying party does: `receipt verify` with the operator's public key.
    pub fn verify(&self, receipt: &Path) -> Output {
        program("receipt")
            .args(["verify", "--json", "--operator"])
            .arg(self.folder().join("operator.pub"))
            .arg(receipt)
            .to_the_end()
    }

    /// Asserts that the receipt holds, from the screenshot as well as from the text, and returns
    /// what it says.
    pub fn receipt_holds(&self) -> Value {
        let from_text = self.verify(&self.folder().join("receipt.txt"));
        let from_screen = self.verify(&self.screen("receipt"));
        assert!(
            from_text.status.success(),
            "{}",
            String::from_utf8_lossy(&from_text.stderr)
        );
        assert_eq!(
            from_text.stdout, from_screen.stdout,
            "the screen and the text say the same"
        );
        let said: Value =
            serde_json::from_slice(&from_text.stdout).expect("receipt --json prints JSON");
        said["claims"].clone()
    }

    /// Everything that is in the receipt, decoded; empty without one.
    fn receipt_shown(&self) -> String {
        let receipt = self.folder().join("receipt.txt");
        if !receipt.exists() {
            return String::new();
        }
        let output = program("receipt").arg("show").arg(receipt).to_the_end();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether any file of the run holds these bytes.
    pub fn left(&self, needle: &[u8]) -> bool {
        let mut all = files(self.folder()).into_iter();
        all.any(|path| contains(&fs::read(&path).expect("a file of the run"), needle))
    }

    /// Asserts that nothing this run left names the holder of the demo card: neither name nor
    /// number, neither as UTF-8 nor as the card's UTF-16.
    pub fn names_nobody(&self) {
        for path in files(self.folder()) {
            let bytes = fs::read(&path).expect("a file of the run");
            assert!(
                !contains(&bytes, b"WEBPVP8"),
                "{} holds a chip's photo",
                path.display()
            );
        }
        for key in ["name", "number", "address"] {
            self.hides("kiosk-app/demo/card.toml", key);
        }
    }

    /// Asserts that nothing this run left holds what a document's file says under this key, neither
    /// as UTF-8 nor as the UTF-16 of cards.
    pub fn hides(&self, document: &str, key: &str) {
        let text = fs::read_to_string(workspace().join(document)).expect("the demo's document");
        let secret = value_of(&text, key);
        let utf16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for path in files(self.folder()) {
            let bytes = fs::read(&path).expect("a file of the run");
            for needle in [secret.as_bytes(), &utf16] {
                assert!(
                    !contains(&bytes, needle),
                    "{} holds the document's {key}",
                    path.display()
                );
            }
        }
        assert!(
            !self.receipt_shown().contains(&secret),
            "the receipt holds the document's {key}"
        );
        assert!(
            !self.said().contains(&secret),
            "the kiosk printed the document's {key}"
        );
    }
}

fn value_of(toml: &str, key: &str) -> String {
    let line = toml
        .lines()
        .find(|line| line.starts_with(&format!("{key} =")));
    let value = line.and_then(|line| line.split('"').nth(1));
    value
        .unwrap_or_else(|| panic!("the demo's document has no {key}"))
        .to_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of the run");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
