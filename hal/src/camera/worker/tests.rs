//! Cameras that fail in every way a camera can, and what is said of them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use super::*;
use crate::camera::{Frame, FrameLayout, PixelFormat, TakeError};
use crate::patience::{LONG, until};

/// What the pictures of a camera are like in one of its lives.
#[derive(Clone, Copy)]
enum Life {
    /// It is not there.
    Away,
    /// It opens, and gives no picture.
    Silent,
    /// It gives the same picture again and again.
    Frozen,
    /// It is dark before it.
    Dark,
    /// It works for so many pictures, and is then lost.
    Works(u64),
}

struct Flaky {
    life: Life,
    sequence: u64,
}

impl Camera for Flaky {
    fn next_frame(&mut self, _: Duration) -> Result<Frame, CameraError> {
        let device = String::from("flaky");
        self.sequence += 1;
        let shade = match self.life {
            Life::Works(left) if self.sequence > left => {
                return Err(CameraError::Lost { device });
            }
            Life::Silent => {
                // It has been waiting for longer than anybody waits.
                return Err(CameraError::Io {
                    operation: "read a picture",
                    device,
                    source: std::io::ErrorKind::TimedOut.into(),
                });
            }
            Life::Frozen => 90,
            Life::Dark => (self.sequence % 2) as u8,
            _ => 90 + (self.sequence % 2) as u8,
        };
        let layout = FrameLayout::packed(2, 2, PixelFormat::Grey8);
        let at = Duration::from_millis(100 * self.sequence);
        Frame::new(vec![shade; 4].into(), layout, at, self.sequence)
    }

    fn describe(&self) -> String {
        String::from("flaky")
    }
}

/// A worker whose camera has these lives, one each time it is opened; the last one stays.
fn worker_with(lives: Vec<Life>) -> (CameraWorker, mpsc::Receiver<DeviceState>) {
    let opened = AtomicU64::new(0);
    worker_of(Darkness::Fault, move || {
        let number = opened.fetch_add(1, Ordering::SeqCst) as usize;
        lives[number.min(lives.len() - 1)]
    })
}

/// What somebody does about an ill camera.
#[derive(Default)]
struct Care {
    opened: AtomicU64,
    cured: AtomicBool,
}

impl Care {
    /// Waits until it was tried again with nobody capturing.
    fn tried_again(&self) {
        let before = self.opened.load(Ordering::SeqCst);
        until("further try", || {
            match self.opened.load(Ordering::SeqCst) - before {
                tries if tries > 2 => Ok(()),
                tries => Err(tries),
            }
        });
    }

    fn cure(&self) {
        self.cured.store(true, Ordering::SeqCst);
    }
}

/// A worker whose camera is ill each time it is opened, until somebody cures it.
fn worker_ill(
    darkness: Darkness,
    ill: Life,
) -> (CameraWorker, mpsc::Receiver<DeviceState>, Arc<Care>) {
    let care = Arc::new(Care::default());
    let cared = Arc::clone(&care);
    let (worker, states) = worker_of(darkness, move || {
        cared.opened.fetch_add(1, Ordering::SeqCst);
        match cared.cured.load(Ordering::SeqCst) {
            true => Life::Works(u64::MAX),
            false => ill,
        }
    });
    (worker, states, care)
}

fn worker_of(
    darkness: Darkness,
    next: impl Fn() -> Life + Send + 'static,
) -> (CameraWorker, mpsc::Receiver<DeviceState>) {
    let (send, states) = mpsc::channel();
    let open = move || match next() {
        Life::Away => Err(CameraError::NotFound {
            device: String::from("flaky"),
        }),
        life => Ok(Box::new(Flaky { life, sequence: 0 }) as Box<dyn Camera>),
    };
    let slot = LatestFrame::new();
    let worker = CameraWorker::spawn_into(slot, darkness, open, move |s| drop(send.send(s)));
    (worker, states)
}

