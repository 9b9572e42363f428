//! The camera driver on a camera of the kernel that is pulled while its pictures run: the module
//! `vivid`, a camera without hardware, whose driver is unbound from it and bound again.
//!
//! Not run by itself: a machine with that module is needed, and root. The device lab (and anybody
//! else who has one) names the device:
//!
//! ```sh
//! modprobe vivid node_types=0x1          # one node, which takes pictures
//! KIOSK_VIVID=vivid.0 cargo test -p hal --test camera_vivid
//! ```
//!
//! Without `KIOSK_VIVID` the test says that it was not run, and passes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]
#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "it says what it saw"
)]

use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use hal::DeviceState;
use hal::camera::v4l::V4lCamera;
use hal::camera::{Camera, CameraPlace, CameraSettings, CameraWorker, LatestFrame};

/// The machine may be emulated, and its host busy.
const LONG: Duration = Duration::from_secs(120);
/// How often it is pulled.
const ROUNDS: usize = 3;
/// Pictures after which it runs.
const RUNNING: usize = 5;

#[test]
fn a_camera_that_is_pulled_while_its_pictures_run_comes_back() {
    let Ok(device) = std::env::var("KIOSK_VIVID") else {
        eprintln!("NOT RUN: KIOSK_VIVID names no device of the module vivid");
        return;
    };
    // Its number may be another one afterwards; this name stays.
    let path = format!("/dev/v4l/by-path/platform-{device}-video-index0");
    let settings = CameraSettings::on(CameraPlace::Path(path.into()));
    let open =
        move || -> Result<Box<dyn Camera>, _> { Ok(Box::new(V4lCamera::open_with(&settings)?)) };
    let (send, states) = channel();
    let worker = CameraWorker::spawn(open, move |state| drop(send.send(state)));
    worker.start_capture();
    run(&worker.frames());
    let open_before = open_cameras();
    let (mut gone, mut back) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        while states.try_recv().is_ok() {}
        gone.push(after(&states, &DeviceState::Absent, || {
            driver("unbind", &device);
        }));
        back.push(after(&states, &DeviceState::Ready, || {
            driver("bind", &device);
        }));
        run(&worker.frames());
    }
    assert_eq!(open_cameras(), open_before, "nothing is left open");
    println!(
        "TOLD: a running camera's driver was unbound and bound {ROUNDS} times: \
         absent after {gone:.1?} s, ready {back:.1?} s after it was back"
    );
}

/// Waits until pictures have come.
fn run(frames: &LatestFrame) {
    let end = Instant::now() + LONG;
    let mut seen = 0;
    while seen < RUNNING {
        seen += usize::from(frames.take(Duration::from_secs(1)).is_ok());
        assert!(Instant::now() < end, "{seen} pictures came");
    }
}

/// Does something to the camera; how long it then took, seconds, until the worker said this.
fn after(states: &Receiver<DeviceState>, wanted: &DeviceState, act: impl FnOnce()) -> f32 {
    act();
    let begun = Instant::now();
    let mut told = Vec::new();
    while told.last() != Some(wanted) {
        let left = (begun + LONG).saturating_duration_since(Instant::now());
        told.push(
            states
                .recv_timeout(left)
                .unwrap_or_else(|_| panic!("{told:?}")),
        );
    }
    begun.elapsed().as_secs_f32()
}

fn driver(file: &str, device: &str) {
    fs::write(format!("/sys/bus/platform/drivers/vivid/{file}"), device).unwrap();
}

/// How many cameras this program holds open.
fn open_cameras() -> usize {
    let held = fs::read_dir("/proc/self/fd").unwrap().flatten();
    held.filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("/dev/video"))
        .count()
}
