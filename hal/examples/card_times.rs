//! Prints how long a card takes against what the wire allows, how long finding a line's speed takes, and
//! what a photo decoder's process costs.
//!
//! `cargo build -p hal --bin kiosk-wlt && cargo run -p hal --features sim --example card_times`
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)] // a tool for people

use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use hal::card::ga467::Baud;
use hal::card::serial::{CardReaderConfig, CardWorker};
use hal::card::{CardEvent, LineSpeed, probe};
use hal::sim::card::{CardSimulator, SimCard, SimulatorOptions};
use hal::wlt::WltPlugin;

/// How often everything is measured.
const TIMES: usize = 20;
/// Bits of a byte on the wire, 8N1.
const BITS: u32 = 10;

fn main() {
    for baud in [Baud::B115200, Baud::B9600] {
        reading(baud);
    }
    speeds();
    decoder();
}

fn card() -> SimCard {
    let mut photo = b"WLf".to_vec();
    photo.resize(1024, 0x55);
    SimCard {
        photo,
        ..SimCard::example()
    }
}

fn spawn(config: CardReaderConfig) -> (CardWorker, Receiver<CardEvent>) {
    let (send, heard) = channel();
    let worker = CardWorker::spawn(config, |_| (), move |event| drop(send.send(event)));
    (worker, heard)
}

/// From "card found" to "card read", as a resident waits, without the time of the chip itself.
fn reading(baud: Baud) {
    let speed = baud.bits_per_second();
    // The answers to "select", "read" and "newest address" ("no such content"). The commands, ten
    // bytes each, are not counted: the simulator takes them as soon as they are written.
    let bytes: u32 = 19 + 1295 + 11;
    let wire = Duration::from_secs(1) * bytes * BITS / speed;
    let device = CardSimulator::start(SimulatorOptions {
        baud: Some(speed),
        ..SimulatorOptions::with_card(card())
    })
    .unwrap();
    let (worker, heard) = spawn(CardReaderConfig {
        speed: LineSpeed::Fixed(speed),
        ..CardReaderConfig::on(device.path())
    });
    let times = (0..TIMES).map(|_| {
        device.remove();
        device.place();
        worker.start_polling();
        wait(&heard, |event| matches!(event, CardEvent::Present));
        let begin = Instant::now();
        wait(&heard, |event| matches!(event, CardEvent::Read(_)));
        begin.elapsed()
    });
    say(&format!("card read at {speed} baud"), times.collect());
    println!(
        "{:<44} {:>8.1} ms",
        "  the wire's limit for the module's answers",
        ms(wire)
    );
}

fn speeds() {
    for baud in Baud::ALL {
        let device = CardSimulator::start(SimulatorOptions {
            baud: Some(baud.bits_per_second()),
            ..SimulatorOptions::with_card(card())
        })
        .unwrap();
        let config = CardReaderConfig {
            speed: LineSpeed::Detect { raise: false },
            ..CardReaderConfig::on(device.path())
        };
        let times = (0..TIMES / 4).map(|_| {
            let begin = Instant::now();
            probe(&config).unwrap();
            begin.elapsed()
        });
        let what = format!("speed {} found, status, number", baud.bits_per_second());
        say(&what, times.collect());
    }
}

/// The process with the decoder of the tests, which only copies: what is left is the process.
fn decoder() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("sim.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wlt/sim.c");
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-w", "-o"])
        .args([&library, &source])
        .status();
    assert!(made.unwrap().success(), "no C compiler");
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), everybody).unwrap();
    // Examples lie in a folder beside the programs.
    let own = std::env::current_exe().unwrap();
    let helper = own.ancestors().nth(2).unwrap().join("kiosk-wlt");
    let plugin = WltPlugin::with_helper(&library, helper);
    let mut photo = b"WLf\0".to_vec();
    photo.resize(1024, 0);
    let times = (0..TIMES).map(|_| {
        let begin = Instant::now();
        plugin
            .decode(&photo)
            .expect("build kiosk-wlt first, see the head of this file");
        begin.elapsed()
    });
    say("photo decoded in a process of its own", times.collect());
}

fn wait(heard: &Receiver<CardEvent>, wanted: impl Fn(&CardEvent) -> bool) {
    while !wanted(&heard.recv().unwrap()) {}
}

fn say(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let (least, most) = (times[0], times[times.len() - 1]);
    println!(
        "{what:<44} {:>8.1} ms (median of {}; {:.1} to {:.1})",
        ms(times[times.len() / 2]),
        times.len(),
        ms(least),
        ms(most)
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
