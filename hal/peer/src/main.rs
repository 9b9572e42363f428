//! Reads a travel document with the crate `emrtd`, which shares no code with `hal`: Basic Access
//! Control and 3DES secure messaging. Writes each file of the chip, and the portrait, into a
//! folder; prints `read` or `refused: WHY`.
//!
//! Arguments: document number, date of birth, date of expiry (`YYMMDD`), folder.
#![forbid(unsafe_code)]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use emrtd::{EmrtdComms, EmrtdError, get_jpeg_from_ef_dg2, other_mrz};
use pcsc::{Context, Protocols, Scope, ShareMode};

/// Files to read: names and identifiers (ICAO 9303-10, 3.6).
const FILES: [(&str, &[u8; 2]); 7] = [
    ("COM", b"\x01\x1E"),
    ("SOD", b"\x01\x1D"),
    ("DG1", b"\x01\x01"),
    ("DG2", b"\x01\x02"),
    ("DG11", b"\x01\x0B"),
    ("DG14", b"\x01\x0E"),
    ("DG15", b"\x01\x0F"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [number, birth, expiry, folder] = &arguments[..] else {
        eprintln!("usage: passport-peer NUMBER YYMMDD YYMMDD FOLDER");
        return ExitCode::FAILURE;
    };
    match read([number, birth, expiry], Path::new(folder)) {
        Ok(()) => {
            println!("read");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("refused: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read([number, birth, expiry]: [&str; 3], folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut chip = EmrtdComms::new(connect()?);
    chip.select_emrtd_application().map_err(said)?;
    let secret = other_mrz(number, birth, expiry).map_err(said)?;
    chip.establish_bac_session_keys(secret.as_bytes())
        .map_err(said)?;
    for (name, id) in FILES {
        chip.select_ef(id, name, true).map_err(said)?;
        let contents = chip.read_data_from_ef(true).map_err(said)?;
        fs::write(folder.join(name), &contents)?;
        if name == "DG2" {
            let portrait = get_jpeg_from_ef_dg2(&contents).map_err(said)?;
            fs::write(folder.join("portrait.jpg"), portrait)?;
        }
    }
    Ok(())
}

fn connect() -> Result<pcsc::Card, pcsc::Error> {
    let context = Context::establish(Scope::User)?;
    let readers = context.list_readers_owned()?;
    let reader = readers.first().ok_or(pcsc::Error::NoReadersAvailable)?;
    context.connect(reader, ShareMode::Shared, Protocols::ANY)
}

fn said(error: EmrtdError) -> Box<dyn Error> {
    format!("{error:?}").into()
}
