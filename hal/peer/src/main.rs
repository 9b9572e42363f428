//! Reads a travel document with the crate `emrtd`, which shares no code with `hal`: Basic Access
//! Control, 3DES secure messaging, passive authentication (OpenSSL). Prints each file as
//! `NAME HEX`, then `genuine` or `refused: WHY`.
//!
//! Arguments: document number, date of birth, date of expiry (`YYMMDD`), the CSCA's certificate
//! (DER).
#![forbid(unsafe_code)]

use std::error::Error;
use std::process::ExitCode;

use emrtd::{
    EmrtdComms, EmrtdError, bytes2hex, get_jpeg_from_ef_dg2, other_mrz, passive_authentication,
    validate_dg,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use pcsc::{Context, Protocols, Scope, ShareMode};

/// Data groups to read, with their files.
const GROUPS: [(i32, &[u8; 2]); 5] = [
    (1, b"\x01\x01"),
    (2, b"\x01\x02"),
    (11, b"\x01\x0B"),
    (14, b"\x01\x0E"),
    (15, b"\x01\x0F"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [number, birth, expiry, csca] = &arguments[..] else {
        eprintln!("usage: passport-peer NUMBER YYMMDD YYMMDD CSCA.cer");
        return ExitCode::FAILURE;
    };
    match read([number, birth, expiry], csca) {
        Ok(()) => {
            println!("genuine");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("refused: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read([number, birth, expiry]: [&str; 3], csca: &str) -> Result<(), Box<dyn Error>> {
    let mut chip = EmrtdComms::new(connect()?);
    chip.select_emrtd_application().map_err(said)?;
    let secret = other_mrz(number, birth, expiry).map_err(said)?;
    chip.establish_bac_session_keys(secret.as_bytes()).map_err(said)?;
    let mut file = |name: String, id: &[u8; 2]| -> Result<Vec<u8>, Box<dyn Error>> {
        chip.select_ef(id, &name, true).map_err(said)?;
        let contents = chip.read_data_from_ef(true).map_err(said)?;
        println!("{name} {}", bytes2hex(&contents));
        Ok(contents)
    };
    file(String::from("COM"), b"\x01\x1E")?;
    let sod = file(String::from("SOD"), b"\x01\x1D")?;
    let groups = GROUPS.map(|(group, id)| Ok((group, file(format!("DG{group}"), id)?)));
    let groups: Vec<_> = groups.into_iter().collect::<Result<_, Box<dyn Error>>>()?;
    let mut trusted = X509StoreBuilder::new()?;
    trusted.add_cert(X509::from_der(&std::fs::read(csca)?)?)?;
    let (digest, hashes, _) = passive_authentication(&sod, &trusted.build()).map_err(said)?;
    for (group, contents) in &groups {
        validate_dg(contents, *group, digest, &hashes).map_err(said)?;
        if *group == 2 {
            println!("PORTRAIT {}", bytes2hex(get_jpeg_from_ef_dg2(contents).map_err(said)?));
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
