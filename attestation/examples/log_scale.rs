//! How the log behaves at scale: `cargo run --release -p attestation --features sim --example
//! log_scale -- --leaves 1000000`. Fills a log without waiting for the disk, then measures what a
//! kiosk does, with every commit flushed: appending, proving, starting, exporting, auditing.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and stops where something is wrong"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use attestation::{
    Claims, Credential, DeviceKey, Log, Name, OperatorKey, Pseudonym, Validity, check_export,
};
use clap::Parser;
use sha2::{Digest, Sha256};

#[path = "sample/claims.rs"]
mod usual;

/// 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600;

#[derive(Parser)]
struct Arguments {
    /// How many attestations the log has when the measurement begins.
    #[arg(long, default_value_t = 1_000_000)]
    leaves: u64,
    /// How many operations of each kind are measured.
    #[arg(long, default_value_t = 2_000)]
    samples: u64,
    /// Where the log is made (about 610 bytes for each attestation); it is deleted afterwards.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Leave out the whole audit and the check of the export, which take minutes.
    #[arg(long)]
    short: bool,
}

struct Kiosk {
    operator: OperatorKey,
    device: DeviceKey,
    credential: Credential,
}

fn main() {
    let arguments = Arguments::parse();
    let folder = match &arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let folder = folder.unwrap();
    let path = folder.path().join("log.sqlite");
    let kiosk = Kiosk::new();
    let mut log = Log::create(&path).unwrap();
    fill(&mut log, &kiosk, arguments.leaves);
    measure_appends(&mut log, &kiosk, &arguments);
    measure_proofs(&log, &arguments);
    let room = log.room().unwrap();
    println!(
        "file                 {:>9.1} MB, {} bytes per attestation; a year of 1,000 a day: {:.0} MB; \
         {:.0} years in 8 GiB",
        room.used_bytes as f64 / 1e6,
        room.used_bytes / room.entries,
        (room.used_bytes / room.entries * 365_000) as f64 / 1e6,
        (8_u64 << 30) as f64 / (room.used_bytes / room.entries * 365_000) as f64,
    );
    drop(log);
    measure_start(&path);
    measure_patrol(&path, &kiosk, arguments.samples);
    if !arguments.short {
        audit_everything(&path, &kiosk, folder.path());
    }
}

impl Kiosk {
    fn new() -> Self {
        let operator = OperatorKey::generate().unwrap();
        let device = DeviceKey::from_seed(&[42; 32]);
        let validity = Validity {
            not_before: START - 1,
            not_after: u64::from(u32::MAX) * 2,
        };
        let (name, site) = (name("kiosk-07"), name("hall-2"));
        Self {
            credential: Credential::issue(&operator, name, site, device.public(), validity),
            operator,
            device,
        }
    }

    fn commit(&self, log: &mut Log, number: u64) {
        log.commit(&claims(number), &self.device, &self.credential)
            .unwrap();
    }
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// Usual claims; identifiers and pseudonyms look random, as they do in life.
fn claims(number: u64) -> Claims {
    let digest = Sha256::digest(number.to_be_bytes());
    let (id, subject) = digest.split_at(16);
    Claims {
        id: id.try_into().unwrap(),
        service: name("residence-registration"),
        subject: Some(Pseudonym(subject.try_into().unwrap())),
        software: None,
        ..usual::claims(number, START + number * 86).unwrap()
    }
}

fn fill(log: &mut Log, kiosk: &Kiosk, leaves: u64) {
    let begun = Instant::now();
    log.set_hurry(true).unwrap();
    for number in 0..leaves {
        kiosk.commit(log, number);
        tell("filled", number + 1, leaves);
    }
    log.set_hurry(false).unwrap();
    println!(
        "filled with {leaves} attestations in {:.0} s (without waiting for the disk)",
        begun.elapsed().as_secs_f64()
    );
}

fn measure_appends(log: &mut Log, kiosk: &Kiosk, arguments: &Arguments) {
    let numbers = arguments.leaves..arguments.leaves + arguments.samples;
    let times = numbers.map(|number| timed(|| kiosk.commit(log, number)));
    report("append, flushed", times.collect());
}

fn measure_proofs(log: &Log, arguments: &Arguments) {
    let size = log.size().unwrap();
    let places = (0..arguments.samples).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % size);
    let places: Vec<_> = places.collect();
    let times = places
        .iter()
        .map(|&at| timed(|| assert!(log.attestation(at).unwrap().is_some())));
    report("receipt with proof", times.collect());
    let times = places
        .iter()
        .map(|&at| timed(|| assert!(log.prove_consistency(at.max(1), size).unwrap().is_some())));
    report("consistency proof", times.collect());
}

fn measure_start(path: &Path) {
    let times = (0..20).map(|_| timed(|| drop(Log::open(path).unwrap())));
    report("start-up", times.collect());
}

fn measure_patrol(path: &Path, kiosk: &Kiosk, entries: u64) {
    let log = Log::open(path).unwrap();
    let took = timed(|| _ = log.patrol(&kiosk.device.public(), 0, entries).unwrap());
    println!(
        "patrol               {:>9.1} µs per attestation",
        took.as_secs_f64() * 1e6 / entries as f64
    );
}

fn audit_everything(path: &Path, kiosk: &Kiosk, folder: &Path) {
    let log = Log::open(path).unwrap();
    let took = timed(|| {
        log.audit_telling(&kiosk.device.public(), &mut |done, total| {
            tell("audited", done, total)
        })
        .unwrap();
    });
    println!("whole audit          {:>9.1} s", took.as_secs_f64());
    let tiles = folder.join("tiles");
    let mut files = 0;
    let took = timed(|| files = log.export(&tiles).unwrap().files);
    println!(
        "whole export         {:>9.1} s, {files} files",
        took.as_secs_f64()
    );
    let took = timed(|| _ = check_export(&tiles, &kiosk.operator.public()).unwrap());
    println!("check of the export  {:>9.1} s", took.as_secs_f64());
}

fn timed(what: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    what();
    begun.elapsed()
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!(
        "{what:<20} {:>9.3} ms median, {:>9.3} ms p99, {:>9.3} ms largest",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn tell(what: &str, done: u64, total: u64) {
    if done.is_multiple_of(10_000) {
        eprint!("\r{what} {done} of {total} ");
        std::io::stderr().flush().unwrap();
    }
}
