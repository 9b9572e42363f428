//! A witness, with nothing but the published files, cosigns that a log only grew; an auditor asks
//! for its word; and nobody gets a word on a second history.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use attestation::{Log, Scope, WitnessPublicKey};
use common::{Kiosk, claims};
use serde_json::Value;

struct Town {
    kiosk: Kiosk,
    witness: String,
}

impl Town {
    /// A kiosk that publishes three entries, and a witness that has never seen it.
    fn new() -> Self {
        let kiosk = Kiosk::with_entries(3);
        let public = kiosk.operator_public().to_pem();
        fs::write(kiosk.folder.path().join("operator.pub"), public).unwrap();
        let mut town = Self {
            kiosk,
            witness: String::new(),
        };
        town.publish();
        let (code, key) = town.run("log witness-key --name w.example/1 witness.key");
        assert_eq!(code, Some(0), "{key}");
        town.witness = key.trim().to_owned();
        town
    }

    fn grow(&mut self, to: u64) {
        for number in self.kiosk.log.size().unwrap()..to {
            self.kiosk.commit(&claims(number));
        }
        self.publish();
    }

    fn publish(&self) {
        let folder = self.path("published");
        let scope = Scope::Digests;
        self.kiosk
            .log
            .export_telling(&folder, scope, &mut |_, _| ())
            .unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.kiosk.folder.path().join(name)
    }

    fn run(&self, arguments: &str) -> (Option<i32>, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(env!("CARGO_BIN_EXE_receipt"))
            .current_dir(self.kiosk.folder.path())
            .args(arguments.split(' '))
            .output()
            .unwrap();
        let told = String::from_utf8([stdout, stderr].concat()).unwrap();
        (status.code(), told)
    }

    fn cosign(&self, folder: &str) -> (Option<i32>, String) {
        self.run(&format!(
            "log witness --operator operator.pub --key witness.key --name w.example/1 \
             --memory memory {folder} {folder}.note"
        ))
    }

    fn add(&self, folder: &str) -> (Option<i32>, String) {
        let witness = &self.witness;
        self.run(&format!(
            "log add-cosignature --operator operator.pub --witness {witness} {folder} {folder}.note"
        ))
    }

    fn check(&self, folder: &str) -> (Option<i32>, String) {
        let witness = &self.witness;
        self.run(&format!(
            "log check --operator operator.pub --witness {witness} {folder}"
        ))
    }
}

#[test]
fn an_auditor_sees_what_the_witness_saw() {
    let mut town = Town::new();
    let (code, told) = town.check("published");
    assert_eq!(code, Some(1));
    assert!(told.starts_with("REFUSED (not_witnessed)"), "{told}");

    let (code, told) = town.cosign("published");
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.starts_with("3 entries cosigned: w.example/1+"),
        "{told}"
    );
    let (code, told) = town.add("published");
    assert_eq!(
        (code, told.as_str()),
        (Some(0), "3 entries cosigned by w.example/1\n")
    );
    let (code, told) = town.check("published");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.starts_with("WHOLE, DIGESTS ONLY"), "{told}");
    assert!(
        told.contains("Witnessed   3 entries by w.example/1, at 20"),
        "{told}"
    );

    // The log goes on; what the witness said about the old head still counts.
    town.grow(300);
    let (code, told) = town.check("published");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("Entries     300"), "{told}");
    assert!(told.contains("Witnessed   3 entries"), "{told}");
    assert_eq!(town.cosign("published").0, Some(0));
    assert_eq!(town.add("published").0, Some(0));
    let (_, told) = town.run(&format!(
        "log check --json --operator operator.pub --witness {} published",
        town.witness
    ));
    let found: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(found["witnessed"][0]["size"], 300, "{found}");
    assert_eq!(found["contents"], "digests");
}

#[test]
fn the_kiosk_keeps_a_cosignature_and_exports_it() {
    let mut town = Town::new();
    assert_eq!(town.cosign("published").0, Some(0));
    let note = fs::read_to_string(town.path("published.note")).unwrap();
    let witness = WitnessPublicKey::parse(&town.witness).unwrap();
    town.kiosk.log.accept_cosignature(&note, &witness).unwrap();
    town.kiosk.log.export(&town.path("everything")).unwrap();
    let (code, told) = town.check("everything");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.starts_with("WHOLE: every entry"), "{told}");
    let head = fs::read_to_string(town.path("everything/checkpoint")).unwrap();
    assert_eq!(head, note);
    // Exporting again into the folder that had no cosignature brings it there.
    town.publish();
    assert_eq!(town.check("published").0, Some(0));
    town.grow(5);
    let (code, told) = town.check("published");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("Witnessed   3 entries"), "{told}");
}

