//! What good frames, one after the other, add up to.

use super::*;
use crate::infrared::Glance;
use crate::manifest::{LivenessThresholds, Thresholds};
use crate::motion::Motion;
use crate::pad::PadScore;
use crate::presentation::Fusion;
use crate::quality::Quality;

const SAME_CAPTURE: f32 = 0.3;
const CLEAR: f32 = 0.6;
const FUSION: Fusion = Fusion {
    flat: -12.0,
    attached: -12.0,
    grid: -12.0,
};

fn bands(doubtful: f32, accepted: f32, strong: f32) -> Thresholds {
    Thresholds {
        doubtful,
        accepted,
        strong,
        data: String::new(),
        command: String::new(),
    }
}

/// A template at `degrees` from that of the reference.
fn template(degrees: f32) -> Template {
    let angle = degrees.to_radians();
    let mut template = Template::default();
    for _recogniser in 0..2 {
        assert!(template.join(&[angle.cos(), angle.sin()]));
    }
    template
}

struct Shown {
    face: Face,
    template: Template,
    liveness: f32,
    at: Duration,
    /// Frames before it that were looked at and not used.
    missed: usize,
    /// What its companion shows.
    glance: Option<Glance>,
}

fn frame(degrees: f32, liveness: f32, at_ms: u64) -> Shown {
    let at = Duration::from_millis(at_ms);
    Shown {
        face: Face::example(200.0),
        template: template(degrees),
        liveness,
        at,
        missed: 0,
        glance: None,
    }
}

fn run(frames: impl IntoIterator<Item = Shown>) -> (Capture, Vec<Progress>) {
    run_with(None, frames)
}

fn run_with(
    fusion: Option<Fusion>,
    frames: impl IntoIterator<Item = Shown>,
) -> (Capture, Vec<Progress>) {
    let mut capture = empty();
    let frames = frames.into_iter();
    let progress = frames.map(|shown| add(&mut capture, fusion, shown));
    let progress = progress.collect();
    (capture, progress)
}

fn empty() -> Capture {
    Capture::new(Reference {
        template: template(0.0),
        quality: Quality::default(),
    })
}

fn add(capture: &mut Capture, fusion: Option<Fusion>, shown: Shown) -> Progress {
    let comparison = ComparisonThresholds {
        bands: bands(0.3, 0.4, 0.5),
        same_capture: SAME_CAPTURE,
        clear: Some(CLEAR),
    };
    let liveness = LivenessThresholds {
        bands: bands(0.3, 0.5, 0.9),
        fusion,
    };
    let rules = Rules {
        window: WindowLimits::default(),
        comparison: &comparison,
        liveness: &liveness,
    };
    (0..=shown.missed).for_each(|_| capture.look());
    let frame = GoodFrame {
        face: shown.face,
        template: &shown.template,
        liveness: PadScore {
            scale: 0,
            certainty: shown.liveness,
        },
        weight: 1.0,
        at: shown.at,
    };
    let progress = capture.add(&frame, &rules);
    if let Some(glance) = shown.glance {
        capture.presentation().glances.add(glance);
    }
    if !capture.is_clear(rules.comparison) {
        capture.complete(&shown.template, 1, 1.0);
    }
    capture.decide(&rules);
    progress
}

fn every_50_ms(frames: u64, each: impl Fn(u64) -> (f32, f32)) -> Vec<Shown> {
    let one = |n| {
        let (degrees, liveness) = each(n);
        frame(degrees, liveness, n * 50)
    };
    (0..frames).map(one).collect()
}

#[test]
fn a_decision_waits_for_enough_frames_over_enough_time() {
    assert!(
        run(every_50_ms(6, |_| (10.0, 1.0))).0.evidence().is_none(),
        "250 ms only"
    );
    let evidence = run(every_50_ms(7, |_| (10.0, 1.0)))
        .0
        .evidence()
        .expect("300 ms and 7 frames");
    assert_eq!(
        (evidence.frames, evidence.first_good_at.as_millis()),
        (7, 0)
    );
    assert_eq!(
        (evidence.liveness, evidence.comparison),
        (Band::Strong, Band::Strong)
    );
}

#[test]
fn somebody_who_holds_still_is_looked_at_longer_and_accepted_by_the_networks() {
    let (capture, _) = run_with(Some(FUSION), every_50_ms(40, |_| (10.0, 1.0)));
    let evidence = capture.evidence().expect("a decision");
    assert_eq!(evidence.liveness, Band::Strong);
    assert_eq!(
        evidence.decided_at.as_millis() as u64,
        WindowLimits::default().max_still_ms
    );
}

