//! Somebody who turns the head as asked, or does not.

use super::*;
use proptest::prelude::*;

const GAP: Duration = Duration::from_millis(1500);
const SIDES: [Side; TRIES] = [Side::Left, Side::Right];

/// Somebody before the camera, seen ten times a second.
struct Scene {
    challenge: Challenge,
    ms: u64,
    x: f32,
    known: bool,
}

impl Scene {
    fn new() -> Self {
        Self {
            challenge: Challenge::new(SIDES, ChallengeLimits::default()),
            ms: 0,
            x: 200.0,
            known: true,
        }
    }

    /// The points of the face move as those of a head, or of a picture.
    fn moving(solid: usize, turned_plane: usize) -> Self {
        let mut scene = Self::new();
        scene.challenge.follower.pretend(Motion {
            places: solid + turned_plane,
            solid,
            turned_plane,
            ..Motion::default()
        });
        scene
    }

    fn look(&mut self, yaw_degrees: f32, rejection: Option<Rejection>) -> &mut Self {
        let look = Look {
            face: Face::example(self.x),
            yaw_degrees,
            rejection,
            at: Duration::from_millis(self.ms),
        };
        self.ms += 100;
        let known = self.known && self.challenge.asks_who(&look);
        self.challenge.see(&look, known, GAP);
        self
    }

    fn looks(&mut self, yaws: &[f32]) -> &mut Self {
        for yaw in yaws {
            self.look(*yaw, None);
        }
        self
    }

    fn until_the_end(&mut self) -> ChallengeOutcome {
        while self.challenge.outcome().is_none() {
            self.look(0.0, None);
        }
        self.challenge.outcome().expect("an end")
    }
}

const AHEAD: [f32; 3] = [2.0, 3.0, 1.0];
const LEFT: [f32; 4] = [5.0, 9.5, 14.0, 18.0];
const RIGHT: [f32; 3] = [-4.0, -9.0, -14.0];
const BACK: [f32; 3] = [15.0, 9.0, 3.0];

#[test]
fn who_turns_as_asked_and_back_is_told_step_by_step_and_has_done_it() {
    let mut scene = Scene::moving(3, 0);
    assert_eq!(scene.challenge.task(), Task::Ahead);
    assert_eq!(scene.looks(&AHEAD).challenge.task(), Task::Turn(Side::Left));
    assert_eq!(
        scene.looks(&LEFT[..2]).challenge.task(),
        Task::Turn(Side::Left)
    );
    let turned = scene.challenge.turned();
    assert!((0.6..0.9).contains(&turned), "{turned}");
    assert_eq!(scene.looks(&LEFT[2..]).challenge.task(), Task::Back);
    assert_eq!(scene.challenge.outcome(), None);
    scene.looks(&BACK);
    assert_eq!(scene.challenge.outcome(), Some(ChallengeOutcome::Done));
}

#[test]
fn the_other_way_does_not_count_and_the_next_side_is_asked_for_once() {
    let mut scene = Scene::moving(3, 0);
    scene.looks(&AHEAD).looks(&RIGHT);
    assert_eq!(scene.challenge.task(), Task::Ahead);
    scene.looks(&AHEAD);
    assert_eq!(scene.challenge.task(), Task::Turn(Side::Right));
    scene.looks(&LEFT);
    assert_eq!(scene.challenge.outcome(), Some(ChallengeOutcome::NotShown));
}

#[test]
fn landmarks_that_jump_once_are_no_turn() {
    let mut scene = Scene::moving(3, 0);
    scene
        .looks(&AHEAD)
        .looks(&[17.0, 4.0, -14.0, 2.0, 17.0, -14.0, 3.0]);
    assert_eq!(scene.challenge.task(), Task::Turn(Side::Left));
}

#[test]
fn who_is_turned_already_does_not_answer_by_coming_back() {
    let mut scene = Scene::moving(3, 0);
    scene.looks(&[-20.0; 6]);
    assert_eq!(scene.challenge.task(), Task::Ahead);
    assert_eq!(scene.challenge.rejection(), Some(Rejection::Turned));
}

