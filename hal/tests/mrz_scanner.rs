//! A document scanner on a real pseudo-terminal: heard, unplugged, plugged in again.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use hal::DeviceState;
use hal::card::emrtd::access::AccessKey;
use hal::card::mrz_scanner::{MrzScannerConfig, MrzScannerWorker, Scan};
use serialport::{SerialPort, TTYPort};

/// ICAO 9303-4, appendix B.
const ZONE: &[u8] = b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\r\n\
    L898902C36UTO7408122F1204159ZE184226B<<<<<10\r\n";
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, PartialEq)]
enum Heard {
    State(DeviceState),
    Scan(Scan),
}

fn listen(port: &Path) -> (MrzScannerWorker, Receiver<Heard>) {
    let (states, heard) = channel();
    let scans = states.clone();
    let config = MrzScannerConfig {
        port: port.to_owned(),
        baud: 9_600,
    };
    let worker = MrzScannerWorker::spawn(
        config,
        move |state| drop(states.send(Heard::State(state))),
        move |scan| drop(scans.send(Heard::Scan(scan))),
    );
    (worker, heard)
}

fn wait_for(heard: &Receiver<Heard>, wanted: &Heard) {
    while heard.recv_timeout(PATIENCE).unwrap() != *wanted {}
}

/// A scanner, and its port under a name that stays.
fn plug_in(name: &Path) -> (TTYPort, TTYPort) {
    let (scanner, port) = TTYPort::pair().unwrap();
    let _ = std::fs::remove_file(name);
    symlink(port.name().unwrap(), name).unwrap();
    (scanner, port)
}

#[test]
fn a_zone_is_heard_and_a_scanner_that_is_unplugged_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("scanner");
    let key = AccessKey::from_fields("L898902C3", "740812", "120415").unwrap();
    let scanned = Heard::Scan(Scan::Key(key));
    let (_worker, heard) = listen(&name);
    wait_for(&heard, &Heard::State(DeviceState::Absent));
    for _ in 0..2 {
        let (mut scanner, port) = plug_in(&name);
        wait_for(&heard, &Heard::State(DeviceState::Ready));
        scanner.write_all(b"\x02torn<<<\r").unwrap();
        scanner.write_all(ZONE).unwrap();
        wait_for(&heard, &scanned);
        drop((scanner, port));
        wait_for(&heard, &Heard::State(DeviceState::Absent));
    }
}
