//! Prints how long a device's worker takes to say that its device is gone after the plug was pulled, and
//! that it is ready after it was back: card reader, document scanner and printer on pseudo-terminals
//! whose other end goes away, the contactless reader behind a pcscd that ends. The workers are those of a
//! kiosk, with their usual time-outs. Cameras are measured by `camera_bench --unplug`.
//!
//! `cargo run -p hal --features sim --example recovery_times`
#![allow(clippy::print_stdout, clippy::unwrap_used)] // a tool for people

use std::any::Any;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use hal::DeviceState;
use hal::card::emrtd::pki::trust::TrustStore;
use hal::card::emrtd::worker::{EmrtdReaderConfig, EmrtdWorker};
use hal::card::mrz_scanner::{MrzScannerConfig, MrzScannerWorker};
use hal::card::serial::{CardReaderConfig, CardWorker};
use hal::printer::{PrinterConfig, PrinterWorker, Typeface};
use hal::sim::card::{CardSimulator, Line, SimCard, SimulatorOptions};
use hal::sim::pcscd::{Pcscd, SOCKET_VARIABLE};
use hal::sim::printer::{PrinterSimulator, PrinterSimulatorOptions};
use hal::sim::scanner::ScannerSimulator;

/// How often each plug is pulled.
const TIMES: u32 = 9;
/// A plug stays in and out for between one and three seconds, so that a worker's pauses and looks (two
/// seconds apart) are met at any point.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGER_EACH_TIME: Duration = Duration::from_millis(250);
/// The folder of all devices' files; set in the process that measures, because libpcsclite takes the
/// daemon's address from the environment of the process when it is first used.
const FOLDER: &str = "RECOVERY_TIMES_FOLDER";
/// Debian's package fonts-noto-cjk.
const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";

type States = Receiver<(Instant, DeviceState)>;

fn main() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return in_a_process_of_its_own();
    };
    println!("                                    known as gone after, s   ready again after, s");
    println!("device                              least  median   most   least  median   most");
    card_reader("card reader", &folder, false);
    card_reader("card reader, looking for a card", &folder, true);
    scanner(&folder);
    printer(&folder);
    contactless_reader(&folder);
}

fn in_a_process_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let measured = Command::new(std::env::current_exe().unwrap())
        .env(FOLDER, folder.path())
        .env(SOCKET_VARIABLE, folder.path().join("run/pcscd.comm"))
        .status();
    assert!(measured.unwrap().success(), "see above");
}

fn card_reader(what: &str, folder: &Path, looking: bool) {
    let link = folder.join("reader");
    let plug_in = || {
        let line = Line::Terminal {
            link: Some(link.clone()),
        };
        let options = SimulatorOptions::with_card(SimCard::example());
        CardSimulator::start(SimulatorOptions { line, ..options }).unwrap()
    };
    let (tell, states) = told();
    let worker = CardWorker::spawn(CardReaderConfig::on(&link), tell, |_| ());
    if looking {
        worker.start_polling();
    }
    measure(what, &states, &plugged(plug_in));
}

fn scanner(folder: &Path) {
    let link = folder.join("scanner");
    let config = MrzScannerConfig {
        port: link.clone(),
        baud: 9_600,
    };
    let (tell, states) = told();
    let _worker = MrzScannerWorker::spawn(config, tell, |_| ());
    let plug_in = || ScannerSimulator::start(Some(link.clone())).unwrap();
    measure("document scanner", &states, &plugged(plug_in));
}

fn printer(folder: &Path) {
    let link = folder.join("printer");
    let face = Arc::new(Typeface::read(Path::new(FONT)).unwrap());
    let plug_in = || {
        let options = PrinterSimulatorOptions::new(face.clone(), folder.join("slips"));
        let link = Some(link.clone());
        PrinterSimulator::start(PrinterSimulatorOptions { link, ..options }, |_| ()).unwrap()
    };
    let (tell, states) = told();
    let _worker = PrinterWorker::spawn(PrinterConfig::on(&link), tell, |_| ());
    measure("receipt printer", &states, &plugged(plug_in));
}

fn contactless_reader(folder: &Path) {
    let config = EmrtdReaderConfig::trusting(Arc::new(TrustStore::default()));
    let (tell, states) = told();
    let _worker = EmrtdWorker::spawn(config, tell, |_| ());
    let plug_in = || Pcscd::start(folder).unwrap();
    measure("contactless reader (pcscd)", &states, &plugged(plug_in));
}

/// An ear for a worker's states, with the time of each.
fn told() -> (impl FnMut(DeviceState) + Send + 'static, States) {
    let (send, states): (Sender<(Instant, DeviceState)>, _) = channel();
    (
        move |state| drop(send.send((Instant::now(), state))),
        states,
    )
}

/// A device that is plugged in by being made, and pulled by being dropped.
fn plugged<D: 'static>(plug_in: impl Fn() -> D) -> impl Fn() -> Box<dyn Any> {
    move || Box::new(plug_in())
}

/// Pulls the plug again and again, and prints how long both ways took.
fn measure(what: &str, states: &States, plug_in: &dyn Fn() -> Box<dyn Any>) {
    let mut device = plug_in();
    wait(states, is_ready);
    let (mut gone, mut back) = (Vec::new(), Vec::new());
    for number in 0..TIMES {
        let stay = SHORTEST + LONGER_EACH_TIME * number;
        std::thread::sleep(stay);
        let pulled = Instant::now();
        drop(device);
        gone.push(wait(states, is_gone).saturating_duration_since(pulled));
        std::thread::sleep(stay);
        device = plug_in();
        let there = Instant::now();
        back.push(wait(states, is_ready).saturating_duration_since(there));
    }
    println!("{what:<34} {} {}", spread(gone), spread(back));
}

fn is_ready(state: &DeviceState) -> bool {
    *state == DeviceState::Ready
}

fn is_gone(state: &DeviceState) -> bool {
    matches!(state, DeviceState::Absent | DeviceState::Faulted(_))
}

/// When such a state was told.
fn wait(states: &States, wanted: fn(&DeviceState) -> bool) -> Instant {
    let told = states.iter().find(|(_, state)| wanted(state));
    told.unwrap().0
}

/// Least, median and most, in seconds.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let seconds = |time: Duration| format!("{:>6.2}", time.as_secs_f64());
    let (least, most) = (times[0], times[times.len() - 1]);
    [least, times[times.len() / 2], most]
        .map(seconds)
        .join("  ")
}
