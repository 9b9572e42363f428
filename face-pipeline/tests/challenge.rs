//! A turn of the head on the real networks: a portrait that turns as a relief, the same as a board,
//! in cameras that are mounted upright and on their side.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

mod common;

use std::time::Duration;

use common::relief::Relief;
use face_pipeline::{
    Capture, Challenge, ChallengeLimits, ChallengeOutcome, Pipeline, Rotation, Settings, Side,
    TRIES, Task,
};
use image::{RgbImage, imageops};

const NOSE_BRIDGE: usize = 168;
const SIDES_OF_FACE: [usize; 2] = [234, 454];
/// Frames a second.
const RATE: u64 = 15;
/// Yaws of somebody who looks ahead, turns, waits and comes back, degrees: about two seconds.
const TURN: [f32; 30] = [
    0.0, 0.0, 0.0, 0.0, 2.0, 5.0, 8.0, 11.0, 14.0, 17.0, 20.0, 23.0, 26.0, 29.0, 32.0, 34.0, 34.0,
    32.0, 29.0, 26.0, 23.0, 20.0, 17.0, 14.0, 11.0, 8.0, 5.0, 2.0, 0.0, 0.0,
];

/// Somebody before the camera.
struct Head {
    relief: Relief,
    axis: [f32; 3],
}

impl Head {
    /// A portrait with the depth that the mesh sees in it, or with none.
    fn of(pipeline: &mut Pipeline, portrait: &str, solid: bool) -> Self {
        let frame = common::frame(&common::portrait(portrait), 460, 0);
        let mesh = pipeline.mesh(common::view(&frame)).expect("no failure");
        let mut points = mesh.expect("a face").points.clone();
        let [right, left] = SIDES_OF_FACE.map(|n| points[n][0]);
        let [x, y, _] = points[NOSE_BRIDGE];
        if !solid {
            points.iter_mut().for_each(|point| point[2] = 0.0);
        }
        let behind = if solid { (left - right) / 2.0 } else { 0.0 };
        Self {
            relief: Relief::new(&frame, &points),
            axis: [x, y, behind],
        }
    }

    /// Turned to the person's own left, which is the right of the picture.
    fn turned(&self, degrees: f32) -> RgbImage {
        self.relief.turned(self.axis, [-degrees, 0.0])
    }
}

/// Lets somebody be captured and then asked to turn left, while they turn by these angles.
fn answer(
    pipeline: &mut Pipeline,
    head: &Head,
    yaws: &[f32],
    mounted: impl Fn(RgbImage) -> RgbImage,
) -> (Challenge, Capture) {
    let portrait = common::portrait("person_b_1");
    let reference = pipeline.reference(common::view(&portrait));
    let mut capture = Capture::new(reference.expect("a reference"));
    let mut frames = 0;
    let mut next = || {
        frames += 1;
        Duration::from_millis(1000 * frames / RATE)
    };
    while capture.evidence().is_none() {
        let frame = mounted(head.turned(0.0));
        let at = next();
        assert!(at < Duration::from_secs(3), "no evidence");
        let step = pipeline.observe(&mut capture, common::view(&frame), at);
        step.expect("a frame");
    }
    let mut challenge = Challenge::new([Side::Left; TRIES], ChallengeLimits::default());
    for yaw in yaws {
        let frame = mounted(head.turned(*yaw));
        let step = pipeline.challenge(&mut capture, &mut challenge, common::view(&frame), next());
        step.expect("a frame");
    }
    (challenge, capture)
}

#[test]
fn a_head_that_turns_left_and_back_has_answered_upright_and_on_its_side() {
    for rotation in [Rotation::None, Rotation::Quarter] {
        let mut upright = common::pipeline();
        let head = Head::of(&mut upright, "person_b_2", true);
        let mut pipeline = common::pipeline_with(Settings {
            rotation,
            ..Settings::default()
        });
        let (challenge, capture) = answer(&mut pipeline, &head, &TURN, |frame| match rotation {
            Rotation::Quarter => imageops::rotate270(&frame),
            _ => frame,
        });
        let done = Some(ChallengeOutcome::Done);
        assert_eq!(
            challenge.outcome(),
            done,
            "{rotation:?} {:?}",
            challenge.motion()
        );
        let evidence = capture.evidence().expect("a decision");
        assert_eq!(evidence.challenge, done);
    }
}

