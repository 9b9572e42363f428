//! Reads a travel document on a PC/SC reader and says what was authenticated and how, how many
//! commands it took and how long. Shows nothing of what the document says about its holder.
//!
//! ```sh
//! cargo run -p hal --example read_passport -- /etc/kiosk/csca mrz L898902C 690806 940623
//! cargo run -p hal --example read_passport -- /etc/kiosk/csca can 123456
//! ```
#![allow(clippy::print_stdout)] // a program that is read by people

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Instant;

use hal::card::CardEvent;
use hal::card::emrtd::EmrtdRecord;
use hal::card::emrtd::access::AccessKey;
use hal::card::emrtd::pki::trust::TrustStore;
use hal::card::emrtd::worker::{EmrtdReaderConfig, EmrtdWorker};

const USAGE: &str = "usage: read_passport TRUST-FOLDER (mrz NUMBER YYMMDD YYMMDD | can DIGITS)";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (folder, key) = match arguments[..] {
        [folder, "mrz", number, birth, expiry] => {
            (folder, AccessKey::from_fields(number, birth, expiry)?)
        }
        [folder, "can", digits] => (folder, AccessKey::from_can(digits)?),
        _ => return Err(USAGE.into()),
    };
    let trust = Arc::new(TrustStore::load(Path::new(folder))?);
    let (send, events) = channel();
    let worker = EmrtdWorker::spawn(
        EmrtdReaderConfig::trusting(trust),
        |state| println!("reader: {state:?}"),
        move |event| send.send(event).unwrap_or_default(),
    );
    worker.start_polling(Some(key));
    let mut begun = Instant::now();
    for event in events {
        match event {
            CardEvent::Present => begun = Instant::now(),
            CardEvent::Failed(fault) => return Err(fault.into()),
            CardEvent::ReadDocument(record) => {
                tell(&record);
                println!("time: {:?}", begun.elapsed());
                return Ok(());
            }
            _ => {}
        }
    }
    Err("the reader ended".into())
}

fn tell(record: &EmrtdRecord) {
    let authentication = &record.authentication;
    println!("opened with: {:?}", authentication.access);
    match &authentication.passive {
        Ok(proof) => println!("data: signed, {proof:?}"),
        Err(fault) => println!("data: not authentic, {fault}"),
    }
    println!("chip: {:?}", authentication.chip);
    println!("relied on as: {:?}", authentication.authenticity());
    println!(
        "portrait: {} bytes, {:?}",
        record.portrait.reveal().len(),
        record.portrait.coding()
    );
    println!("commands: {}", authentication.commands);
}
