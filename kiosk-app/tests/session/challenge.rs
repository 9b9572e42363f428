//! The active challenge: who is asked, and what the answer counts.

use attestation::{Band, Decision, FactorOutcome, Reason};
use face_pipeline::{ChallengeOutcome, Infrared, Rejection, Side, Task};
use kiosk_app::session::{Ask, ChallengePolicy, Limits, Unanswered};
use kiosk_ui::{ChallengePrompt, ChallengeTask, Guidance, Screen, Touch};
use proptest::prelude::*;

use crate::steps::{OUTCOMES, Step, What, band, happy_path, policy};
use crate::world::World;

const STRONG: FactorOutcome = FactorOutcome::Band(Band::Strong);
const DOUBTFUL: FactorOutcome = FactorOutcome::Band(Band::Doubtful);
const REFUSED: FactorOutcome = FactorOutcome::Band(Band::Refused);

fn answer(what: What) -> Step {
    Step::Answer { late: false, what }
}

/// Somebody before the camera, of whom the capture gave this.
fn captured(policy: ChallengePolicy, evidence: What) -> World {
    let mut world = World::asking(policy);
    for step in happy_path().into_iter().take(7) {
        world.step(step);
    }
    world.step(answer(evidence));
    world
}

fn asking(ask: Ask, unanswered: Unanswered) -> ChallengePolicy {
    ChallengePolicy { ask, unanswered }
}

fn is_asked(world: &World) -> bool {
    matches!(world.screen(), Screen::Challenge(_))
}

fn decided(world: &World) -> Option<(FactorOutcome, Decision)> {
    let (_, draft) = world.open_commit.as_ref()?;
    Some((draft.factors.liveness, draft.decision))
}

#[test]
fn who_is_asked_depends_on_the_policy_and_on_what_is_known() {
    let passive = Unanswered::Passive;
    for (ask, evidence, asked) in [
        (Ask::Off, What::EvidenceOfAStill(DOUBTFUL, STRONG), false),
        (Ask::WhenUnclear, What::Evidence(STRONG, STRONG), false),
        (
            Ask::WhenUnclear,
            What::EvidenceOfAStill(STRONG, STRONG),
            true,
        ),
        (Ask::WhenUnclear, What::Evidence(DOUBTFUL, STRONG), true),
        (Ask::Always, What::Evidence(STRONG, STRONG), true),
        // An answer could change nothing.
        (Ask::Always, What::Evidence(REFUSED, STRONG), false),
        (Ask::Always, What::Evidence(STRONG, REFUSED), false),
        (Ask::Always, What::Evidence(STRONG, DOUBTFUL), false),
    ] {
        let told = format!("{ask:?} {evidence:?}");
        let world = captured(asking(ask, passive), evidence);
        assert_eq!(is_asked(&world), asked, "{told}");
        assert_eq!(decided(&world).is_some(), !asked, "{told}");
    }
}

#[test]
fn the_screen_says_what_to_do_and_what_is_in_the_way() {
    let policy = asking(Ask::Always, Unanswered::Passive);
    let mut world = captured(policy, What::Evidence(STRONG, STRONG));
    for (task, rejection, shown, guidance) in [
        (
            Task::Ahead,
            Some(Rejection::TooFar),
            ChallengeTask::Ahead,
            Guidance::ComeCloser,
        ),
        (
            Task::Turn(Side::Left),
            None,
            ChallengeTask::Left,
            Guidance::Good,
        ),
        (
            Task::Turn(Side::Right),
            None,
            ChallengeTask::Right,
            Guidance::Good,
        ),
        (Task::Back, None, ChallengeTask::Back, Guidance::Good),
    ] {
        world.step(answer(What::Turning(task, rejection)));
        let prompt = ChallengePrompt {
            task: shown,
            guidance,
            turned: 0.5,
        };
        assert_eq!(world.screen(), Screen::Challenge(prompt));
    }
}

