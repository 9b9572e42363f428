//! A document scanner that types, on a real input device of the kernel.
//!
//! Not run by itself: somebody has to type. The device lab (and anybody else with a scanner in keyboard
//! mode) names the device, lays the page on the scanner when this says `LISTENING`, pulls the plug when
//! it says `HEARD`, and does both again:
//!
//! ```sh
//! KIOSK_SCANNER=/dev/input/by-id/usb-…-event-kbd cargo test -p hal --test mrz_scanner_keyboard -- --nocapture
//! ```
//!
//! Without `KIOSK_SCANNER` the test says that it was not run, and passes.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(clippy::print_stderr, reason = "somebody is told what to do")]

#[path = "common/scanner.rs"]
mod scanner;

use std::time::Duration;

use hal::DeviceState;
use hal::card::emrtd::access::AccessKey;
use hal::card::mrz_scanner::Scan;
use scanner::{Heard, listen};

/// Whoever types may be an emulated machine.
const PATIENCE: Duration = Duration::from_secs(600);

#[test]
fn a_zone_is_typed_and_a_scanner_that_is_unplugged_comes_back() {
    let Some(device) = std::env::var_os("KIOSK_SCANNER") else {
        eprintln!("NOT RUN: KIOSK_SCANNER names no input device");
        return;
    };
    // ICAO 9303-4, appendix B.
    let key = AccessKey::from_fields("L898902C3", "740812", "120415").unwrap();
    let scanned = Heard::Scan(Scan::Key(key));
    let (_worker, heard) = listen(device.as_ref());
    for _ in 0..2 {
        scanner::wait_for(&heard, &Heard::State(DeviceState::Ready), PATIENCE);
        eprintln!("LISTENING");
        scanner::wait_for(&heard, &scanned, PATIENCE);
        eprintln!("HEARD");
        scanner::wait_for(&heard, &Heard::State(DeviceState::Absent), PATIENCE);
    }
}
