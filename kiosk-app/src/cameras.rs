//! The camera, and beside it one for infrared light where the settings name one. That one's state is
//! written down and puts nothing out of service: residents are served without it. While it is plugged in,
//! an acceptance waits for its first pictures, for two seconds at most.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hal::DeviceState;
use hal::camera::{CameraPair, CameraWorker, FacePlace, PairedFrames};

use crate::assemble::OpenCamera;
use crate::record::Record;
use crate::session::Device;
use crate::shell::Inbox;

/// How far a companion may be from its frame: more than a picture of an infrared camera that gives 15 a
/// second, so that there is an earlier one when the frame is taken, and less than a head needs to move
/// away by its own width.
const WITHIN: Duration = Duration::from_millis(100);

/// The supervised cameras of a kiosk.
pub enum Cameras {
    /// For visible light alone.
    One(CameraWorker),
    /// With another one, for infrared light.
    Two(CameraPair, Plugged),
}

/// Whether the camera for infrared light is plugged in. Clones know the same.
#[derive(Clone, Default)]
pub struct Plugged(Arc<AtomicBool>);

impl Plugged {
    /// As it is now.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn note(&self, state: &DeviceState) {
        let is_in = *state != DeviceState::Absent;
        self.0.store(is_in, Ordering::Relaxed);
    }
}

impl Cameras {
    /// Starts them, idle.
    pub fn start(visible: OpenCamera, infrared: Option<OpenCamera>, inbox: &Inbox) -> Self {
        let states = inbox.clone();
        let on_visible = move |state| states.device(Device::Camera, state);
        let Some(infrared) = infrared else {
            return Self::One(CameraWorker::spawn(visible, on_visible));
        };
        let records = inbox.clone();
        let plugged = Plugged::default();
        let seen = plugged.clone();
        let on_infrared = move |state| {
            seen.note(&state);
            records.record(Record::device("infrared_camera", state));
        };
        let pair = CameraPair::spawn((visible, on_visible), (infrared, on_infrared), WITHIN);
        Self::Two(pair, plugged)
    }

    /// Opens their eyes.
    pub fn start_capture(&self) {
        match self {
            Self::One(camera) => camera.start_capture(),
            Self::Two(pair, _) => pair.start_capture(),
        }
    }

    /// Closes them, and wipes what they saw.
    pub fn stop_capture(&self) {
        match self {
            Self::One(camera) => camera.stop_capture(),
            Self::Two(pair, _) => pair.stop_capture(),
        }
    }

    /// Where their newest frames are.
    #[must_use]
    pub fn frames(&self) -> PairedFrames {
        match self {
            Self::One(camera) => camera.frames().into(),
            Self::Two(pair, _) => pair.frames(),
        }
    }

    /// Where the visible camera is told of a face.
    #[must_use]
    pub fn face(&self) -> FacePlace {
        match self {
            Self::One(camera) => camera.face(),
            Self::Two(pair, _) => pair.visible().face(),
        }
    }

    /// Whether there is a camera for infrared light.
    #[must_use]
    pub fn infrared(&self) -> Plugged {
        match self {
            Self::One(_) => Plugged::default(),
            Self::Two(_, plugged) => plugged.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use hal::camera::CameraError;
    use tokio::time::timeout;

    use super::*;
    use crate::session::Event;
    use crate::shell::{Message, inbox};

    fn missing() -> OpenCamera {
        Box::new(|| {
            Err(CameraError::NotFound {
                device: String::from("a camera"),
            })
        })
    }

    /// A defect shows as a failed expectation, not as a test without end.
    const LONG: Duration = Duration::from_secs(300);

    #[tokio::test]
    async fn only_the_visible_camera_puts_a_kiosk_out_of_service() {
        let (inbox, mut outlet) = inbox();
        let cameras = Cameras::start(missing(), Some(missing()), &inbox);
        let mut absent = Vec::new();
        while absent.len() < 2 {
            let message = timeout(LONG, outlet.0.recv()).await;
            match message.expect("a message").unwrap() {
                Message::Event(Event::Device(device, _)) => assert_eq!(device, Device::Camera),
                Message::Record(Record::Device {
                    device,
                    state: "absent",
                    ..
                }) => absent.push(device),
                Message::Record(_) => {}
                _ => panic!("told to the session"),
            }
        }
        absent.sort_unstable();
        assert_eq!(absent, ["camera", "infrared_camera"]);
        assert!(!cameras.infrared().is_in());
    }
}