#[test]
fn what_each_end_counts() {
    use ChallengeOutcome::{Done, NotShown, Picture, Skipped};
    use Unanswered::{Officer, Passive};
    let accepted = FactorOutcome::Band(Band::Accepted);
    let verified = Decision::Verified;
    let officer = Decision::Referred(Reason::DoubtfulLiveness);
    for (unanswered, passive, outcome, liveness, decision) in [
        (Passive, STRONG, Done, STRONG, verified),
        (Passive, DOUBTFUL, Done, accepted, verified),
        (Passive, STRONG, Skipped, STRONG, verified),
        (Passive, STRONG, NotShown, STRONG, verified),
        (Passive, DOUBTFUL, Skipped, DOUBTFUL, officer),
        (Passive, STRONG, Picture, DOUBTFUL, officer),
        (Officer, STRONG, Done, STRONG, verified),
        (Officer, STRONG, Skipped, DOUBTFUL, officer),
        (Officer, STRONG, NotShown, DOUBTFUL, officer),
    ] {
        let policy = asking(Ask::Always, unanswered);
        let mut world = captured(policy, What::Evidence(passive, STRONG));
        world.step(answer(What::Challenged(outcome)));
        let told = format!("{unanswered:?} {passive:?} {outcome:?}");
        assert_eq!(decided(&world), Some((liveness, decision)), "{told}");
    }
}

#[test]
fn who_cannot_says_so_and_the_check_goes_on_without_it() {
    let policy = asking(Ask::Always, Unanswered::Passive);
    let mut world = captured(policy, What::Evidence(STRONG, STRONG));
    world.step(Step::Touch(Touch::Cannot));
    assert_eq!(decided(&world), Some((STRONG, Decision::Verified)));
}

#[test]
fn time_that_runs_out_counts_as_no_answer() {
    let policy = asking(Ask::Always, Unanswered::Passive);
    let mut world = captured(policy, What::Evidence(STRONG, STRONG));
    let time = u64::try_from(Limits::default().challenge.as_millis()).unwrap();
    world.step(Step::Wait(time));
    assert_eq!(decided(&world), Some((STRONG, Decision::Verified)));
}

#[test]
fn who_stops_leaves_nothing() {
    let policy = asking(Ask::Always, Unanswered::Passive);
    let mut world = captured(policy, What::Evidence(STRONG, STRONG));
    world.step(Step::Touch(Touch::Stop));
    assert!(matches!(world.screen(), Screen::Ended(_)));
    assert!(!world.session.holds_personal_data());
}

#[test]
fn the_answer_of_the_one_before_is_nobodys() {
    let policy = asking(Ask::Always, Unanswered::Passive);
    let mut world = captured(policy, What::Evidence(STRONG, STRONG));
    world.step(Step::Answer {
        late: true,
        what: What::Challenged(ChallengeOutcome::Done),
    });
    assert!(is_asked(&world));
}

proptest! {
    #[test]
    fn a_challenge_refuses_nobody_and_never_accepts_whom_the_pictures_refused(
        policy in policy(), passive in band(), outcome in prop::sample::select(OUTCOMES.to_vec()),
    ) {
        let mut world = captured(policy, What::EvidenceOfAStill(passive, STRONG));
        let asked = is_asked(&world);
        world.step(answer(What::Challenged(outcome)));
        let (liveness, decision) = decided(&world).expect("a decision");
        if asked {
            prop_assert!(!matches!(decision, Decision::NotVerified(_)));
            prop_assert_ne!(passive, REFUSED);
        } else {
            prop_assert_eq!(liveness, passive);
        }
    }
}

/// A film on a screen turns its head when asked.
#[test]
fn a_doubt_of_infrared_light_is_for_an_officer_whatever_the_head_does() {
    for ask in [Ask::Off, Ask::WhenUnclear, Ask::Always] {
        let policy = asking(ask, Unanswered::Passive);
        for doubt in [Infrared::NoFace, Infrared::NoLight] {
            let world = captured(policy, What::EvidenceInfrared(doubt, STRONG));
            assert!(!is_asked(&world), "{ask:?}");
            let referred = Decision::Referred(Reason::DoubtfulLiveness);
            assert_eq!(decided(&world), Some((DOUBTFUL, referred)), "{ask:?}");
        }
        let world = captured(policy, What::EvidenceInfrared(Infrared::Face, STRONG));
        assert_eq!(is_asked(&world), ask == Ask::Always, "{ask:?}");
    }
}
