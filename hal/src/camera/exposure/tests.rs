//! The loop against modelled cameras: it comes to rest, and leaves alone what is right.

use proptest::prelude::*;

use super::*;

const EXPOSURE: Option<Range> = Some(Range {
    smallest: 3,
    largest: 2047,
    step: 1,
    default: 250,
});
const GAIN: Option<Range> = Some(Range {
    smallest: 0,
    largest: 255,
    step: 1,
    default: 0,
});

/// A camera whose pictures follow its settings some frames later.
struct Model {
    /// Luminance of the face at an exposure of 100 and no gain, as stops from the target.
    scene: f64,
    /// What the gain's range really is.
    gain_stops: f64,
    latency: usize,
    orders: Vec<Setting>,
}

impl Model {
    fn face(&self, frame: usize) -> u8 {
        let setting = self.orders[frame.saturating_sub(self.latency)];
        let stops = (setting.exposure as f64 / 100.0).log2()
            + self.gain_stops * setting.gain as f64 / 255.0
            + self.scene;
        (TARGET * (stops / GAMMA).exp2()).clamp(0.0, 255.0) as u8
    }
}

/// Lets the loop run for ten seconds; gives the faces and how often it corrected.
fn run(scene: f64, gain_stops: f64, latency: usize) -> (Vec<u8>, usize) {
    let mut model = Model {
        scene,
        gain_stops,
        latency,
        orders: vec![Setting {
            exposure: 100,
            gain: 0,
        }],
    };
    let mut control = AutoExposure::new(EXPOSURE, GAIN, 30);
    let (mut faces, mut corrections) = (Vec::new(), 0);
    for frame in 0..300 {
        let face = model.face(frame);
        faces.push(face);
        let metering = Metering {
            at: Duration::from_millis(33 * frame as u64),
            face: Some(face),
            whole: 200,
        };
        let held = model.orders[frame];
        let next = match control.meter(metering, || Some(held)) {
            Some(Order::Hold(setting)) => {
                corrections += 1;
                setting
            }
            _ => held,
        };
        model.orders.push(next);
    }
    (faces, corrections)
}

#[test]
fn a_backlit_face_becomes_right_within_two_seconds_of_taking_over_and_stays() {
    let (faces, corrections) = run(-3.0, 5.0, 3);
    assert!(faces[0] < 50, "the face is dark at first: {}", faces[0]);
    let late = &faces[90..];
    assert!(late.iter().all(|f| (100..=140).contains(f)), "{late:?}");
    assert!(corrections <= 8, "{corrections}");
}

#[test]
fn a_face_that_the_camera_gets_right_is_left_alone() {
    assert_eq!(run(1.4, 5.0, 3).1, 0);
    assert_eq!(run(-0.8, 5.0, 3).1, 0);
}

proptest! {
    /// Whatever the scene, the gain's true range and the camera's latency are: the loop comes
    /// to rest, and at rest the face is right unless the controls are at their end.
    #[test]
    fn it_never_swings(scene in -6.0..6.0_f64, gain_stops in 2.0..8.0_f64, latency in 1_usize..5) {
        let (faces, corrections) = run(scene, gain_stops, latency);
        let last = &faces[240..];
        prop_assert!(last.iter().all(|f| f == &last[0]), "{last:?}");
        prop_assert!(corrections < 25, "{corrections}");
        // Brightest: 333/100 and all gain; darkest: 3/100.
        let reachable = scene > -(1.7 + gain_stops) + 0.5 && scene < 4.5;
        if reachable {
            prop_assert!(!is_wrong(stops_to_target(last[0])), "{}", last[0]);
        }
    }
}

#[test]
fn exposure_never_lowers_the_frame_rate_and_gain_does_the_rest() {
    let mut control = AutoExposure::new(EXPOSURE, GAIN, 30);
    let mut setting = Setting {
        exposure: 300,
        gain: 0,
    };
    for frame in 0..200 {
        let metering = Metering {
            at: Duration::from_millis(33 * frame),
            face: Some(20),
            whole: 20,
        };
        if let Some(Order::Hold(next)) = control.meter(metering, || Some(setting)) {
            setting = next;
        }
    }
    assert_eq!(
        setting,
        Setting {
            exposure: 333,
            gain: 255
        }
    );
}

#[test]
fn without_a_face_the_camera_has_its_automatic_back() {
    let mut control = AutoExposure::new(EXPOSURE, GAIN, 30);
    let mut orders = Vec::new();
    for frame in 0..300_u64 {
        let metering = Metering {
            at: Duration::from_millis(33 * frame),
            face: (frame < 100).then_some(30),
            whole: 200,
        };
        let now = || Setting {
            exposure: 100,
            gain: 0,
        };
        orders.extend(control.meter(metering, || Some(now())));
    }
    assert_eq!(orders.last(), Some(&Order::Release));
    assert_eq!(
        orders.iter().filter(|o| **o == Order::Release).count(),
        1,
        "once"
    );
}

#[test]
fn a_camera_without_controls_compensates_backlight_once() {
    let mut control = AutoExposure::new(None, GAIN, 30);
    let orders: Vec<Order> = (0..100_u64)
        .filter_map(|frame| {
            let metering = Metering {
                at: Duration::from_millis(33 * frame),
                face: Some(30),
                whole: 150,
            };
            control.meter(metering, || None)
        })
        .collect();
    assert_eq!(orders, [Order::CompensateBacklight]);
}
