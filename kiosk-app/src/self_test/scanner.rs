//! Is the document scanner there? It says nothing until a page lies on it, so whether it reads is seen
//! with a document.

use hal::card::mrz_scanner::{MrzScannerConfig, ScannerProbeError, probe};

use super::Finding;
use crate::config::CardReader;
use crate::errors::chain;

/// Opens the scanner's port.
pub fn ask(settings: &CardReader) -> Finding {
    let Some(scanner) = settings.scanner() else {
        return Finding::not_there("No document scanner is set up; the numbers are typed.");
    };
    if let Some([seen, to_do]) = settings.unused_scanner() {
        return Finding::warning(seen, to_do);
    }
    match probe(&scanner) {
        Ok(()) => Finding::passed(format!(
            "A document scanner is plugged in at {}. Whether it reads shows when a passport is laid on \
             it while the kiosk asks for the numbers.",
            scanner.port.display()
        )),
        Err(error) => no_scanner(&error, &scanner),
    }
}

/// A warning, because the numbers can be typed.
fn no_scanner(error: &ScannerProbeError, scanner: &MrzScannerConfig) -> Finding {
    let port = scanner.port.display();
    match error {
        ScannerProbeError::NotFound => Finding::warning(
            format!("There is no document scanner at {port}."),
            "Check the scanner's cable. If it is at another port, correct `mrz_scanner` under \
             [card_reader] in the settings file: /dev/serial/by-id lists scanners in serial mode (USB COM \
             port, CDC-ACM), /dev/input/by-id those in keyboard mode (…-event-kbd).",
        ),
        ScannerProbeError::Port(_) => Finding::warning(
            format!(
                "The document scanner's port {port} cannot be used: {}.",
                chain(error)
            ),
            "Check that no other program uses the scanner and that the kiosk's user belongs to the \
             groups \"dialout\" and \"input\".",
        ),
    }
}