#[test]
fn on_a_slow_machine_the_networks_alone_are_not_believed_after_a_few_frames() {
    let slow = (0..20).map(|n| frame(10.0, 1.0, n * 1000));
    let (capture, _) = run_with(Some(FUSION), slow);
    let evidence = capture.evidence().expect("a decision");
    assert_eq!(evidence.liveness, Band::Strong);
    assert_eq!(evidence.frames, WindowLimits::default().min_unproven_frames);
}

#[test]
fn who_gives_few_good_frames_among_many_is_not_accepted_by_the_networks_alone() {
    let now_and_then = |missed| {
        let frame = move |n: u64| Shown {
            missed,
            ..frame(10.0, 1.0, n * 1450)
        };
        let (capture, _) = run_with(Some(FUSION), (0_u64..7).map(frame));
        capture.evidence().expect("a decision").liveness
    };
    assert_eq!(now_and_then(4), Band::Doubtful);
    assert_eq!(now_and_then(0), Band::Strong, "a slow machine");
}

#[test]
fn all_recognisers_are_asked_where_the_first_is_not_clear() {
    for (degrees, band) in [
        (10.0, Band::Strong),
        (62.0, Band::Accepted),
        (70.0, Band::Doubtful),
    ] {
        let (capture, _) = run(every_50_ms(40, |_| (degrees, 1.0)));
        let evidence = capture.evidence().expect("a decision");
        assert_eq!(evidence.comparison, band, "{degrees} degrees");
    }
}

#[test]
fn patience_with_what_a_person_cannot_change_ends_and_with_the_rest_does_not() {
    const PATIENCE: Duration = Duration::from_secs(3);
    let (mut capture, _) = run([]);
    let mut insists = |rejection, at_ms| {
        let at = Duration::from_millis(at_ms);
        capture.insist(rejection, at, PATIENCE).is_some()
    };
    assert!(insists(Rejection::MouthOpen, 1000));
    assert!(insists(Rejection::Covered, 3900));
    assert!(!insists(Rejection::Covered, 4000));
    assert!(!insists(Rejection::MouthOpen, 9000));
    assert!(insists(Rejection::TooDark, 9000));

    // Who has put the mask off and puts it on again is waited for again.
    capture.is_whole();
    assert!(
        capture
            .insist(Rejection::Covered, Duration::from_secs(10), PATIENCE)
            .is_some()
    );
}

/// Somebody whose glasses shine, but for one frame at the start.
#[test]
fn what_is_hidden_again_after_a_clean_frame_is_waited_for_once() {
    const PATIENCE: Duration = Duration::from_secs(3);
    let mut capture = empty();
    capture.is_whole();
    add(&mut capture, None, frame(10.0, 1.0, 0));
    for n in 1..200 {
        let at = Duration::from_millis(n * 50);
        match capture.insist(Rejection::Glare, at, PATIENCE) {
            Some(_) => capture.look(),
            None => drop(add(&mut capture, None, frame(10.0, 1.0, n * 50))),
        }
    }
    let evidence = capture.evidence().expect("a decision");
    assert_eq!(evidence.decided_at.as_millis(), 3350);
}

#[test]
fn one_bad_frame_refuses_nobody() {
    let (capture, _) = run(every_50_ms(20, |n| (10.0, if n == 2 { 0.0 } else { 1.0 })));
    assert_eq!(
        capture.evidence().expect("a decision").liveness,
        Band::Strong
    );
}

#[test]
fn good_frames_now_and_then_do_not_carry_an_attack() {
    for lucky_every in 2..10 {
        let (capture, _) = run(every_50_ms(40, |n| {
            (10.0, if n % lucky_every == 0 { 1.0 } else { 0.0 })
        }));
        let evidence = capture.evidence().expect("a decision");
        assert_eq!(
            evidence.liveness,
            Band::Refused,
            "every {lucky_every}th frame passes"
        );
    }
}

#[test]
fn an_impostor_is_decided_after_the_longest_window() {
    let (capture, _) = run_with(Some(FUSION), every_50_ms(40, |_| (85.0, 1.0)));
    let evidence = capture.evidence().expect("a decision");
    assert_eq!(
        (evidence.frames, evidence.comparison),
        (WindowLimits::default().max_frames, Band::Refused)
    );
    assert_eq!(evidence.liveness, Band::Strong, "another, but a person");
}

#[test]
fn an_impostor_who_hides_before_each_decision_is_decided_all_the_same() {
    let hides_after = |n: u64| n / 15;
    let mut frames = every_50_ms(100, |_| (85.0, 1.0));
    for (n, frame) in (0..).zip(&mut frames) {
        frame.at += Duration::from_secs(2 * hides_after(n));
        frame.missed = if n % 15 == 0 { 60 } else { 0 };
    }
    let seen = frames.iter().map(|frame| frame.at).collect::<Vec<_>>();
    let evidence = run(frames).0.evidence().expect("a decision");
    assert_eq!(evidence.comparison, Band::Refused);
    assert!(evidence.decided_at < seen[WindowLimits::default().max_given_up_frames + 15]);
}

