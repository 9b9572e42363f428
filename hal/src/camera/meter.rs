//! Between whoever finds faces and the camera's thread: where the face was last, and the metering
//! of each frame there.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::exposure::{AutoExposure, Levers, Metering, Order};
use super::light::{Region, mean};
use super::{Camera, Frame};

/// A place older than this says nothing about where the face is now.
const STALE: Duration = Duration::from_millis(700);

/// Where the face is. Cloning gives another handle on the same place.
#[derive(Clone, Debug, Default)]
pub struct FacePlace(Arc<Mutex<Option<(Region, Duration)>>>);

impl FacePlace {
    /// A face was seen there in the frame of that time (see [`Frame::at`]), as the camera delivers
    /// frames: not turned.
    pub fn seen(&self, region: Region, at: Duration) {
        *self.lock() = Some((region, at));
    }

    /// Whoever was there has gone.
    pub fn forget(&self) {
        *self.lock() = None;
    }

    /// Where it must be at a time.
    fn at(&self, now: Duration) -> Option<Region> {
        let (region, at) = (*self.lock())?;
        (now.saturating_sub(at) <= STALE).then_some(region)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Region, Duration)>> {
        // One assignment: no half state behind a poisoned lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the face of one opened camera's pictures in the right light.
pub(super) struct Meter {
    place: FacePlace,
    control: Option<AutoExposure>,
}

impl Meter {
    pub(super) fn new(place: FacePlace, camera: &mut dyn Camera) -> Self {
        let rate = camera.rate();
        let control = camera
            .levers()
            .map(|levers| AutoExposure::new(levers.exposure(), levers.gain(), rate));
        Self { place, control }
    }

    /// Meters a frame and sets the camera.
    pub(super) fn look(&mut self, frame: &Frame, camera: &mut dyn Camera) {
        let (Some(control), Some(levers)) = (&mut self.control, camera.levers()) else {
            return;
        };
        let face = self.place.at(frame.at());
        let metering = Metering {
            at: frame.at(),
            face: face.and_then(|region| mean(frame, region)),
            whole: mean(frame, Region::WHOLE).unwrap_or_default(),
        };
        let Some(order) = control.meter(metering, || levers.now()) else {
            return;
        };
        if let Err(error) = obey(levers, order) {
            // The camera goes on with its own automatic.
            tracing::warn!(%error, ?order, "the camera's exposure cannot be set");
            levers.release();
            self.control = None;
        }
    }
}

fn obey(levers: &mut dyn Levers, order: Order) -> std::io::Result<()> {
    match order {
        Order::Hold(setting) => return levers.hold(setting),
        Order::Release => {
            levers.release();
            levers.compensate_backlight(false);
        }
        Order::CompensateBacklight => levers.compensate_backlight(true),
    }
    Ok(())
}