fn wait_for(states: &mpsc::Receiver<DeviceState>, wanted: &DeviceState) {
    while states.recv_timeout(LONG).unwrap() != *wanted {}
}

#[test]
fn the_eye_stays_closed_until_capturing_starts() {
    let (worker, states) = worker_with(vec![Life::Works(u64::MAX)]);
    wait_for(&states, &DeviceState::Ready);
    let frames = worker.frames();
    assert_eq!(frames.take(Duration::ZERO).err(), Some(TakeError::TimedOut));
    worker.start_capture();
    assert!(frames.take(LONG).is_ok());
    drop(worker);
    assert_eq!(frames.take(LONG).err(), Some(TakeError::Closed));
}

#[test]
fn a_lost_camera_is_reported_and_comes_back_by_itself() {
    use Life::{Away, Works};
    // The first life is the look at start-up.
    let lives = vec![Works(0), Works(30), Away, Away, Works(30), Away];
    let (worker, states) = worker_with(lives);
    wait_for(&states, &DeviceState::Ready);
    worker.start_capture();
    wait_for(&states, &DeviceState::Absent);
    wait_for(&states, &DeviceState::Ready);
    wait_for(&states, &DeviceState::Absent);
}

#[test]
fn a_camera_that_opens_but_gives_no_pictures_is_not_ready_again_until_it_does() {
    let (worker, states, care) = worker_ill(Darkness::Fault, Life::Silent);
    wait_for(&states, &DeviceState::Ready);
    worker.start_capture();
    let fault = states.recv_timeout(LONG).unwrap();
    assert!(matches!(fault, DeviceState::Faulted(_)), "{fault:?}");
    // The kiosk goes out of service: nobody captures, and the camera is only opened.
    worker.stop_capture();
    care.tried_again();
    let told: Vec<_> = states.try_iter().collect();
    assert!(!told.contains(&DeviceState::Ready), "{told:?}");
    care.cure();
    wait_for(&states, &DeviceState::Ready);
    let frames = worker.frames();
    assert_eq!(
        frames.take(Duration::ZERO).err(),
        Some(TakeError::TimedOut),
        "the pictures it was tried with went nowhere"
    );
}

#[test]
fn a_frozen_picture_is_a_fault_with_its_name_until_it_moves_again() {
    let (worker, states, care) = worker_ill(Darkness::Fault, Life::Frozen);
    wait_for(&states, &DeviceState::Ready);
    worker.start_capture();
    let reason = String::from("the picture of camera flaky is frozen");
    wait_for(&states, &DeviceState::Faulted(reason));
    worker.stop_capture();
    care.cure();
    wait_for(&states, &DeviceState::Ready);
}

#[test]
fn a_driver_that_panics_is_reported_and_tried_again() {
    let (send, states) = mpsc::channel();
    let worker = CameraWorker::spawn(|| panic!("a bug in a driver"), move |s| drop(send.send(s)));
    wait_for(
        &states,
        &DeviceState::Faulted(String::from("the driver panicked")),
    );
    drop(worker);
}

#[test]
fn a_covered_lens_is_a_fault_whose_pictures_go_nowhere_unless_somebody_must_see_the_dark() {
    let reason = CameraError::Black {
        device: String::from("flaky"),
    };
    let faulted = DeviceState::Faulted(reason.to_string());
    for (darkness, goes_on) in [(Darkness::Fault, false), (Darkness::Told, true)] {
        let (worker, states, care) = worker_ill(darkness, Life::Dark);
        wait_for(&states, &DeviceState::Ready);
        worker.start_capture();
        wait_for(&states, &faulted);
        if goes_on {
            // Five seconds of darkness have passed, and it is still looked at.
            let frame = worker.frames().take(LONG).unwrap();
            assert!(frame.data()[0] < 2);
            worker.stop_capture();
        }
        // The next time it is opened there is light.
        care.cure();
        wait_for(&states, &DeviceState::Ready);
    }
}
