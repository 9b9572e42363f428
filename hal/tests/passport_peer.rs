//! The simulated chip against independent implementations: the crate `emrtd` reads it (the program
//! in `hal/peer`) through the real pcscd, OpenSSL checks what was read. Run by
//! `scripts/passport-peer.sh`, which builds the reader.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed helper is a failed test
#![cfg(feature = "sim")]

#[path = "common/patience.rs"]
mod patience;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use hal::sim::passport::{Fault, PassportOptions, PassportSimulator, SimPassport};
use hal::sim::pcscd::{Pcscd, SOCKET_VARIABLE};
use patience::LONG;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// What an independent reader got from a document on a real pcscd.
struct Reading {
    folder: TempDir,
    verdict: String,
}

impl Reading {
    fn of(page: SimPassport, fault: Option<Fault>, number: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pcscd = Pcscd::start(folder.path()).unwrap();
        let _simulator = PassportSimulator::start(PassportOptions {
            placed: true,
            port: pcscd.port(),
            fault,
            trust: Some(folder.path().to_owned()),
            ..PassportOptions::with_page(page)
        })
        .unwrap();
        let mut reading = Self {
            folder,
            verdict: String::new(),
        };
        // Until pcscd has noticed the document.
        let deadline = Instant::now() + LONG;
        while Instant::now() < deadline {
            reading.verdict = reading.attempt(&pcscd, number);
            // PC/SC's words for a document that is not there, or not quite.
            let not_there = [
                "requires a smart card",
                "unpowered",
                "not responding",
                "not ready",
            ];
            let said = reading.verdict.to_lowercase();
            if !not_there.iter().any(|words| said.contains(words)) {
                return reading;
            }
        }
        panic!("the document never lay on the reader: {}", reading.verdict);
    }

    fn attempt(&self, pcscd: &Pcscd, number: &str) -> String {
        let program = std::env::var("PASSPORT_PEER").expect("run scripts/passport-peer.sh");
        let output = Command::new(program)
            .args([number, "850615", "360101"])
            .arg(self.folder.path())
            .env(SOCKET_VARIABLE, pcscd.socket())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// OpenSSL on the signature, the certificates and the revocation list: what was signed, or what
    /// it says against it.
    fn signed(&self) -> Result<Vec<u8>, String> {
        let sod = self.file("SOD");
        let header = hal::card::emrtd::tlv::header(&sod).unwrap();
        fs::write(self.path("cms"), &sod[header.header_len..]).unwrap();
        self.openssl(&[
            "x509", "-inform", "DER", "-in", "csca.cer", "-out", "csca.pem",
        ])?;
        self.openssl(&[
            "crl", "-inform", "DER", "-in", "csca.crl", "-out", "crl.pem",
        ])?;
        let pem = |name| fs::read_to_string(self.path(name)).unwrap();
        fs::write(self.path("ca.pem"), pem("csca.pem") + &pem("crl.pem")).unwrap();
        self.openssl(&[
            "cms",
            "-verify",
            "-inform",
            "DER",
            "-in",
            "cms",
            "-CAfile",
            "ca.pem",
            "-crl_check",
            "-purpose",
            "any",
            "-binary",
            "-out",
            "signed",
        ])?;
        Ok(self.file("signed"))
    }

    fn openssl(&self, arguments: &[&str]) -> Result<(), String> {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("openssl is installed");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(()).ok_or(said)
    }

    /// Whether this data group's hash is among those that were signed.
    fn is_in(&self, name: &str, signed: &[u8]) -> bool {
        let hash = Sha256::digest(self.file(name));
        signed.windows(hash.len()).any(|w| w == hash.as_slice())
    }
}

#[test]
#[ignore = "needs the independent reader: scripts/passport-peer.sh"]
fn independent_implementations_read_and_believe_a_genuine_document() {
    for page in [SimPassport::example(), SimPassport::example_card()] {
        let mrz = page.mrz().concat();
        let reading = Reading::of(page, None, "E00007730");
        assert_eq!(reading.verdict, "read");
        assert!(reading.file("DG1").ends_with(mrz.as_bytes()));
        let portrait = image::load_from_memory(&reading.file("portrait.jpg")).unwrap();
        assert_eq!((portrait.width(), portrait.height()), (413, 531));
        let signed = reading.signed().unwrap();
        for group in ["DG1", "DG2", "DG11", "DG14", "DG15"] {
            assert!(reading.is_in(group, &signed), "{group}");
        }
    }
}

#[test]
#[ignore = "needs the independent reader: scripts/passport-peer.sh"]
fn independent_implementations_see_what_is_wrong() {
    for (fault, group) in [(Fault::AlteredDg1, "DG1"), (Fault::AlteredDg2, "DG2")] {
        let reading = Reading::of(SimPassport::example(), Some(fault), "E00007730");
        assert_eq!(reading.verdict, "read");
        let signed = reading.signed().unwrap();
        assert!(!reading.is_in(group, &signed), "{fault:?}");
        assert!(reading.is_in("DG14", &signed), "{fault:?}");
    }
    for (fault, why) in [
        (Fault::ExpiredSigner, "certificate has expired"),
        (Fault::RevokedSigner, "certificate revoked"),
        (Fault::UnknownSigner, "unable to get local issuer"),
        (Fault::BrokenSignature, "verification failure"),
    ] {
        let reading = Reading::of(SimPassport::example(), Some(fault), "E00007730");
        assert_eq!(reading.verdict, "read", "{fault:?}");
        let said = reading.signed().unwrap_err();
        assert!(said.contains(why), "{fault:?}: {said}");
    }
}

#[test]
#[ignore = "needs the independent reader: scripts/passport-peer.sh"]
fn an_independent_reader_gives_up_where_it_should() {
    let refused = |fault, number| Reading::of(SimPassport::example(), fault, number).verdict;
    let mistyped = refused(None, "E00007731");
    assert!(mistyped.contains("RecvApduError(99, 0)"), "{mistyped}"); // 6300
    let other_page = refused(Some(Fault::WrongAccessKey), "E00007730");
    assert!(other_page.contains("RecvApduError(99, 0)"), "{other_page}");
    let changed = refused(Some(Fault::BadMac), "E00007730");
    assert!(
        changed.contains("VerifyMac") || changed.contains("MAC"),
        "{changed}"
    );
}