#[test]
fn another_person_starts_the_window_again() {
    let (capture, progress) = run(every_50_ms(14, |n| (if n < 6 { 85.0 } else { 0.0 }, 1.0)));
    assert_eq!(progress[6], Progress::Restarted);
    let evidence = capture
        .evidence()
        .expect("a decision about the second person");
    assert_eq!(
        (evidence.first_good_at.as_millis(), evidence.comparison),
        (300, Band::Strong)
    );
}

#[test]
fn a_face_that_jumps_starts_the_window_again() {
    let mut frames = every_50_ms(12, |_| (0.0, 1.0));
    frames
        .iter_mut()
        .skip(5)
        .for_each(|f| f.face.bounds.x += 300.0);
    assert_eq!(run(frames).1[5], Progress::Restarted);
}

/// Found with a synthetic screen that was seen to be one, jumped twice, and was accepted five frames
/// later, because everything that spoke against it had been forgotten.
#[test]
fn a_picture_that_jumps_stays_a_picture() {
    let after = |peak: f32, jump: f32| {
        let mut capture = empty();
        for mut shown in every_50_ms(70, |_| (0.0, 1.0)) {
            let late = shown.at >= Duration::from_millis(500);
            shown.face.bounds.x += if late { jump } else { 0.0 };
            add(&mut capture, Some(FUSION), shown);
            if !late && capture.presentation().wants_peak() {
                capture.presentation().peak(peak);
            }
        }
        capture.evidence().expect("a decision").liveness
    };
    assert_eq!(after(40.0, 300.0), Band::Doubtful);
    assert_eq!(after(12.0, 300.0), Band::Strong, "who merely jumps");
}

/// Somebody whose face moved as a plane does.
fn moving_as_a_plane(degrees: f32, liveness: f32) -> Evidence {
    let flat = Motion {
        places: 6,
        flat: 6,
        ..Motion::default()
    };
    let mut capture = empty();
    capture.presentation().follower.pretend(flat);
    for shown in every_50_ms(200, |_| (degrees, liveness)) {
        add(&mut capture, Some(FUSION), shown);
    }
    capture.evidence().expect("a decision")
}

/// In a hood, before a headrest: whether the comparison is sure of a holder or not.
#[test]
fn motion_alone_refuses_nobody_of_whom_the_networks_are_sure() {
    for (degrees, comparison) in [
        (10.0, Band::Strong),
        (70.0, Band::Doubtful),
        (85.0, Band::Refused),
    ] {
        let evidence = moving_as_a_plane(degrees, 1.0);
        assert_eq!(
            (evidence.liveness, evidence.comparison),
            (Band::Doubtful, comparison)
        );
    }
    assert_eq!(
        moving_as_a_plane(70.0, 0.4).liveness,
        Band::Refused,
        "of whom the networks are not sure"
    );
}

#[test]
fn a_gap_starts_the_window_again() {
    let mut frames = every_50_ms(12, |_| (0.0, 1.0));
    frames
        .iter_mut()
        .skip(5)
        .for_each(|f| f.at += Duration::from_secs(3));
    frames[5].missed = 3;
    let evidence = run(frames).0.evidence().expect("a decision after the gap");
    assert!(evidence.first_good_at > Duration::from_secs(3));
}

/// Found with four kiosks at once on two processors: each frame came 1.5 s after the one before, so
/// no window was ever long enough, and the right person was referred to an officer.
#[test]
fn a_slow_machine_is_no_person_who_left() {
    let slow = |n: u64| Shown {
        missed: (n % 3 == 1).into(),
        ..frame(10.0, 1.0, n * 2000)
    };
    let evidence = run((0..5).map(slow)).0.evidence().expect("a decision");
    assert_eq!(
        (evidence.frames, evidence.first_good_at),
        (5, Duration::ZERO)
    );
}

#[test]
fn on_a_slow_machine_too_an_impostor_is_decided_before_the_session_gives_up() {
    let evidence = run((0..20).map(|n| frame(85.0, 1.0, n * 1000)))
        .0
        .evidence()
        .expect("a decision");
    assert_eq!(evidence.comparison, Band::Refused);
    assert_eq!(
        evidence.decided_at.as_millis() as u64,
        WindowLimits::default().max_spread_ms
    );
}

#[test]
fn nothing_changes_a_decision() {
    let mut frames = every_50_ms(7, |_| (0.0, 1.0));
    let decided = run(every_50_ms(7, |_| (0.0, 1.0))).0.evidence();
    frames.extend((7..60).map(|n| frame(85.0, 0.0, n * 50)));
    assert_eq!(run(frames).0.evidence(), decided);
}

