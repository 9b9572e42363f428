//! A document scanner on a real pseudo-terminal: heard, unplugged, plugged in again.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

#[path = "common/patience.rs"]
mod patience;
#[path = "common/scanner.rs"]
mod scanner;

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

use hal::DeviceState;
use hal::card::emrtd::access::AccessKey;
use hal::card::mrz_scanner::Scan;
use patience::LONG;
use scanner::{Heard, listen};
use serialport::{SerialPort, TTYPort};

/// ICAO 9303-4, appendix B.
const ZONE: &[u8] = b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\r\n\
    L898902C36UTO7408122F1204159ZE184226B<<<<<10\r\n";

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
    scanner::wait_for(&heard, &Heard::State(DeviceState::Absent), LONG);
    for _ in 0..2 {
        let (mut scanner, port) = plug_in(&name);
        scanner::wait_for(&heard, &Heard::State(DeviceState::Ready), LONG);
        scanner.write_all(b"\x02torn<<<\r").unwrap();
        scanner.write_all(ZONE).unwrap();
        scanner::wait_for(&heard, &scanned, LONG);
        drop((scanner, port));
        scanner::wait_for(&heard, &Heard::State(DeviceState::Absent), LONG);
    }
}
