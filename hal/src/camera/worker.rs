//! The thread that owns the camera: opens it, keeps the newest frame in the slot, and opens it
//! again after a loss. While nobody captures, the camera is closed (the resident has not agreed
//! to anything yet) and only looked after from time to time, so that an operator learns of a
//! dead camera before a resident does.
//!
//! A camera that has failed counts as ready again only when it gives pictures with light that
//! change. To know that, it is tried with nobody capturing: those pictures are measured and
//! dropped here, and never reach the slot.

use std::time::{Duration, Instant};

use super::meter::Meter;
use super::{Camera, CameraError, FacePlace, Frame, LatestFrame, Trouble, Watch};
use crate::device::{DeviceState, Switch, Wish};
use crate::worker::{Driver, Health, Worker, faulted};

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
    _worker: Worker,
}

impl CameraWorker {
    /// Starts the thread. `open` is called whenever the camera is to be opened; `on_state` hears
    /// every change of the camera's state, on the worker's thread; that it hangs, on another.
    ///
    /// The worker starts idle: it only finds out whether the camera can be opened. Frames come
    /// after [`CameraWorker::start_capture`].
    pub fn spawn(
        open: impl Fn() -> Result<Box<dyn Camera>, CameraError> + Send + 'static,
        on_state: impl FnMut(DeviceState) + Send + 'static,
    ) -> Self {
        Self::spawn_into(LatestFrame::new(), Darkness::Fault, open, on_state)
    }

    /// As [`CameraWorker::spawn`], into a slot of the caller's, for a camera that may be in the dark.
    pub(super) fn spawn_into(
        frames: LatestFrame,
        darkness: Darkness,
        open: impl Fn() -> Result<Box<dyn Camera>, CameraError> + Send + 'static,
        on_state: impl FnMut(DeviceState) + Send + 'static,
    ) -> Self {
        let switch = Switch::default();
        let face = FacePlace::default();
        let run = Run {
            face: face.clone(),
            doubted: false,
            darkness,
            open: Box::new(open),
            switch: switch.clone(),
            frames: frames.clone(),
        };
        let stop = switch.clone();
        Self {
            switch,
            frames,
            face,
            _worker: Worker::spawn(run, Health::new(on_state), move || stop.stop()),
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

/// What pictures without light mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Darkness {
    /// Nobody can be served by them: the camera is closed and tried again.
    Fault,
    /// It is told as a fault, and the pictures go on: whoever looks at them must see that they are dark,
    /// because without any nothing would be held against who covers the lens.
    Told,
}

struct Run {
    open: Box<dyn Fn() -> Result<Box<dyn Camera>, CameraError> + Send>,
    switch: Switch,
    frames: LatestFrame,
    face: FacePlace,
    /// It has failed, and has not shown since that it works.
    doubted: bool,
    darkness: Darkness,
}

impl Driver for Run {
    type Trouble = CameraError;
    const NAME: &'static str = "camera";

    fn is_stopped(&self) -> bool {
        self.switch.get().stop
    }

    /// Opens the camera once and uses it for as long as that goes well.
    fn turn(&mut self, health: &mut Health) -> Result<(), CameraError> {
        let wish = self.switch.get();
        health.starting();
        let mut camera = (self.open)()?;
        if wish.active {
            return self.capture(camera.as_mut(), wish, health);
        }
        if self.doubted {
            return self.try_out(camera.as_mut(), wish, health);
        }
        drop(camera);
        health.ready();
        self.switch.wait_for_change(wish, PROBE_EVERY);
        Ok(())
    }

    fn state_after(trouble: &CameraError) -> DeviceState {
        match trouble {
            CameraError::NotFound { .. } | CameraError::Lost { .. } => DeviceState::Absent,
            other => faulted(other),
        }
    }

    fn failed(&mut self) {
        self.doubted = true;
        self.frames.clear();
    }

    /// A pause that also ends when somebody wants to capture: that is once for each resident.
    fn rest(&mut self, pause: Duration) {
        self.switch.wait_for_change(self.switch.get(), pause);
    }
}

/// However the thread ends, nobody waits for a frame any more.
impl Drop for Run {
    fn drop(&mut self) {
        self.frames.close();
    }
}

impl Run {
    /// Moves frames into the slot for as long as this very capture is wanted: one that is wanted
    /// right after it is somebody else's.
    fn capture(
        &mut self,
        camera: &mut dyn Camera,
        wish: Wish,
        health: &mut Health,
    ) -> Result<(), CameraError> {
        let mut meter = Meter::new(self.face.clone(), camera);
        let mut watch = Watch::default();
        let mut last_frame = Instant::now();
        loop {
            health.alive();
            let result = camera.next_frame(FRAME_WAIT);
            if self.switch.get() != wish {
                self.frames.clear();
                return Ok(());
            }
            match result {
                Ok(frame) => {
                    last_frame = Instant::now();
                    self.admit(&frame, &mut watch, camera, health)?;
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
        health: &mut Health,
    ) -> Result<(), CameraError> {
        match watch.look(frame) {
            Some(Trouble::Black) if self.darkness == Darkness::Told => {
                self.doubted = true;
                health.set(Self::state_after(&failure(Trouble::Black, camera)));
                return Ok(());
            }
            Some(trouble) => return Err(failure(trouble, camera)),
            None => {}
        }
        if watch.is_sound() || !self.doubted {
            self.works(health);
        }
        Ok(())
    }

    /// Lets a camera that has failed show that it works. Its pictures go nowhere.
    fn try_out(
        &mut self,
        camera: &mut dyn Camera,
        wish: Wish,
        health: &mut Health,
    ) -> Result<(), CameraError> {
        let mut watch = Watch::default();
        let begun = Instant::now();
        while !watch.is_sound() {
            health.alive();
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
        self.works(health);
        Ok(())
    }

    fn works(&mut self, health: &mut Health) {
        self.doubted = false;
        health.ready();
    }
}

fn failure(trouble: Trouble, camera: &dyn Camera) -> CameraError {
    let device = camera.describe();
    match trouble {
        Trouble::Frozen => CameraError::Frozen { device },
        Trouble::Black => CameraError::Black { device },
    }
}

#[cfg(test)]
mod tests;