#[test]
fn a_clock_that_runs_backwards_only_delays_the_decision() {
    let backwards = (0..30).map(|n| frame(0.0, 1.0, 5000 - n * 50));
    let evidence = run(backwards)
        .0
        .evidence()
        .expect("a decision after the longest window");
    assert_eq!(evidence.frames, WindowLimits::default().max_frames);
}

/// The right person, whom the networks take for living, with what infrared light shows beside each frame.
fn beside(frames: u64, glance: impl Fn(u64) -> Option<Glance>) -> Option<Evidence> {
    let shown = (0..frames).map(|n| Shown {
        glance: glance(n),
        ..frame(10.0, 1.0, n * 50)
    });
    run(shown).0.evidence()
}

#[test]
fn a_face_that_infrared_light_shows_too_changes_nothing() {
    let alone = beside(30, |_| None).expect("a decision");
    let seen = beside(30, |_| Some(Glance::Face)).expect("a decision");
    assert_eq!(alone.infrared, Infrared::Unknown);
    assert_eq!(seen.infrared, Infrared::Face);
    let infrared = Infrared::Unknown;
    assert_eq!(Evidence { infrared, ..seen }, alone);
}

#[test]
fn a_face_that_infrared_light_does_not_show_is_for_an_officer() {
    for (glance, infrared) in [
        (Glance::NoFace, Infrared::NoFace),
        (Glance::NoLight, Infrared::NoLight),
    ] {
        let evidence = beside(200, |_| Some(glance)).expect("a decision");
        assert_eq!(evidence.infrared, infrared);
        assert_eq!(evidence.liveness, Band::Doubtful);
        assert_eq!(evidence.comparison, Band::Strong);
    }
}

#[test]
fn infrared_light_makes_nobody_more_living_than_the_networks_do() {
    let attack = every_50_ms(40, |_| (10.0, 0.0));
    let seen = attack.into_iter().map(|shown| Shown {
        glance: Some(Glance::Face),
        ..shown
    });
    let evidence = run(seen).0.evidence().expect("a decision");
    assert_eq!(evidence.liveness, Band::Refused);
}

#[test]
fn who_turns_up_in_infrared_light_later_is_accepted_then() {
    let late = |n| Some(if n < 5 { Glance::NoFace } else { Glance::Face });
    let evidence = beside(40, late).expect("a decision");
    assert_eq!((evidence.frames, evidence.infrared), (10, Infrared::Face));
    assert_eq!(evidence.liveness, Band::Strong);
}

#[test]
fn a_slow_infrared_camera_is_waited_for_and_one_that_stopped_is_not_for_long() {
    let now_and_then = |n| (n % 5 == 4).then_some(Glance::NoFace);
    let evidence = beside(200, now_and_then).expect("a decision");
    assert_eq!(evidence.liveness, Band::Doubtful, "its third came later");
    let stopped = |n| (n == 0).then_some(Glance::NoFace);
    let evidence = beside(200, stopped).expect("a decision");
    assert_eq!(evidence.liveness, Band::Strong);
    assert_eq!(evidence.decided_at.as_millis(), 2000);
}

#[test]
fn a_second_camera_that_starts_later_is_waited_for_and_a_dead_one_is_not_for_long() {
    let expecting = |glance: &dyn Fn(u64) -> Option<Glance>| {
        let mut capture = empty().expecting_companions();
        for n in 0..200 {
            let glance = glance(n);
            let shown = frame(10.0, 1.0, n * 50);
            add(&mut capture, None, Shown { glance, ..shown });
        }
        capture.evidence().expect("a decision")
    };
    let late = expecting(&|n| (n > 20).then_some(Glance::NoFace));
    assert_eq!(
        (late.infrared, late.liveness),
        (Infrared::NoFace, Band::Doubtful)
    );
    let seen = expecting(&|n| (n > 20).then_some(Glance::Face));
    assert_eq!((seen.liveness, seen.frames), (Band::Strong, 24));
    let dead = expecting(&|_| None);
    assert_eq!(
        (dead.infrared, dead.liveness),
        (Infrared::Unknown, Band::Strong)
    );
    assert_eq!(dead.decided_at.as_millis(), 2000);
}

#[test]
fn another_person_is_looked_for_anew_in_infrared_light() {
    let two = (0..40).map(|n| Shown {
        glance: Some(if n < 6 { Glance::NoFace } else { Glance::Face }),
        ..frame(if n < 6 { 85.0 } else { 0.0 }, 1.0, n * 50)
    });
    let evidence = run(two).0.evidence().expect("a decision");
    assert_eq!(evidence.infrared, Infrared::Face);
    assert_eq!(evidence.first_good_at.as_millis(), 300);
}
