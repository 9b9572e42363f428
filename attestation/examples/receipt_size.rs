//! Measures how large a receipt is: bytes, characters, and modules of the QR code at level M, for
//! logs of several sizes. `cargo run -p attestation --example receipt_size`
#![allow(clippy::print_stdout, reason = "an example's purpose is to print")]

mod sample;

use std::collections::BTreeMap;
use std::error::Error;

use attestation::{DeviceKey, Log, verify};
use fast_qr::{ECL, QRBuilder};
use sample::{claims, vouch};

const ENTRIES: u64 = 4096;
/// A page that checks receipts.
const PAGE: &str = "https://check.example.org/r";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut log = Log::create(&folder.path().join("log.sqlite"))?;
    let device = DeviceKey::from_seed(&[42; 32]);
    let (operator, credential) = vouch(&device)?;
    let mut receipts_of = BTreeMap::<usize, u32>::new();
    let mut whole = 0;
    println!("entry  proven among  bytes  characters  modules  as a link: characters  modules");
    for index in 0..ENTRIES {
        let committed = log.commit(&claims(index)?, &device, &credential)?;
        let receipt = committed.receipt();
        let text = receipt.encode();
        let modules = modules(&text)?;
        *receipts_of.entry(modules).or_default() += 1;
        let verified = verify(receipt, &operator, None)?;
        let part = &verified.log().part;
        whole += u32::from(part.start == 0);
        if [0, 1, 15, 100, 127, 255, 300, 511, 1000, 4095].contains(&index) {
            let (entries, bytes) = (part.end - part.start, receipt.to_cbor().len());
            let (characters, url) = (text.len(), receipt.to_url(PAGE)?);
            let (link, link_modules) = (url.len(), self::modules(&url)?);
            println!(
                "{index:>5}  {entries:>12}  {bytes:>5}  {characters:>10}  {modules:>7}  \
                 {link:>21}  {link_modules:>7}"
            );
        }
    }
    println!("of the first {ENTRIES} receipts {whole} prove the whole log, and:");
    for (modules, receipts) in receipts_of {
        println!("  {receipts:>4} take {modules}×{modules} modules");
    }
    Ok(())
}

fn modules(text: &str) -> Result<usize, Box<dyn Error>> {
    Ok(QRBuilder::new(text).ecl(ECL::M).build()?.size)
}
