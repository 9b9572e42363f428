//! The device: its pace, its loss and its return.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{
    super::{Clock, Scene, Script, SimDevice},
    SECOND, stage,
};
use crate::camera::{Camera, CameraError};

/// A little more than a frame lasts.
const FRAME_WAIT: Duration = Duration::from_millis(40);

/// Time that passes only when somebody waits.
#[derive(Default)]
pub(super) struct ByHand(Mutex<Duration>);

impl ByHand {
    fn pass(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }
}

impl Clock for ByHand {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn wait_until(&self, time: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = time.max(*now);
    }
}

#[test]
fn frames_come_thirty_times_a_second_and_a_slow_consumer_misses_some() {
    let clock = Arc::new(ByHand::default());
    clock.pass(100 * SECOND);
    let device = SimDevice::with_clock(stage(1), Script::only(Scene::Empty), clock.clone());
    let mut camera = device.open().unwrap();
    for sequence in 0..=30 {
        assert_eq!(camera.next_frame(FRAME_WAIT).unwrap().sequence(), sequence);
    }
    assert_eq!(clock.now(), 101 * SECOND);
    clock.pass(10 * SECOND);
    let late = camera.next_frame(FRAME_WAIT).unwrap();
    assert_eq!((late.sequence(), late.at()), (330, 111 * SECOND));
    let soon = camera.next_frame(Duration::from_millis(1));
    assert!(matches!(soon, Err(CameraError::TimedOut { .. })));
    assert_eq!(camera.next_frame(FRAME_WAIT).unwrap().sequence(), 331);
}

#[test]
fn a_lost_camera_can_be_opened_again_when_it_is_back() {
    let clock = Arc::new(ByHand::default());
    let script = Script::new([
        (Scene::Live, SECOND),
        (Scene::Lost, 2 * SECOND),
        (Scene::Live, SECOND),
    ]);
    let device = SimDevice::with_clock(stage(1), script, clock.clone());
    let mut camera = device.open().unwrap();
    camera.next_frame(FRAME_WAIT).unwrap();
    clock.pass(SECOND);
    assert!(matches!(
        camera.next_frame(FRAME_WAIT),
        Err(CameraError::Lost { .. })
    ));
    assert!(matches!(
        device.open().err(),
        Some(CameraError::NotFound { .. })
    ));
    clock.pass(2 * SECOND);
    let still = camera.next_frame(FRAME_WAIT);
    assert!(
        matches!(still, Err(CameraError::Lost { .. })),
        "what was lost stays lost"
    );
    let mut camera = device.open().unwrap();
    assert_eq!(camera.next_frame(FRAME_WAIT).unwrap().sequence(), 0);
}

#[test]
fn a_script_starts_with_the_first_frame_and_can_be_changed() {
    let clock = Arc::new(ByHand::default());
    let lost_soon = Script::new([(Scene::Live, SECOND), (Scene::Lost, SECOND)]);
    let device = SimDevice::with_clock(stage(1), lost_soon, clock.clone());
    let mut camera = device.open().unwrap();
    clock.pass(60 * SECOND);
    assert!(
        camera.next_frame(FRAME_WAIT).is_ok(),
        "nothing happens before anybody looks"
    );
    clock.pass(SECOND);
    device.play(Script::only(Scene::Empty));
    assert!(
        camera.next_frame(FRAME_WAIT).is_ok(),
        "the other script has no loss"
    );
}
