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
use crate::device::{Backoff, DeviceState, StateReporter, Switch, Wish};

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
                self.capture(camera.as_mut(), wish)
            } else if self.doubted {
                self.try_out(camera.as_mut(), wish)
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

    /// Moves frames into the slot for as long as this very capture is wanted: one that is wanted
    /// right after it is somebody else's.
    fn capture(&mut self, camera: &mut dyn Camera, wish: Wish) -> Result<(), CameraError> {
        let mut meter = Meter::new(self.face.clone(), camera);
        let mut watch = Watch::default();
        let mut last_frame = Instant::now();
        loop {
            let result = camera.next_frame(FRAME_WAIT);
            if self.switch.get() != wish {
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
    fn try_out(&mut self, camera: &mut dyn Camera, wish: Wish) -> Result<(), CameraError> {
        let mut watch = Watch::default();
        let begun = Instant::now();
        while !watch.is_sound() {
            let result = camera.next_frame(FRAME_WAIT);
            if self.switch.get() != wish {
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
mod tests;
