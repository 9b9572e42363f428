//! The log leaves the kiosk as files. An auditor with nothing but the operator's public key finds
//! them whole, and finds every change.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use attestation::{Credential, ExportFinding, Log, LogError, OperatorKey, Validity, check_export};
use common::{Kiosk, NOW, claims, name};
use serde_json::Value;

fn folder(kiosk: &Kiosk) -> PathBuf {
    kiosk.folder.path().join("export/log")
}

/// Every file of an export, by its name in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap();
                found.insert(name.to_str().unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn grow(kiosk: &mut Kiosk, to: u64) {
    for number in kiosk.log.size().unwrap()..to {
        kiosk.commit(&claims(number));
    }
}

fn check(kiosk: &Kiosk) -> Result<u64, ExportFinding> {
    let report = check_export(&folder(kiosk), &kiosk.operator_public())?;
    assert_eq!(Some(&report.head), kiosk.log.head().unwrap().as_ref());
    Ok(report.head.checkpoint.size)
}

#[test]
fn an_export_is_the_layout_of_the_specification_and_is_whole() {
    let kiosk = Kiosk::with_entries(300);
    let done = kiosk.log.export(&folder(&kiosk)).unwrap();
    assert_eq!((done.before, done.size, done.files), (0, 300, 7));
    let written = files(&folder(&kiosk));
    let sizes: Vec<_> = written
        .iter()
        .filter(|(name, _)| name.starts_with("tile/0") || name.starts_with("tile/1"))
        .map(|(name, bytes)| (name.as_str(), bytes.len()))
        .collect();
    assert_eq!(
        sizes,
        [
            ("tile/0/000", 8192),
            ("tile/0/001.p/44", 44 * 32),
            ("tile/1/000.p/1", 32),
        ]
    );
    assert!(written.contains_key("tile/entries/000"));
    assert!(written.contains_key("tile/entries/001.p/44"));
    let first = kiosk.log.attestation(0).unwrap().unwrap();
    let first = first.receipt().attestation();
    let bundle = &written["tile/entries/000"];
    assert_eq!(bundle[..2], (first.len() as u16).to_be_bytes());
    assert!(
        bundle[2..].starts_with(&first),
        "the COSE_Sign1 as it is in the receipt"
    );
    assert_eq!(check(&kiosk).unwrap(), 300);
}

#[test]
fn logs_of_every_awkward_size_are_whole_and_a_later_export_only_adds() {
    let mut kiosk = Kiosk::new();
    let nothing = kiosk.log.export(&folder(&kiosk)).unwrap();
    assert_eq!((nothing.size, nothing.files), (0, 0));
    assert!(!folder(&kiosk).exists(), "an empty log writes nothing");
    let mut before = BTreeMap::new();
    for size in [1, 2, 255, 256, 257, 511, 512, 600] {
        grow(&mut kiosk, size);
        kiosk.log.export(&folder(&kiosk)).unwrap();
        assert_eq!(check(&kiosk).unwrap(), size);
        let after = files(&folder(&kiosk));
        for (name, bytes) in before {
            if name != "checkpoint" {
                assert!(after.get(&name) == Some(&bytes), "{name} at {size}");
            }
        }
        before = after;
    }
    let again = kiosk.log.export(&folder(&kiosk)).unwrap();
    assert_eq!((again.before, again.size, again.files), (600, 600, 0));
}

#[test]
fn an_export_that_was_interrupted_leaves_the_old_one_whole_and_is_made_good() {
    let mut kiosk = Kiosk::with_entries(200);
    kiosk.log.export(&folder(&kiosk)).unwrap();
    let old = fs::read(folder(&kiosk).join("checkpoint")).unwrap();
    grow(&mut kiosk, 700);
    kiosk.log.export(&folder(&kiosk)).unwrap();
    // The power fails before the checkpoint is in place, and while a tile is written.
    fs::write(folder(&kiosk).join("checkpoint"), old).unwrap();
    fs::remove_file(folder(&kiosk).join("tile/0/001")).unwrap();
    fs::write(folder(&kiosk).join("tile/0/001.unfinished"), [0; 99]).unwrap();
    let report = check_export(&folder(&kiosk), &kiosk.operator_public()).unwrap();
    assert_eq!(report.head.checkpoint.size, 200);
    kiosk.log.export(&folder(&kiosk)).unwrap();
    assert_eq!(check(&kiosk).unwrap(), 700);
}

#[test]
fn every_changed_and_every_missing_file_is_found() {
    let kiosk = Kiosk::with_entries(260);
    kiosk.log.export(&folder(&kiosk)).unwrap();
    for (name, bytes) in files(&folder(&kiosk)) {
        let path = folder(&kiosk).join(&name);
        let step = bytes.len() / 6 + 1;
        for at in (0..bytes.len()).step_by(step) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(&path, changed).unwrap();
            assert!(check(&kiosk).is_err(), "{name}, byte {at}");
        }
        for wrong in [&bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat(), &[]] {
            fs::write(&path, wrong).unwrap();
            assert!(check(&kiosk).is_err(), "{name}, {} bytes", wrong.len());
        }
        fs::remove_file(&path).unwrap();
        let code = check(&kiosk).unwrap_err().as_code();
        assert_eq!(code, "export_incomplete", "{name}");
        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(check(&kiosk).unwrap(), 260);
}

/// The files of two honest exports, put together anew.
#[test]
fn each_finding_says_what_does_not_hold() {
    let kiosk = Kiosk::with_entries(3);
    kiosk.log.export(&folder(&kiosk)).unwrap();
    let honest = files(&folder(&kiosk));
    let with = |name: &str, bytes: &[u8]| {
        fs::write(folder(&kiosk).join(name), bytes).unwrap();
        let found = check(&kiosk).unwrap_err().as_code();
        fs::write(folder(&kiosk).join(name), &honest[name]).unwrap();
        found
    };
    let mut swapped = Vec::new();
    for index in [1, 0, 2] {
        swapped.extend(bundled(&attestation_of(&kiosk, index)));
    }
    assert_eq!(with("tile/entries/000.p/3", &swapped), "tile_mismatch");
    let mut tampered = honest["tile/entries/000.p/3"].clone();
    *tampered.last_mut().unwrap() ^= 1;
    assert_eq!(
        with("tile/entries/000.p/3", &tampered),
        "attestation_signature"
    );
    assert_eq!(with("tile/0/000.p/3", &[0; 96]), "tile_mismatch");
    let notes = ["", "no note\n"].map(|text| with("checkpoint", text.as_bytes()));
    assert_eq!(notes, ["checkpoint_malformed"; 2]);
    let stranger = OperatorKey::generate().unwrap();
    let his = common::credential(&stranger, &kiosk.device).to_cose();
    assert_eq!(with("credentials", &bundled(&his)), "credential_signature");
    let vouch = |site: &str, not_before| {
        let validity = Validity {
            not_before,
            not_after: NOW + 10,
        };
        let (kiosk_name, site) = (name("kiosk-07"), name(site));
        let device = kiosk.device.public();
        Credential::issue(&kiosk.operator, kiosk_name, site, device, validity).to_cose()
    };
    let elsewhere = bundled(&vouch("hall-3", 0));
    assert_eq!(with("credentials", &elsewhere), "another_log");
    let later = bundled(&vouch("hall-2", NOW + 1));
    assert_eq!(with("credentials", &later), "credential_not_valid_at_time");
    let report = check_export(&folder(&kiosk), &stranger.public());
    assert_eq!(report.unwrap_err().as_code(), "credential_signature");
}

fn attestation_of(kiosk: &Kiosk, index: u64) -> Vec<u8> {
    let committed = kiosk.log.attestation(index).unwrap().unwrap();
    committed.receipt().attestation()
}

fn bundled(entry: &[u8]) -> Vec<u8> {
    [&(entry.len() as u16).to_be_bytes(), entry].concat()
}

/// A log that was set back (an old copy of the file) must not overwrite what went out before.
#[test]
fn a_shorter_or_other_log_does_not_write_over_an_export() {
    let kiosk = Kiosk::with_entries(5);
    kiosk.log.export(&folder(&kiosk)).unwrap();
    let before = files(&folder(&kiosk));
    let shorter = kiosk.folder.path().join("shorter.sqlite");
    let mut log = Log::create(&shorter).unwrap();
    let mut commit = |number| {
        let committed = log.commit(&claims(number), &kiosk.device, &kiosk.credential);
        committed.unwrap();
    };
    // The same kiosk and key, but other entries: shorter at first, then longer.
    (10..14).for_each(&mut commit);
    drop(log);
    let refused = Log::open(&shorter).unwrap().export(&folder(&kiosk));
    assert!(matches!(refused, Err(LogError::ExportOfAnother { .. })));
    let mut log = Log::open(&shorter).unwrap();
    for number in 14..20 {
        log.commit(&claims(number), &kiosk.device, &kiosk.credential)
            .unwrap();
    }
    let refused = log.export(&folder(&kiosk)).unwrap_err();
    assert!(
        refused.to_string().contains("the log was set back"),
        "{refused}"
    );
    assert!(files(&folder(&kiosk)) == before, "nothing was written");
}

fn run(kiosk: &Kiosk, arguments: &str) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_receipt"))
        .current_dir(kiosk.folder.path())
        .args(arguments.split(' '))
        .output()
        .unwrap();
    let told = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.code(), told)
}

