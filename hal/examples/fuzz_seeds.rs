//! Writes what the fuzz targets of travel documents begin with: the files of simulated documents, so
//! that the fuzzer gets past the first checks.
//!
//! `cargo run -p hal --features sim --example fuzz_seeds -- hal/fuzz/corpus`

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hal::sim::passport::{
    Active, Ciphers, Pace, PaceCurve, Protocols, SimPassport, TestCountry, files,
};

/// EF.SOD and data group 2 have targets of their own.
const SOD: u16 = 0x011D;
const PORTRAIT: u16 = 0x0102;

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = PathBuf::from(std::env::args_os().nth(1).ok_or("give the corpus folder")?);
    let country = TestCountry::found("UT", SystemTime::now())?;
    let documents = [
        ("td3", SimPassport::example(), Protocols::default()),
        ("td1", SimPassport::example_card(), old(Active::Rsa1024)),
        ("rsa", SimPassport::example(), old(Active::Rsa2048)),
    ];
    for (name, page, protocols) in documents {
        let files = files(&page, &protocols, &country)?;
        for (id, bytes) in &files {
            // All three have the same portrait.
            let target = match (*id, name) {
                (PORTRAIT, "td3") => "emrtd_dg2",
                (PORTRAIT, _) => continue,
                _ => "emrtd_sod",
            };
            keep(&corpus.join(target), &format!("{name}-{id:04x}"), bytes)?;
        }
        // As the chip of the target reads them: identifier, length, contents.
        let chip = files.iter().flat_map(|(id, bytes)| {
            let low = id.to_be_bytes()[1];
            let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
            [&[low][..], &length.to_be_bytes(), bytes].concat()
        });
        let chip: Vec<u8> = std::iter::once(1).chain(chip).collect();
        keep(&corpus.join("emrtd_procedure"), name, &chip)?;
        assert!(files.contains_key(&SOD), "a document has a signature");
    }
    let sod = corpus.join("emrtd_sod");
    keep(&sod, "csca", &country.certificate()?)?;
    keep(&sod, "crl", &country.revocation_list(&[])?)?;
    Ok(())
}

/// A document that opens without PACE and proves itself by its signature.
fn old(active: Active) -> Protocols {
    Protocols {
        bac: true,
        pace: Some(Pace {
            ciphers: Ciphers::TripleDes,
            curve: PaceCurve::P256,
        }),
        chip: None,
        active: Some(active),
    }
}

fn keep(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    Ok(fs::write(folder.join(name), bytes)?)
}