#[test]
fn the_other_side_is_not_what_was_asked_for_and_a_mirrored_picture_is_the_other_side() {
    let mut pipeline = common::pipeline();
    let head = Head::of(&mut pipeline, "person_b_2", true);
    let right = TURN.map(|yaw| -yaw);
    let (challenge, _) = answer(&mut pipeline, &head, &right, |frame| frame);
    assert_ne!(challenge.outcome(), Some(ChallengeOutcome::Done));
    assert!(challenge.motion().solid > 0, "{:?}", challenge.motion());

    let mirror = |frame| imageops::flip_horizontal(&frame);
    let (mirrored, _) = answer(&mut pipeline, &head, &right, mirror);
    let done = Some(ChallengeOutcome::Done);
    assert_eq!(
        mirrored.outcome(),
        done,
        "{mirrored:?} {:?}",
        mirrored.motion()
    );
}

#[test]
fn a_portrait_on_a_board_that_is_turned_has_not_answered_and_is_seen_to_be_a_picture() {
    let mut pipeline = common::pipeline();
    let board = Head::of(&mut pipeline, "person_b_2", false);
    // As long as there is time, and farther than a head: again and again.
    let yaws: Vec<f32> = TURN.iter().map(|yaw| yaw * 1.4).cycle().take(300).collect();
    let (challenge, capture) = answer(&mut pipeline, &board, &yaws, |frame| frame);
    let picture = Some(ChallengeOutcome::Picture);
    assert_eq!(challenge.outcome(), picture, "{:?}", challenge.motion());
    assert_eq!(challenge.motion().solid, 0);
    assert_eq!(capture.evidence().expect("a decision").challenge, picture);
}

/// Asks the person of a capture to turn left, and looks at these frames.
fn ask(
    pipeline: &mut Pipeline,
    capture: &mut Capture,
    frames: impl Iterator<Item = RgbImage>,
) -> Challenge {
    let mut challenge = Challenge::new([Side::Left; TRIES], ChallengeLimits::default());
    for (number, frame) in (0..).zip(frames) {
        let at = Duration::from_millis(5000 + 1000 * number / RATE);
        let step = pipeline.challenge(capture, &mut challenge, common::view(&frame), at);
        step.expect("a frame");
    }
    challenge
}

#[test]
fn another_person_cannot_answer() {
    let mut pipeline = common::pipeline();
    let head = Head::of(&mut pipeline, "person_b_2", true);
    let (_, mut capture) = answer(&mut pipeline, &head, &[], |frame| frame);
    let stranger = Head::of(&mut pipeline, "impostor_1", true);
    let turning = TURN.iter().map(|yaw| stranger.turned(*yaw));
    let challenge = ask(&mut pipeline, &mut capture, turning);
    assert_eq!((challenge.task(), challenge.outcome()), (Task::Ahead, None));
}

/// A picture of the person is lowered, and raised again when the stranger behind it has turned.
#[test]
fn nobody_else_turns_for_a_picture_that_looks_ahead() {
    let mut pipeline = common::pipeline();
    let picture = Head::of(&mut pipeline, "person_b_2", false);
    let (_, mut capture) = answer(&mut pipeline, &picture, &[], |frame| frame);
    let stranger = Head::of(&mut pipeline, "impostor_1", true);
    let shown = TURN.iter().enumerate().map(|(number, yaw)| match number {
        4..28 => stranger.turned(*yaw),
        _ => picture.turned(0.0),
    });
    let challenge = ask(&mut pipeline, &mut capture, shown);
    assert_ne!(challenge.outcome(), Some(ChallengeOutcome::Done));
    assert_eq!(challenge.motion().solid, 0, "{:?}", challenge.motion());
}