#[test]
fn a_turn_without_a_solid_does_not_count_and_one_of_a_plane_is_a_picture() {
    for (solid, turned_plane, end) in [
        (0, 0, ChallengeOutcome::NotShown),
        (0, 1, ChallengeOutcome::NotShown),
        (0, 3, ChallengeOutcome::Picture),
        (2, 3, ChallengeOutcome::Picture),
    ] {
        let mut scene = Scene::moving(solid, turned_plane);
        scene.looks(&AHEAD).looks(&LEFT).looks(&BACK);
        assert_eq!(scene.challenge.outcome(), None);
        assert_eq!(scene.until_the_end(), end, "{solid} {turned_plane}");
    }
}

#[test]
fn a_face_that_jumps_a_gap_and_another_person_begin_again() {
    let mut jumps = Scene::moving(3, 0);
    jumps.looks(&AHEAD).looks(&LEFT).x += 300.0;
    jumps.looks(&BACK);
    assert_eq!(jumps.challenge.outcome(), None);

    let mut gone = Scene::moving(3, 0);
    gone.looks(&AHEAD).looks(&LEFT).ms += 2000;
    gone.looks(&BACK);
    assert_eq!(gone.challenge.outcome(), None);

    let mut swapped = Scene::moving(3, 0);
    swapped.looks(&AHEAD).looks(&LEFT).known = false;
    swapped.looks(&BACK);
    assert_eq!(swapped.challenge.outcome(), None);
    assert_eq!(swapped.challenge.rejection(), Some(Rejection::OtherPerson));

    let mut stranger = Scene::moving(3, 0);
    stranger.known = false;
    stranger.looks(&AHEAD);
    assert_eq!(stranger.challenge.task(), Task::Ahead);
}

#[test]
fn who_does_nothing_has_not_shown_it_when_time_is_up() {
    let mut scene = Scene::moving(3, 0);
    assert_eq!(scene.until_the_end(), ChallengeOutcome::NotShown);
    let limit = ChallengeLimits::default().max_ms;
    assert!((limit..limit + 300).contains(&scene.ms), "{}", scene.ms);
    let mut nobody = Challenge::new(SIDES, ChallengeLimits::default());
    nobody.see_nobody(Duration::ZERO);
    nobody.see_nobody(Duration::from_millis(limit));
    assert_eq!(nobody.outcome(), Some(ChallengeOutcome::NotShown));
}

#[test]
fn a_second_person_holds_up_the_turn_and_what_a_turn_brings_does_not() {
    let mut scene = Scene::moving(3, 0);
    scene.looks(&AHEAD);
    for rejection in [Rejection::Turned, Rejection::Blurred, Rejection::OffCentre] {
        scene.look(16.0, Some(rejection));
        assert_eq!(scene.challenge.rejection(), None);
    }
    let mut crowd = Scene::moving(3, 0);
    crowd
        .looks(&AHEAD)
        .look(16.0, Some(Rejection::SeveralFaces));
    assert_eq!(crowd.challenge.rejection(), Some(Rejection::SeveralFaces));
    assert_eq!(crowd.challenge.task(), Task::Turn(Side::Left));
}

proptest! {
    #[test]
    fn what_moves_as_a_plane_has_never_done_it(yaws in prop::collection::vec(-60.0_f32..60.0, 0..300)) {
        let mut scene = Scene::moving(0, 3);
        scene.looks(&yaws);
        prop_assert_ne!(scene.challenge.outcome(), Some(ChallengeOutcome::Done));
    }

    #[test]
    fn who_stays_within_the_least_turn_has_never_done_it(yaws in prop::collection::vec(-4.9_f32..4.9, 0..300)) {
        let mut scene = Scene::moving(3, 0);
        scene.looks(&yaws);
        prop_assert_ne!(scene.challenge.outcome(), Some(ChallengeOutcome::Done));
    }
}
