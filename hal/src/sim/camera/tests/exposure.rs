//! The whole loop: the real worker meters the face of a person before a window, and the simulated
//! camera's controls answer.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use super::{
    super::{Scene, Script, SimDevice},
    device::ByHand,
    stage,
};
use crate::{
    camera::{Camera, CameraError, CameraWorker, Frame, Region, exposure::Levers, light},
    patience::LONG,
};

/// Where the face at rest is (see `pose`).
const FACE: Region = Region {
    left: 0.38,
    top: 0.32,
    right: 0.62,
    bottom: 0.62,
};

/// A camera that gives a frame only where one is asked for: its clock stands still while the machine is
/// busy with something else.
struct OnDemand {
    camera: Box<dyn Camera>,
    asked: Arc<Mutex<mpsc::Receiver<()>>>,
}

impl Camera for OnDemand {
    fn next_frame(&mut self, timeout: Duration) -> Result<Frame, CameraError> {
        let asked = self.asked.lock().unwrap().recv_timeout(LONG);
        asked.map_err(|_| CameraError::Lost {
            device: self.describe(),
        })?;
        self.camera.next_frame(timeout)
    }

    fn describe(&self) -> String {
        self.camera.describe()
    }

    fn levers(&mut self) -> Option<&mut dyn Levers> {
        self.camera.levers()
    }
}

/// What the face's light was in so many frames, and when each was taken. The face is shown to the
/// worker if `seen`.
fn faces(scene: Scene, seen: bool, frames: usize) -> Vec<(Duration, u8)> {
    let clock = Arc::new(ByHand::default());
    let device = SimDevice::with_clock(stage(1), Script::only(scene), clock).adjustable();
    let (ask, asked) = mpsc::channel();
    let asked = Arc::new(Mutex::new(asked));
    let open = move || {
        let (camera, asked) = (Box::new(device.open()?), Arc::clone(&asked));
        Ok(Box::new(OnDemand { camera, asked }) as Box<dyn Camera>)
    };
    let worker = CameraWorker::spawn(open, |_| {});
    worker.start_capture();
    let (slot, place) = (worker.frames(), worker.face());
    let seen = (0..frames)
        .map(|_| {
            ask.send(()).unwrap();
            let frame = slot.take(LONG).unwrap();
            if seen {
                place.seen(FACE, frame.at());
            }
            (frame.at(), light::mean(&frame, FACE).unwrap())
        })
        .collect();
    // Whoever waits to be asked is woken before the worker is to end.
    drop(ask);
    seen
}

#[test]
fn a_face_before_a_window_is_brought_to_light_and_stays_there() {
    let dark = faces(Scene::Backlit, false, 5);
    assert!(dark.iter().all(|(_, face)| *face < 80), "{dark:?}");

    let lit = faces(Scene::Backlit, true, 110);
    let late = &lit[80..];
    // Within the limits, and no swinging: what moves is the person.
    assert!(late.iter().all(|(_, f)| (86..=189).contains(f)), "{lit:?}");
    let (least, most) = (
        late.iter().map(|f| f.1).min(),
        late.iter().map(|f| f.1).max(),
    );
    assert!(most.unwrap() - least.unwrap() < 25, "{late:?}");
}

#[test]
fn a_face_in_good_light_is_left_to_the_cameras_own_exposure() {
    let (with, without) = (faces(Scene::Live, true, 60), faces(Scene::Live, false, 60));
    // The same pixels: nothing was ordered.
    for (time, face) in with {
        if let Some((_, other)) = without.iter().find(|(at, _)| *at == time) {
            assert_eq!(face, *other, "at {time:?}");
        }
    }
}
