//! The simulated camera as a device: it can be opened, gives frames at the pace of a real one,
//! and can be unplugged by its script.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    levers::SimLevers,
    render::{Exposed, Renderer, Stage},
    scene::{Scene, Script},
};
use crate::{
    camera::{Camera, CameraError, Frame, exposure::Levers},
    clock::monotonic_now,
};

/// Frames per second of the cameras we know.
const FRAMES_PER_SECOND: u32 = 30;
/// The name in messages.
const NAME: &str = "simulated";

/// Where a camera's time comes from; tests bring their own.
pub trait Clock: Send + Sync {
    /// Time on the clock that stamps frames.
    fn now(&self) -> Duration;
    /// Comes back when that time has come.
    fn wait_until(&self, time: Duration);
}

/// The machine's monotonic clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealTime;

impl Clock for RealTime {
    fn now(&self) -> Duration {
        monotonic_now()
    }

    fn wait_until(&self, time: Duration) {
        std::thread::sleep(time.saturating_sub(self.now()));
    }
}

/// A camera that can be opened again and again. Cloning gives another handle on the same one.
#[derive(Clone)]
pub struct SimDevice {
    stage: Arc<Stage>,
    clock: Arc<dyn Clock>,
    play: Arc<Mutex<Play>>,
    adjustable: bool,
}

/// A script, and when its first frame was asked for.
struct Play {
    script: Script,
    started: Option<Duration>,
}

impl SimDevice {
    /// A device before which this script will be played. It starts with the first frame.
    #[must_use]
    pub fn new(stage: Arc<Stage>, script: Script) -> Self {
        Self::with_clock(stage, script, Arc::new(RealTime))
    }

    /// As [`SimDevice::new`], on another clock.
    #[must_use]
    pub fn with_clock(stage: Arc<Stage>, script: Script, clock: Arc<dyn Clock>) -> Self {
        let play = Arc::new(Mutex::new(Play {
            script,
            started: None,
        }));
        Self {
            stage,
            clock,
            play,
            adjustable: false,
        }
    }

    /// The same device with controls of exposure and gain; without, it has its automatic only.
    #[must_use]
    pub fn adjustable(self) -> Self {
        Self {
            adjustable: true,
            ..self
        }
    }

    /// A second camera beside this one: the same happens before it at the same time.
    #[must_use]
    pub fn beside(&self, stage: Arc<Stage>) -> Self {
        Self {
            stage,
            ..self.clone()
        }
    }

    /// The same device on another clock, which tells the same time.
    #[must_use]
    pub fn timed_by(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Plays another script, from its start, beginning with the next frame.
    pub fn play(&self, script: Script) {
        *self.playing() = Play {
            script,
            started: None,
        };
    }

    /// Opens the camera.
    ///
    /// # Errors
    /// [`CameraError::NotFound`] while the script has it unplugged.
    pub fn open(&self) -> Result<SimCamera, CameraError> {
        let now = self.clock.now();
        let play = self.playing();
        let since_start = play
            .started
            .map_or(Duration::ZERO, |start| now.saturating_sub(start));
        if play.started.is_some() && play.script.at(since_start).0 == Scene::Lost {
            return Err(CameraError::NotFound {
                device: String::from(NAME),
            });
        }
        drop(play);
        Ok(SimCamera {
            renderer: Renderer::new(Arc::clone(&self.stage)),
            device: self.clone(),
            pace: Pace::default(),
            lost: false,
            levers: self.adjustable.then(SimLevers::default),
        })
    }

    /// What is before the camera at a time; starts the script if nobody has.
    fn scene(&self, now: Duration) -> (Scene, Duration) {
        let mut play = self.playing();
        let start = *play.started.get_or_insert(now);
        play.script.at(now.saturating_sub(start))
    }

    fn playing(&self) -> MutexGuard<'_, Play> {
        // Every change is a single assignment: a poisoned lock hides no half state.
        self.play.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The opened camera.
pub struct SimCamera {
    renderer: Renderer,
    device: SimDevice,
    pace: Pace,
    lost: bool,
    levers: Option<SimLevers>,
}

/// The pace of a camera: which frame comes next, and when.
#[derive(Default)]
pub(super) struct Pace {
    /// When the first frame was taken.
    first: Option<Duration>,
    sequence: u64,
}

impl Pace {
    /// Waits for the next frame; gives its number and time.
    pub(super) fn wait(
        &mut self,
        clock: &dyn Clock,
        timeout: Duration,
    ) -> Result<(u64, Duration), CameraError> {
        let now = clock.now();
        let (sequence, due) = self.next_due(now);
        if due > now + timeout {
            clock.wait_until(now + timeout);
            return Err(CameraError::TimedOut {
                device: String::from(NAME),
                waited: timeout,
            });
        }
        clock.wait_until(due);
        self.sequence = sequence + 1;
        Ok((sequence, due))
    }

    /// When the next frame is due. A consumer that is late misses frames, as with any camera.
    fn next_due(&mut self, now: Duration) -> (u64, Duration) {
        let first = *self.first.get_or_insert(now);
        let due = |sequence: u64| {
            first + Duration::from_nanos(sequence * 1_000_000_000 / u64::from(FRAMES_PER_SECOND))
        };
        let passed = now.saturating_sub(first).as_nanos() * u128::from(FRAMES_PER_SECOND);
        let present = u64::try_from(passed / 1_000_000_000).unwrap_or(u64::MAX);
        let next = self.sequence.max(present);
        (next, due(next))
    }
}

impl Camera for SimCamera {
    fn next_frame(&mut self, timeout: Duration) -> Result<Frame, CameraError> {
        let (sequence, due) = self.pace.wait(&*self.device.clock, timeout)?;
        let (scene, since_start) = self.device.scene(due);
        self.lost |= scene == Scene::Lost;
        if self.lost {
            return Err(CameraError::Lost {
                device: String::from(NAME),
            });
        }
        let stops = self.levers.as_mut().map_or(0.0, SimLevers::expose);
        let shot = Exposed {
            at: due,
            sequence,
            stops,
        };
        self.renderer.frame(scene, since_start, shot)
    }

    fn levers(&mut self) -> Option<&mut dyn Levers> {
        self.levers.as_mut().map(|levers| levers as &mut dyn Levers)
    }

    fn describe(&self) -> String {
        let coding = if self.device.stage.is_infrared() {
            "grey, for infrared light"
        } else {
            "YUYV"
        };
        format!("simulated camera, 640×480 {coding}, {FRAMES_PER_SECOND} frames per second")
    }
}