#[test]
fn the_program_exports_and_checks_while_no_kiosk_runs() {
    let mut kiosk = Kiosk::with_entries(4);
    fs::write(
        kiosk.folder.path().join("operator.pub"),
        kiosk.operator_public().to_pem(),
    )
    .unwrap();
    let (code, told) = run(&kiosk, "log export --entries log.sqlite out");
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("stop the other kiosk program first"),
        "{told}"
    );

    kiosk.log = Log::create(&kiosk.folder.path().join("other.sqlite")).unwrap();
    let (code, told) = run(&kiosk, "log export --entries log.sqlite out");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("4 entries in out, 4 of them new; 4 files written"));
    let (code, told) = run(&kiosk, "log check --operator operator.pub out");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.starts_with("WHOLE"), "{told}");
    assert!(
        told.contains("Key         kiosk-log/hall-2/kiosk-07+"),
        "{told}"
    );
    let (_, told) = run(&kiosk, "log check --operator operator.pub --json out");
    let found: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&found["holds"], &found["size"]), (&true.into(), &4.into()));

    fs::remove_file(kiosk.folder.path().join("out/tile/0/000.p/4")).unwrap();
    let (code, told) = run(&kiosk, "log check --operator operator.pub out");
    assert_eq!(code, Some(1));
    assert!(told.starts_with("REFUSED (export_incomplete)"), "{told}");
    let (code, told) = run(&kiosk, "log export --entries no-log.sqlite out");
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("the log is missing"), "{told}");
    assert!(!kiosk.folder.path().join("no-log.sqlite").exists());
}
