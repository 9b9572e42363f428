//! Measures the other forms of a receipt: the plain one and the wallet form with 0, 2 and 6 card
//! fields, bound and not; characters, and modules of the QR code at levels M and L.
//! `cargo run -p attestation --example wallet_size`
#![allow(clippy::print_stdout, reason = "an example's purpose is to print")]

mod sample;

use std::error::Error;

use attestation::wallet::{self, HolderSecret};
use attestation::{CardField, Claims, CommittedAttestation, DeviceKey, Disclosures, Log};
use ed25519_dalek::SigningKey;
use fast_qr::{ECL, QRBuilder};
use sample::{NOW, claims, vouch};
use zeroize::Zeroizing;

/// A resident's card with a long address; no real person's.
const CARD: [(CardField, &str); 6] = [
    (CardField::Name, "张三"),
    (CardField::BirthDate, "1900-01-01"),
    (CardField::DocumentNumber, "11010119000101001X"),
    (CardField::Sex, "男"),
    (CardField::Ethnicity, "汉"),
    (
        CardField::Address,
        "北京市东城区和平里街道和平里中街一百零一号院二号楼三单元四零五室",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut log = Log::create(&folder.path().join("log.sqlite"))?;
    let device = DeviceKey::from_seed(&[42; 32]);
    let (_, credential) = vouch(&device)?;
    println!("form                        characters  modules at M  at L");
    for (number, fields) in [(0, 0), (1, 2), (2, 6)] {
        let disclosures = share(fields)?;
        let claims = Claims {
            disclosable: disclosures.digests(),
            ..claims(number)?
        };
        let committed = log.commit(&claims, &device, &credential)?;
        measure_plain(fields, &committed)?;
        let ed25519 = HolderSecret::Ed25519(SigningKey::from_bytes(&[7; 32]));
        for (bound, holder) in [("", None), (", bound", Some(ed25519))] {
            let key = holder.as_ref().map(HolderSecret::public);
            let token =
                wallet::issue(&committed, &device, &credential, &disclosures, key.as_ref())?;
            measure(&format!("wallet, {fields} fields{bound}"), &token)?;
            if let Some(holder) = holder {
                let shown = wallet::bind(&token, &holder, "once-4711", "bank.example.org", NOW)?;
                measure(&format!("wallet, {fields} fields, proved"), &shown)?;
            }
        }
    }
    Ok(())
}

fn measure_plain(fields: usize, committed: &CommittedAttestation) -> Result<(), Box<dyn Error>> {
    let plain = committed.receipt().to_plain();
    println!("plain, {fields} fields: {} bytes", plain.to_cbor().len());
    measure(&format!("plain, {fields} fields"), &plain.encode())?;
    let link = plain.to_url("https://check.example.org/r")?;
    measure(&format!("plain, {fields} fields, as link"), &link)
}

fn measure(form: &str, text: &str) -> Result<(), Box<dyn Error>> {
    let modules = |level| -> Result<String, Box<dyn Error>> {
        // Version 40 at level M takes 2,331 bytes, at level L 2,953.
        match QRBuilder::new(text).ecl(level).build() {
            Ok(qr) => Ok(qr.size.to_string()),
            Err(_) => Ok("none".into()),
        }
    };
    let (m, l) = (modules(ECL::M)?, modules(ECL::L)?);
    println!("{form:<26}  {:>10}  {m:>12}  {l:>4}", text.len());
    Ok(())
}

fn share(fields: usize) -> Result<Disclosures, Box<dyn Error>> {
    let fields = CARD.into_iter().take(fields);
    let fields = fields.map(|(field, value)| (field, Zeroizing::new(value.to_owned())));
    Ok(Disclosures::new(fields)?)
}
