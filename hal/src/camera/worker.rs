//! The thread that owns the camera: opens it, keeps the newest frame in the slot, and opens it
//! again after a loss. While nobody captures, the camera is closed (the resident has not agreed
//! to anything yet) and only looked after from time to time, so that an operator learns of a
//! dead camera before a resident does.
//!
//! A camera that has failed counts as ready again only when it gives pictures with light that
//! change. To know that, it is tried with nobody capturing: those pictures are measured and
//! dropped here, and never reach the slot.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::meter::Meter;
use super::{Camera, CameraError, FacePlace, Frame, LatestFrame, Trouble, Watch};
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
    face: FacePlace,
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
        Self::spawn_into(LatestFrame::new(), open, on_state)
    }

    /// As [`CameraWorker::spawn`], into a slot of the caller's.
    pub(super) fn spawn_into(
        frames: LatestFrame,
        open: impl Fn() -> Result<Box<dyn Camera>, CameraError> + Send + 'static,
        on_state: impl FnMut(DeviceState) + Send + 'static,
    ) -> Self {
        let switch = Switch::default();
        let face = FacePlace::default();
        let mut run = Run {
            face: face.clone(),
            doubted: false,
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
            face,
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
        self.face.forget();
    }

    /// The slot with the newest frame.
    #[must_use]
    pub fn frames(&self) -> LatestFrame {
        self.frames.clone()
    }

    /// Where whoever finds faces says where one is, so that it gets the right light.
    #[must_use]
    pub fn face(&self) -> FacePlace {
        self.face.clone()
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
    face: FacePlace,
    backoff: Backoff,
    /// It has failed, and has not shown since that it works.
    doubted: bool,
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
            } else if self.doubted {
                self.try_out(camera.as_mut())
            } else {
                Ok(())
            }
        });
        match result {
            Ok(()) if wish.active || self.doubted => {}
            Ok(()) => {
                self.works();
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
        let mut meter = Meter::new(self.face.clone(), camera);
        let mut watch = Watch::default();
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
                    self.admit(&frame, &mut watch, camera)?;
                    meter.look(&frame, camera);
                    self.frames.put(frame);
                }
                Err(CameraError::TimedOut { .. }) if last_frame.elapsed() < SILENCE_LIMIT => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Looks at a frame: a camera that gives it is ready, unless its pictures cannot be believed or
    /// it still has to show that they can.
    fn admit(
        &mut self,
        frame: &Frame,
        watch: &mut Watch,
        camera: &dyn Camera,
    ) -> Result<(), CameraError> {
        if let Some(trouble) = watch.look(frame) {
            return Err(failure(trouble, camera));
        }
        if watch.is_sound() || !self.doubted {
            self.works();
        }
        Ok(())
    }

    /// Lets a camera that has failed show that it works. Its pictures go nowhere.
    fn try_out(&mut self, camera: &mut dyn Camera) -> Result<(), CameraError> {
        let mut watch = Watch::default();
        let begun = Instant::now();
        while !watch.is_sound() {
            let result = camera.next_frame(FRAME_WAIT);
            let wish = self.switch.get();
            if wish.stop || wish.active {
                return Ok(());
            }
            match result {
                Ok(frame) => {
                    if let Some(trouble) = watch.look(&frame) {
                        return Err(failure(trouble, camera));
                    }
                }
                Err(CameraError::TimedOut { .. }) if begun.elapsed() < SILENCE_LIMIT => {}
                Err(error) => return Err(error),
            }
            if begun.elapsed() >= SILENCE_LIMIT && !watch.is_sound() {
                let trouble = watch.suspicion().unwrap_or(Trouble::Frozen);
                return Err(failure(trouble, camera));
            }
        }
        self.works();
        Ok(())
    }

    fn works(&mut self) {
        self.doubted = false;
        self.states.set(DeviceState::Ready);
        self.backoff.reset();
    }

    fn retry_later(&mut self, state: DeviceState) {
        self.doubted = true;
        self.states.set(state);
        let pause = self.backoff.pause();
        self.switch.wait_for_change(self.switch.get(), pause);
    }
}

fn failure(trouble: Trouble, camera: &dyn Camera) -> CameraError {
    let device = camera.describe();
    match trouble {
        Trouble::Frozen => CameraError::Frozen { device },
        Trouble::Black => CameraError::Black { device },
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

    /// What the pictures of a camera are like in one of its lives.
    #[derive(Clone, Copy)]
    enum Life {
        /// It is not there.
        Away,
        /// It opens, and gives no picture.
        Silent,
        /// It gives the same picture again and again.
        Frozen,
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
        let (send, states) = mpsc::channel();
        let opened = Arc::new(AtomicU64::new(0));
        let open = move || {
            let number = opened.fetch_add(1, Ordering::SeqCst) as usize;
            match lives[number.min(lives.len() - 1)] {
                Life::Away => Err(CameraError::NotFound {
                    device: String::from("flaky"),
                }),
                life => Ok(Box::new(Flaky { life, sequence: 0 }) as Box<dyn Camera>),
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
        use Life::{Silent, Works};
        let lives = vec![Silent, Silent, Silent, Silent, Works(u64::MAX)];
        let (worker, states) = worker_with(lives);
        wait_for(&states, &DeviceState::Ready);
        worker.start_capture();
        let fault = states.recv_timeout(LONG).unwrap();
        assert!(matches!(fault, DeviceState::Faulted(_)), "{fault:?}");
        // The kiosk goes out of service: nobody captures, and the camera is only opened.
        worker.stop_capture();
        assert_eq!(states.recv_timeout(LONG).unwrap(), DeviceState::Ready);
        let frames = worker.frames();
        assert_eq!(
            frames.take(Duration::ZERO).err(),
            Some(TakeError::TimedOut),
            "the pictures it was tried with went nowhere"
        );
    }

    #[test]
    fn a_frozen_picture_is_a_fault_with_its_name_until_it_moves_again() {
        use Life::{Frozen, Works};
        let lives = vec![Frozen, Frozen, Frozen, Works(u64::MAX)];
        let (worker, states) = worker_with(lives);
        wait_for(&states, &DeviceState::Ready);
        worker.start_capture();
        let reason = String::from("the picture of camera flaky is frozen");
        wait_for(&states, &DeviceState::Faulted(reason));
        worker.stop_capture();
        wait_for(&states, &DeviceState::Ready);
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
