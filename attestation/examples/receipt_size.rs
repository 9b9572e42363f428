//! Measures how large a receipt is: bytes, characters, and modules of the QR code at level M, for
//! logs of several sizes. `cargo run -p attestation --example receipt_size`
#![allow(clippy::print_stdout, reason = "an example's purpose is to print")]

mod sample;

use std::collections::BTreeMap;
use std::error::Error;

use attestation::{DeviceKey, Log};
use fast_qr::{ECL, QRBuilder};
use sample::{claims, vouch};

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