/// The kiosk is copied, and the copy shows another history under the same key.
#[test]
fn a_second_history_gets_no_word_and_is_found() {
    let mut town = Town::new();
    let mut other = Log::create(&town.path("other.sqlite")).unwrap();
    for number in 100..104 {
        let (device, credential) = (&town.kiosk.device, &town.kiosk.credential);
        other.commit(&claims(number), device, credential).unwrap();
    }
    other.export(&town.path("forged")).unwrap();
    assert_eq!(town.cosign("published").0, Some(0));

    let (code, told) = town.cosign("forged");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.starts_with("REFUSED (other_history)"), "{told}");
    assert!(!town.path("forged.note").exists());
    // Nor can the word on the true history be put beside the false one.
    fs::copy(town.path("published.note"), town.path("forged.note")).unwrap();
    assert!(town.add("forged").1.starts_with("REFUSED (other_history)"));
    fs::create_dir(town.path("forged/cosigned")).unwrap();
    let hint = town.witness.split('+').nth(1).unwrap().to_owned();
    let beside = format!("forged/cosigned/{hint}");
    fs::copy(town.path("published.note"), town.path(&beside)).unwrap();
    let (code, told) = town.check("forged");
    assert_eq!(code, Some(1));
    assert!(told.starts_with("REFUSED (other_history)"), "{told}");

    // A log that lost what the witness saw is found as well.
    town.grow(9);
    assert_eq!(town.cosign("published").0, Some(0));
    fs::create_dir_all(town.path("cut/cosigned")).unwrap();
    let mut cut = Log::create(&town.path("cut.sqlite")).unwrap();
    for number in 0..4 {
        let (device, credential) = (&town.kiosk.device, &town.kiosk.credential);
        cut.commit(&claims(number), device, credential).unwrap();
    }
    cut.export(&town.path("cut")).unwrap();
    let beside = format!("cut/cosigned/{hint}");
    fs::copy(town.path("published.note"), town.path(&beside)).unwrap();
    assert!(town.check("cut").1.starts_with("REFUSED (other_history)"));
    assert!(town.cosign("cut").1.starts_with("REFUSED (other_history)"));
}

/// The root of 600 entries is made of the upper tiles, a proof in it of the lower ones: a damaged file
/// is no second history.
#[test]
fn a_damaged_file_accuses_nobody() {
    let mut town = Town::new();
    assert_eq!(town.cosign("published").0, Some(0));
    assert_eq!(town.add("published").0, Some(0));
    town.grow(600);
    let tile = town.path("published/tile/0/000");
    let mut bytes = fs::read(&tile).unwrap();
    bytes[33] ^= 1;
    fs::write(&tile, bytes).unwrap();
    let (code, told) = town.cosign("published");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.starts_with("REFUSED (root_mismatch)"), "{told}");
    let (code, told) = town.check("published");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.starts_with("REFUSED (tile_mismatch)"), "{told}");
}

#[test]
fn what_cannot_be_used_is_named() {
    let town = Town::new();
    let (code, told) = town.run("log witness-key --name w.example/1 witness.key");
    assert_eq!(code, Some(2), "a key is never overwritten: {told}");
    let (code, told) = town.run("log witness-key --name a+b other.key");
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("cannot be a witness's name"), "{told}");
    let (code, told) = town.run("log check --operator operator.pub --witness nobody published");
    assert_eq!(code, Some(2));
    assert!(told.contains("not a witness"), "{told}");
    assert_eq!(town.cosign("published").0, Some(0));
    fs::write(
        town.path("memory/kiosk-log_hall-2_kiosk-07.checkpoint"),
        "x",
    )
    .unwrap();
    let (code, told) = town.cosign("published");
    assert_eq!(code, Some(2));
    assert!(told.contains("the memory was changed"), "{told}");
    fs::write(town.path("published/tile/0/000.p/3"), [0; 96]).unwrap();
    fs::remove_dir_all(town.path("memory")).unwrap();
    let (code, told) = town.cosign("published");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.starts_with("REFUSED (root_mismatch)"), "{told}");
}
