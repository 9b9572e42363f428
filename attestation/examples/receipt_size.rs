//! Measures how large a receipt is: bytes, characters, and modules of the QR code at level M, for
//! logs of several sizes. `cargo run -p attestation --example receipt_size`
#![allow(clippy::print_stdout, reason = "an example's purpose is to print")]

use std::collections::BTreeMap;
use std::error::Error;

use attestation::{
    Band, Claims, Credential, Decision, DeviceKey, DocumentAuthenticity, DocumentEvidence,
    DocumentKind, DocumentValidity, FactorOutcome, Factors, Log, Name, OperatorKey, Pseudonym,
    TimeQuality, Validity,
};
use fast_qr::{ECL, QRBuilder};

/// 2026-11-21T08:00:00Z.
const NOW: u64 = 1_795_248_000;
const ENTRIES: u64 = 1024;
/// A page that checks receipts.
const PAGE: &str = "https://check.example.org/r";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut log = Log::create(&folder.path().join("log.sqlite"))?;
    let device = DeviceKey::from_seed(&[42; 32]);
    let credential = vouch(&device)?;
    let mut modules_of = BTreeMap::<usize, u32>::new();
    println!("entry  hashes  bytes  characters  modules  as a link: characters  modules");
    for index in 0..ENTRIES {
        let committed = log.commit(&claims(index)?, &device, &credential)?;
        let bytes = committed.receipt().to_cbor().len();
        let text = committed.receipt().encode();
        let modules = QRBuilder::new(text.as_str()).ecl(ECL::M).build()?.size;
        if index < 512 {
            *modules_of.entry(modules).or_default() += 1;
        }
        if [0, 1, 15, 100, 127, 255, 256, 300, 511, 512, 1000, 1023].contains(&index) {
            let hashes = index.count_ones();
            let characters = text.len();
            let url = committed.receipt().to_url(PAGE)?;
            let link_modules = QRBuilder::new(url.as_str()).ecl(ECL::M).build()?.size;
            let link = url.len();
            println!(
                "{index:>5}  {hashes:>6}  {bytes:>5}  {characters:>10}  {modules:>7}  \
                 {link:>21}  {link_modules:>7}"
            );
        }
    }
    println!("of the first 512 receipts:");
    for (modules, receipts) in modules_of {
        println!("  {receipts:>4} take {modules}×{modules} modules");
    }
    Ok(())
}

fn vouch(device: &DeviceKey) -> Result<Credential, Box<dyn Error>> {
    let validity = Validity {
        not_before: NOW - 1,
        not_after: NOW + 365 * 86_400,
    };
    let (kiosk, site) = (Name::new("kiosk-07")?, Name::new("hall-2")?);
    let operator = OperatorKey::generate()?;
    Ok(Credential::issue(
        &operator,
        kiosk,
        site,
        device.public(),
        validity,
    ))
}

fn claims(index: u64) -> Result<Claims, Box<dyn Error>> {
    let mut id = [0xA5; 16];
    id[..8].copy_from_slice(&index.to_be_bytes());
    Ok(Claims {
        id,
        kiosk: Name::new("kiosk-07")?,
        site: Name::new("hall-2")?,
        issued_at: NOW,
        time_quality: TimeQuality::Synchronised,
        service: Name::new("residence")?,
        policy: [0x11; 32],
        document: Some(DocumentEvidence {
            kind: DocumentKind::ResidentIdCard,
            authenticity: DocumentAuthenticity::SamRead,
            validity: DocumentValidity::InForce,
        }),
        factors: Factors {
            liveness: FactorOutcome::Band(Band::Accepted),
            face: FactorOutcome::Band(Band::Strong),
        },
        decision: Decision::Verified,
        officer: None,
        models: [0x22; 16],
        firmware: Name::new("0.1.0")?,
        subject: Some(Pseudonym([0x33; 16])),
        software: Some([0x44; 16]),
        disclosable: Vec::new(),
    })
}
