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

    /// Writes the receipt of an entry as its resident has it.
    fn receipt(&self, index: u64) {
        let attestation = self.kiosk.log.attestation(index).unwrap().unwrap();
        fs::write(self.path("receipt.txt"), attestation.receipt().encode()).unwrap();
    }

    fn put_plain(&self) {
        let (code, plain) = self.run("plain receipt.txt");
        assert_eq!(code, Some(0), "{plain}");
        fs::write(self.path("plain.txt"), plain).unwrap();
        let credential = self.kiosk.credential.to_cose();
        fs::write(self.path("kiosk.credential"), credential).unwrap();
    }

    /// Compares a receipt with what is published; options end with a space.
    fn compare(&self, receipt: &str, options: &str) -> (Option<i32>, String) {
        self.run(&format!(
            "verify --operator operator.pub --log published {options}{receipt}"
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

/// An auditor without a chain, with a receipt, the published files and a witness's key.
#[test]
fn a_receipt_is_compared_with_the_published_log_and_a_witnesss_word() {
    let mut town = Town::new();
    town.receipt(2);
    let (code, told) = town.compare("receipt.txt", "");
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("its head of 3 entries contains this one"),
        "{told}"
    );
    assert!(
        told.contains("  + the exported log, which this kiosk signed"),
        "{told}"
    );
    let witness = format!("--witness {} ", town.witness);
    let (code, told) = town.compare("receipt.txt", &witness);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.starts_with("NOT FOUND OUT (not_witnessed)"), "{told}");
    assert_eq!(town.cosign("published").0, Some(0));
    assert_eq!(town.add("published").0, Some(0));
    let (code, told) = town.compare("receipt.txt", &format!("--json {witness}"));
    assert_eq!(code, Some(0), "{told}");
    let found: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(found["export"]["witnessed"][0]["size"], 3, "{found}");
    let checks = found["checks"].as_array().unwrap();
    assert_eq!(checks[5..], ["in_exported_log", "witnessed"]);

    // What came after the export, and after the witness, is not known yet: no word against it.
    for number in 3..600 {
        town.kiosk.commit(&claims(number));
    }
    // Proves a part of the log alone.
    town.receipt(511);
    let (code, told) = town.compare("receipt.txt", "");
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.starts_with("NOT FOUND OUT (export_too_short)"),
        "{told}"
    );
    town.publish();
    assert_eq!(town.compare("receipt.txt", "").0, Some(0));
    let (code, told) = town.compare("receipt.txt", &witness);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.starts_with("NOT FOUND OUT (witness_behind)"), "{told}");
    assert_eq!(town.cosign("published").0, Some(0));
    assert_eq!(town.add("published").0, Some(0));
    assert_eq!(town.compare("receipt.txt", &witness).0, Some(0));
    let (code, told) = town.compare(
        "receipt.txt",
        &format!("--rpc http://127.0.0.1:1 --ledger x {witness}"),
    );
    assert_eq!(code, Some(2), "one or the other: {told}");
    town.put_plain();
    let (code, told) = town.compare("plain.txt", "--credential kiosk.credential ");
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("only a full receipt"), "{told}");

    // One damaged file accuses nobody.
    let tile = town.path("published/tile/0/001");
    let whole = fs::read(&tile).unwrap();
    let mut bytes = whole.clone();
    bytes[254 * 32] ^= 1;
    fs::write(&tile, bytes).unwrap();
    let (code, told) = town.compare("receipt.txt", "");
    assert_eq!(code, Some(2), "{told}");
    assert!(told.starts_with("NOT FOUND OUT (root_mismatch)"), "{told}");
}

/// Whoever has the key and not the log, or a kiosk with two logs: the receipt holds by itself.
#[test]
fn a_receipt_that_never_was_in_the_published_log_is_found() {
    let town = Town::new();
    let mut other = Log::create(&town.path("other.sqlite")).unwrap();
    for number in [0, 1, 77] {
        let (device, credential) = (&town.kiosk.device, &town.kiosk.credential);
        let forged = other.commit(&claims(number), device, credential).unwrap();
        fs::write(town.path("receipt.txt"), forged.receipt().encode()).unwrap();
    }
    let (code, told) = town.run("verify --operator operator.pub receipt.txt");
    assert_eq!(code, Some(0), "by itself it holds: {told}");
    let (code, told) = town.compare("receipt.txt", "");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.starts_with("REFUSED (entry_not_in_log)"), "{told}");
    // The kiosk that wrote it publishes the other log; the witness saw the true one.
    assert_eq!(town.cosign("published").0, Some(0));
    fs::rename(town.path("published"), town.path("true")).unwrap();
    other.export(&town.path("published")).unwrap();
    let hint = town.witness.split('+').nth(1).unwrap().to_owned();
    fs::create_dir(town.path("published/cosigned")).unwrap();
    let beside = format!("published/cosigned/{hint}");
    fs::copy(town.path("published.note"), town.path(&beside)).unwrap();
    assert_eq!(town.compare("receipt.txt", "").0, Some(0));
    let (code, told) = town.compare("receipt.txt", &format!("--witness {} ", town.witness));
    assert_eq!(code, Some(1), "{told}");
    assert!(told.starts_with("REFUSED (other_history)"), "{told}");
    // The export of another operator's kiosk tells nothing.
    let stranger = Kiosk::with_entries(3);
    fs::remove_dir_all(town.path("published")).unwrap();
    stranger.log.export(&town.path("published")).unwrap();
    let (code, told) = town.compare("receipt.txt", "");
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.starts_with("NOT FOUND OUT (credential_signature)"),
        "{told}"
    );
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
