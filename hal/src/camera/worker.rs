//! The thread that owns the camera: opens it, keeps the newest frame in the slot, and opens it
//! again after a loss. While nobody captures, the camera is closed (the resident has not agreed
//! to anything yet) and only looked after from time to time, so that an operator learns of a
//! dead camera before a resident does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Camera, CameraError, LatestFrame};
use crate::device::{Backoff, DeviceState, StateReporter, Switch};

/// How often a camera that is not in use is looked after.
const PROBE_EVERY: Duration = Duration::from_secs(5);
/// Longest wait in the driver; bounds how long a stop can take.
const FRAME_WAIT: Duration = Duration::from_millis(100);
/// Without a frame for so long a camera counts as dead. USB cameras need up to 2 s to start.
const SILENCE_LIMIT: Duration = Duration::from_secs(3);

/// A supervised camera. Dropping it closes the camera and ends the thread.
pub struct CameraWorker {
    switch: Switch,
    frames: LatestFrame,
    thread: Option<JoinHandle<()>>,
}

impl CameraWorker {
    /// Starts the thread. `open` is called whenever the camera is to be opened; `on_state` hears
    /// every change of the camera's state, on the worker's thread.
    ///
    /// The worker starts idle: it only finds out whether the camera can be opened. Frames come
    /// after [`CameraWorker::start_capture`].
    pub fn spawn(
        open: impl Fn() -> Result<Box<dyn Camera>, CameraError> + Send + 'static,
        on_state: impl FnMut(DeviceState) + Send + 'static,
    ) -> Self {
        let switch = Switch::default();
        let frames = LatestFrame::new();
        let mut run = Run {
            open: Box::new(open),
            states: StateReporter::new(on_state),
            switch: switch.clone(),
            frames: frames.clone(),
            backoff: Backoff::default(),
        };
        let thread = thread::spawn(move || run.until_stopped());
        Self {
            switch,
            frames,
            thread: Some(thread),
        }
    }

    /// Opens the camera's eye: frames come into the slot from now on.
    pub fn start_capture(&self) {
        self.switch.set_active(true);
    }

    /// Closes the camera and wipes the slot.
    pub fn stop_capture(&self) {
        self.switch.set_active(false);
        self.frames.clear();
    }

    /// The slot with the newest frame.
    #[must_use]
    pub fn frames(&self) -> LatestFrame {
        self.frames.clone()
    }
}

impl Drop for CameraWorker {
    fn drop(&mut self) {
        self.switch.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the camera worker had panicked");
        }
    }
}

struct Run {
    open: Box<dyn Fn() -> Result<Box<dyn Camera>, CameraError> + Send>,
    states: StateReporter,
    switch: Switch,
    frames: LatestFrame,
    backoff: Backoff,
}

impl Run {
    fn until_stopped(&mut self) {
        while !self.switch.get().stop {
            // A driver that panics is a bug, but one that must not take the camera away for good.
            let turn = catch_unwind(AssertUnwindSafe(|| self.turn()));
            if turn.is_err() {
                self.frames.clear();
                self.retry_later(DeviceState::Faulted(String::from("the driver panicked")));
            }
        }
        self.frames.close();
    }

    /// Opens the camera once and uses it for as long as that goes well.
    fn turn(&mut self) {
        let wish = self.switch.get();
        self.states.starting();
        let result = (self.open)().and_then(|mut camera| {
            if wish.active {
                self.capture(camera.as_mut())
            } else {
                Ok(())
            }
        });
        match result {
            Ok(()) if wish.active => {}
            Ok(()) => {
                self.states.set(DeviceState::Ready);
                self.backoff.reset();
                self.switch.wait_for_change(wish, PROBE_EVERY);
            }
            Err(error) => {
                let state = state_after(&error);
                if self.states.is_news(&state) {
                    tracing::warn!(error = &error as &dyn std::error::Error, "camera failed");
                }
                self.frames.clear();
                self.retry_later(state);
            }
        }
    }

    /// Moves frames into the slot until capturing is no longer wanted.
    fn capture(&mut self, camera: &mut dyn Camera) -> Result<(), CameraError> {
        let mut last_frame = Instant::now();
        loop {
            let result = camera.next_frame(FRAME_WAIT);
            let wish = self.switch.get();
            if wish.stop || !wish.active {
                self.frames.clear();
                return Ok(());
            }
            match result {
                Ok(frame) => {
                    last_frame = Instant::now();
                    self.states.set(DeviceState::Ready);
                    self.backoff.reset();
                    self.frames.put(frame);
                }
                Err(CameraError::TimedOut { .. }) if last_frame.elapsed() < SILENCE_LIMIT => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn retry_later(&mut self, state: DeviceState) {
        self.states.set(state);
        let pause = self.backoff.pause();
        self.switch.wait_for_change(self.switch.get(), pause);
    }
}

fn state_after(error: &CameraError) -> DeviceState {
    match error {
        CameraError::NotFound { .. } | CameraError::Lost { .. } => DeviceState::Absent,
        other => DeviceState::Faulted(describe(other)),
    }
}

fn describe(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, mpsc};

    use super::*;
    use crate::camera::{Frame, FrameLayout, PixelFormat, TakeError};

    const LONG: Duration = Duration::from_secs(20);

    /// Gives frames, and is lost after a number of them.
    struct Flaky {
        left: u64,
        sequence: u64,
    }

    impl Camera for Flaky {
        fn next_frame(&mut self, _: Duration) -> Result<Frame, CameraError> {
            if self.left == 0 {
                return Err(CameraError::Lost {
                    device: String::from("flaky"),
                });
            }
            self.left -= 1;
            self.sequence += 1;
            let layout = FrameLayout::packed(2, 2, PixelFormat::Grey8);
            Frame::new(vec![1; 4].into(), layout, Duration::ZERO, self.sequence)
        }

        fn describe(&self) -> String {
            String::from("flaky")
        }
    }

    fn flaky_worker(frames_per_life: u64) -> (CameraWorker, mpsc::Receiver<DeviceState>) {
        let (send, states) = mpsc::channel();
        let lives = Arc::new(AtomicU64::new(0));
        let open = move || {
            // Life 0 is the look at start-up; after each further life the camera is away once.
            match lives.fetch_add(1, Ordering::SeqCst) {
                n if n % 2 == 0 && n > 0 => Err(CameraError::NotFound {
                    device: String::from("flaky"),
                }),
                _ => Ok(Box::new(Flaky {
                    left: frames_per_life,
                    sequence: 0,
                }) as Box<dyn Camera>),
            }
        };
        let worker = CameraWorker::spawn(open, move |s| drop(send.send(s)));
        (worker, states)
    }

    fn wait_for(states: &mpsc::Receiver<DeviceState>, wanted: &DeviceState) {
        while states.recv_timeout(LONG).unwrap() != *wanted {}
    }

    #[test]
    fn the_eye_stays_closed_until_capturing_starts() {
        let (worker, states) = flaky_worker(u64::MAX);
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
        let (worker, states) = flaky_worker(3);
        wait_for(&states, &DeviceState::Ready);
        worker.start_capture();
        wait_for(&states, &DeviceState::Absent);
        wait_for(&states, &DeviceState::Ready);
        wait_for(&states, &DeviceState::Absent);
    }

    #[test]
    fn a_driver_that_panics_is_reported_and_tried_again() {
        let (send, states) = mpsc::channel();
        let worker =
            CameraWorker::spawn(|| panic!("a bug in a driver"), move |s| drop(send.send(s)));
        wait_for(
            &states,
            &DeviceState::Faulted(String::from("the driver panicked")),
        );
        drop(worker);
    }
}
