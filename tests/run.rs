//! The appliance itself, `kiosk run`, in a real window on a virtual display: enrolled, with a card
//! reader, but somebody forgot the camera.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn without_a_camera_the_kiosk_says_so_and_ends_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let (_display, display) = virtual_display();
    let (_reader, _commands, port) = card_reader();
    let config = settings(folder.path(), &port);
    stories::enrol(folder.path(), &config);

    let supervisor = UnixDatagram::bind(folder.path().join("notify")).unwrap();

    let mut kiosk = Running(
        with_core_dumps(stories::program("kiosk"))
            .args(["run", "--config", &config])
            .env("DISPLAY", display)
            .env("NOTIFY_SOCKET", folder.path().join("notify"))
            .env("WATCHDOG_USEC", "3000000")
            .spawn()
            .unwrap(),
    );
    let events = folder.path().join("state/events.jsonl");
    wait_for("the outage", || {
        fs::read_to_string(&events).is_ok_and(|text| {
            text.contains(r#""event":"kiosk.out_of_service","reason":"camera_lost""#)
        })
    });

    assert_eq!(heard(&supervisor), "READY=1", "its screen is drawn");
    assert_eq!(heard(&supervisor), "WATCHDOG=1", "a sign of life");

    let limits = fs::read_to_string(format!("/proc/{}/limits", kiosk.0.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let limits: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(limits, ["0", "0"], "no core dumps, soft or hard: {core}");

    let told = Command::new("kill")
        .args(["-TERM", &kiosk.0.id().to_string()])
        .status()
        .unwrap();
    assert!(told.success());
    assert!(kiosk.0.wait().unwrap().success(), "the kiosk ends cleanly");
    while heard(&supervisor) != "STOPPING=1" {}
}

/// What systemd would be told next (sd_notify(3)).
fn heard(supervisor: &UnixDatagram) -> String {
    let mut datagram = [0; 256];
    supervisor
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let length = supervisor.recv(&mut datagram).unwrap();
    String::from_utf8_lossy(&datagram[..length])
        .trim()
        .to_owned()
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

/// An X server without a screen; it picks a free display and says which.
fn virtual_display() -> (Running, String) {
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1080x1920x24"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb starts (`make setup` installs it)");
    let number = first_line(server.stdout.take());
    (Running(server), format!(":{number}"))
}

fn card_reader() -> (Running, ChildStdin, String) {
    let mut reader = stories::program("hal-sim")
        .arg("card")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let port = first_line(reader.stdout.take());
    let commands = reader.stdin.take().unwrap();
    (Running(reader), commands, port)
}

fn first_line(output: Option<ChildStdout>) -> String {
    let mut line = String::new();
    BufReader::new(output.unwrap())
        .read_line(&mut line)
        .unwrap();
    line.trim().to_owned()
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

fn wait_for(what: &str, mut happened: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{what} did not come"
        );
        std::thread::yield_now();
    }
}
