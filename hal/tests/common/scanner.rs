//! A document scanner's worker and what is heard of it.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use hal::DeviceState;
use hal::card::mrz_scanner::{MrzScannerConfig, MrzScannerWorker, Scan};

#[derive(Debug, PartialEq)]
pub enum Heard {
    State(DeviceState),
    Scan(Scan),
}

pub fn listen(port: &Path) -> (MrzScannerWorker, Receiver<Heard>) {
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

pub fn wait_for(heard: &Receiver<Heard>, wanted: &Heard, patience: Duration) {
    while heard.recv_timeout(patience).unwrap() != *wanted {}
}
