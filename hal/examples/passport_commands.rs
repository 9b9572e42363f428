//! Prints what reading a travel document takes: commands and bytes for each way to open the chip and each
//! way in which it proves itself, with short and with extended APDUs, and the processor time of our side
//! and of the simulated chip's.
//!
//! The chip is the simulated one, spoken to as `vpcd` does but without pcscd; what is done with its
//! answers is what the driver does: files, passive authentication, portrait. A real chip answers the same
//! commands in its own time, which is most of what a resident waits for.
//!
//! `cargo run -p hal --features sim --example passport_commands`
#![allow(clippy::print_stdout, clippy::unwrap_used)] // a tool for people

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime};

use hal::card::emrtd::EmrtdRecord;
use hal::card::emrtd::access::AccessKey;
use hal::card::emrtd::pki::passive::PassivePolicy;
use hal::card::emrtd::pki::trust::TrustStore;
use hal::card::emrtd::procedure::{EXTENDED_READ, Procedure, ReadOptions, SHORT_READ, Step};
use hal::card::emrtd::random::OsRandom;
use hal::sim::passport::{
    Active, Ciphers, Pace, PassportOptions, PassportSimulator, Protocols, SimPassport,
};
use rustix::time::{ClockId, clock_gettime};

/// How often each is read; the times are medians.
const TIMES: usize = 9;
/// `vpcd`: field on.
const POWER_ON: &[u8] = &[1];

fn main() {
    println!(
        "opened  proof                APDUs  |  commands  bytes out  bytes in  ours ms  chip ms"
    );
    for (opened, proof, protocols) in chips() {
        for (size, read_at_once) in [("short", SHORT_READ), ("extended", EXTENDED_READ)] {
            let read = measure(&protocols, read_at_once);
            println!(
                "{opened:<7} {proof:<20} {size:<8} {:>9} {:>10} {:>9} {:>8.1} {:>8.1}",
                read.commands,
                read.sent,
                read.received,
                ms(read.ours),
                ms(read.chip)
            );
        }
    }
}

/// Both ways to open a chip, each with every proof that it is no copy.
fn chips() -> impl Iterator<Item = (&'static str, &'static str, Protocols)> {
    let ways = [("BAC", None), ("PACE", Some(Pace::default()))];
    ways.into_iter().flat_map(|(opened, pace)| {
        let proofs = [
            ("none", None, None),
            ("chip, AES-128", Some(Ciphers::Aes128), None),
            ("active, ECDSA", None, Some(Active::Ecdsa)),
            ("active, RSA 2048", None, Some(Active::Rsa2048)),
        ];
        proofs.map(|(proof, chip, active)| {
            let bac = pace.is_none();
            (
                opened,
                proof,
                Protocols {
                    bac,
                    pace,
                    chip,
                    active,
                },
            )
        })
    })
}

/// What one reading took.
#[derive(Clone, Copy, Default)]
struct Reading {
    commands: usize,
    sent: usize,
    received: usize,
    ours: Duration,
    chip: Duration,
}

fn measure(protocols: &Protocols, read_at_once: u32) -> Reading {
    let trust = tempfile::tempdir().unwrap();
    let reader = TcpListener::bind("127.0.0.1:0").unwrap();
    let document = PassportSimulator::start(PassportOptions {
        protocols: protocols.clone(),
        trust: Some(trust.path().to_owned()),
        placed: true,
        port: reader.local_addr().unwrap().port(),
        ..PassportOptions::with_page(SimPassport::example())
    });
    let _document = document.unwrap();
    let (mut chip, _) = reader.accept().unwrap();
    chip.set_nodelay(true).unwrap();
    let trust = TrustStore::load(trust.path()).unwrap();
    let mut readings: Vec<_> = (0..TIMES)
        .map(|_| read(&mut chip, &trust, read_at_once))
        .collect();
    readings.sort_unstable_by_key(|reading| reading.ours);
    let ours = readings[TIMES / 2].ours;
    readings.sort_unstable_by_key(|reading| reading.chip);
    Reading {
        ours,
        ..readings[TIMES / 2]
    }
}

/// Reads the document and does with it what the driver does.
fn read(chip: &mut TcpStream, trust: &TrustStore, read_at_once: u32) -> Reading {
    let mut reading = Reading::default();
    let (ours, all) = (
        time_of(ClockId::ThreadCPUTime),
        time_of(ClockId::ProcessCPUTime),
    );
    send(chip, POWER_ON).unwrap();
    let key = AccessKey::from_fields("E00007730", "850615", "360101").unwrap();
    let options = ReadOptions {
        read_at_once,
        ..ReadOptions::default()
    };
    let mut procedure = Procedure::new(key, options, Box::new(OsRandom));
    let mut step = procedure.step(None).unwrap();
    let document = loop {
        let command = match step {
            Step::Send(command) => command,
            Step::Done(document) => break document,
        };
        send(chip, &command).unwrap();
        let answer = receive(chip).unwrap();
        reading.sent += command.len();
        reading.received += answer.len();
        step = procedure.step(Some(&answer)).unwrap();
    };
    let policy = PassivePolicy {
        require_revocation_list: true,
    };
    let record = EmrtdRecord::new(&document, trust, policy, SystemTime::now()).unwrap();
    assert_eq!(record.authentication.objection(), None, "not believed");
    record.portrait.decode().unwrap();
    reading.commands = document.commands;
    reading.ours = time_of(ClockId::ThreadCPUTime) - ours;
    reading.chip = time_of(ClockId::ProcessCPUTime).saturating_sub(all + reading.ours);
    reading
}

/// Processor time so far, of this thread or of the whole process: the chip's is the difference.
fn time_of(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap();
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap())
}

fn send(chip: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    chip.write_all(&[&length.to_be_bytes(), message].concat())
}

fn receive(chip: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    chip.read_exact(&mut length)?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    chip.read_exact(&mut message)?;
    Ok(message)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
