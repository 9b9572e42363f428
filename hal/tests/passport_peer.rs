//! The simulated chip against an independent reader (crate `emrtd`, the program in `hal/peer`),
//! through the real pcscd. Run by `scripts/passport-peer.sh`, which builds the reader.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test
#![cfg(feature = "sim")]

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use hal::sim::passport::{Fault, PassportOptions, PassportSimulator, SimPassport, Size};
use hal::sim::pcscd::{Pcscd, SOCKET_VARIABLE};

/// What the independent reader said.
struct Said {
    files: HashMap<String, String>,
    verdict: String,
}

fn read(page: SimPassport, fault: Option<Fault>, number: &str) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let pcscd = Pcscd::start(folder.path()).unwrap();
    let trust = folder.path().join("trust");
    let _simulator = PassportSimulator::start(PassportOptions {
        placed: true,
        port: pcscd.port(),
        fault,
        trust: Some(trust.clone()),
        ..PassportOptions::with_page(page)
    })
    .unwrap();
    peer(&pcscd, &trust, number)
}

fn peer(pcscd: &Pcscd, trust: &Path, number: &str) -> Said {
    let program = std::env::var("PASSPORT_PEER").expect("run scripts/passport-peer.sh");
    let until_there = 300; // tries; pcscd notices a document within a fraction of a second
    for _ in 0..until_there {
        let output = Command::new(&program)
            .args([number, "850615", "360101"])
            .arg(trust.join("csca.cer"))
            .env(SOCKET_VARIABLE, pcscd.socket())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let verdict = said.lines().last().unwrap_or_default().to_owned();
        if verdict.contains("smart card") || verdict.contains("not find a reader") {
            continue; // not there yet
        }
        let files = said.lines().filter_map(|line| line.split_once(' '));
        let files = files.map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
        return Said { files, verdict };
    }
    panic!("the independent reader never found a document");
}

fn hex(text: &str) -> String {
    text.bytes().map(|b| format!("{b:02X}")).collect()
}

#[test]
#[ignore = "needs the independent reader: scripts/passport-peer.sh"]
fn an_independent_reader_reads_and_believes_a_genuine_document() {
    for page in [SimPassport::example(), SimPassport::example_card()] {
        let (mrz, size) = (page.mrz().concat(), page.size);
        let said = read(page, None, "E00007730");
        assert_eq!(said.verdict, "genuine", "{size:?}");
        assert!(said.files["DG1"].ends_with(&hex(&mrz)));
        assert!(said.files["PORTRAIT"].starts_with("FFD8FF"));
        assert!(matches!(size, Size::Td3 | Size::Td1));
    }
}

#[test]
#[ignore = "needs the independent reader: scripts/passport-peer.sh"]
fn an_independent_reader_refuses_what_is_not() {
    let refusals = [
        (Fault::AlteredDg1, "hash"),
        (Fault::AlteredDg2, "hash"),
        (Fault::BrokenSignature, "ignature"),
        (Fault::UnknownSigner, "ertificate"),
        (Fault::ExpiredSigner, "ertificate"),
        (Fault::BadMac, "MAC"),
        (Fault::WrongAccessKey, "RecvApdu"),
    ];
    for (fault, why) in refusals {
        let said = read(SimPassport::example(), Some(fault), "E00007730");
        assert!(
            said.verdict.starts_with("refused"),
            "{fault:?}: {}",
            said.verdict
        );
        assert!(said.verdict.contains(why), "{fault:?}: {}", said.verdict);
    }
}

#[test]
#[ignore = "needs the independent reader: scripts/passport-peer.sh"]
fn an_independent_reader_with_a_mistyped_number_reads_nothing() {
    let said = read(SimPassport::example(), None, "E00007731");
    assert!(said.verdict.starts_with("refused"));
    assert!(said.files.is_empty());
}
