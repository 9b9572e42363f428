//! The appliance itself, `kiosk run`, in a real window on a virtual display: enrolled, with a card
//! reader, but somebody forgot the camera.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use stories::{Running, virtual_display, wait_for};

/// A defect shows as a failed expectation, not as a test without end.
const LONG: Duration = Duration::from_secs(900);

#[test]
fn without_a_camera_the_kiosk_says_so_and_ends_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let (_display, display) = virtual_display();
    let (_reader, port) = card_reader();
    let config = settings(folder.path(), &port);
    stories::enrol(folder.path(), &config);

    let supervisor = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    let heard = listen(supervisor);

    let mut kiosk = Running::start(
        with_core_dumps(stories::program("kiosk"))
            .args(["run", "--config", &config])
            .env("DISPLAY", display)
            .env("NOTIFY_SOCKET", folder.path().join("notify"))
            .env("WATCHDOG_USEC", "3000000"),
    );
    let events = folder.path().join("state/events.jsonl");
    wait_for("the outage", || {
        fs::read_to_string(&events).is_ok_and(|text| {
            text.contains(r#""event":"kiosk.out_of_service","reason":"camera_lost""#)
        })
    });

    let next = || heard.recv_timeout(LONG).expect("systemd hears something");
    assert_eq!(next(), "READY=1", "its screen is drawn");
    assert_eq!(next(), "WATCHDOG=1", "a sign of life");

    let limits = fs::read_to_string(format!("/proc/{}/limits", kiosk.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let limits: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(limits, ["0", "0"], "no core dumps, soft or hard: {core}");

    assert!(kiosk.terminate().success(), "the kiosk ends cleanly");
    while next() != "STOPPING=1" {}
}

/// What systemd is told (sd_notify(3)), as it comes: like systemd, and so that the socket never fills.
fn listen(supervisor: UnixDatagram) -> Receiver<String> {
    let (told, heard) = channel();
    thread::spawn(move || {
        let mut datagram = [0; 256];
        while let Ok(length) = supervisor.recv(&mut datagram) {
            let words = String::from_utf8_lossy(&datagram[..length]);
            if told.send(words.trim().to_owned()).is_err() {
                break;
            }
        }
    });
    heard
}

/// The same program under a shell that allows core dumps as far as it may.
fn with_core_dumps(program: Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -S -c $(ulimit -H -c) && exec \"$0\" \"$@\""])
        .arg(program.get_program())
        .current_dir(stories::workspace());
    shell
}

fn card_reader() -> (Running, String) {
    let mut reader = Running::start(
        stories::program("hal-sim")
            .arg("card")
            .stdin(Stdio::piped()),
    );
    let port = reader.line();
    (reader, port)
}

fn settings(folder: &Path, port: &str) -> String {
    let path = folder.join("kiosk.toml");
    let setup = stories::workspace().join(".setup");
    let text = format!(
        "[kiosk]\nid = 'kiosk-7'\nsite = 'hall-2'\n\
         [paths]\nstate = {:?}\nservices = {:?}\nmanifest = {:?}\nweights = {:?}\nonnxruntime = {:?}\n\
         [key_store]\nkind = 'file'\n[camera]\ndevice = '/nowhere/video0'\n[card_reader]\nport = '{port}'\n",
        folder.join("state"),
        stories::workspace().join("kiosk-app/services"),
        stories::workspace().join("models/manifest.toml"),
        setup.join("models"),
        setup.join("lib/libonnxruntime.so.1.31.1"),
    );
    fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}
