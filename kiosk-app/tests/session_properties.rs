//! What must hold for every sequence of events, whatever people and devices do
//! (DESIGN, "The session is a value").

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use attestation::{
    Band, DocumentAuthenticity, DocumentEvidence, DocumentKind, DocumentValidity, FactorOutcome,
};
use face_pipeline::Rejection;
use hal::card::{CardFault, IdNumber, Personal, Photo};
use kiosk_app::record::{Outcome, Record};
use kiosk_app::services::Services;
use kiosk_app::session::{
    Answer, CommitFailed, Committed, Device, Draft, Effect, Event, Health, Limits, Presented,
    ReferenceUnusable, Session, Turn,
};
use kiosk_ui::{Language, Outage, Screen, Touch};
use proptest::prelude::*;

/// What may happen next, before it is tied to a turn.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Touch(Touch),
    Device(Device, Health),
    /// An answer, for the present turn or for an earlier one.
    Answer {
        late: bool,
        what: What,
    },
    /// The store answers the last commit.
    Store {
        works: bool,
    },
}

#[derive(Clone, Debug)]
enum What {
    Present,
    Read,
    Removed,
    Failed(CardFault),
    Reference(bool),
    Frame(Option<Rejection>),
    Evidence(FactorOutcome, FactorOutcome),
}

fn band() -> impl Strategy<Value = FactorOutcome> {
    prop::sample::select(vec![
        FactorOutcome::NotPerformed,
        FactorOutcome::Band(Band::Refused),
        FactorOutcome::Band(Band::Doubtful),
        FactorOutcome::Band(Band::Accepted),
        FactorOutcome::Band(Band::Strong),
    ])
}

fn touch() -> impl Strategy<Value = Touch> {
    prop::sample::select(vec![
        Touch::Begin,
        Touch::Speak(Language::English),
        Touch::Choose("outpatient-registration".into()),
        Touch::Choose("no-such-service".into()),
        Touch::Agree,
        Touch::Stop,
        Touch::Cannot,
        Touch::Done,
        Touch::StillHere,
    ])
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        Just(What::Present),
        Just(What::Read),
        Just(What::Removed),
        prop::sample::select(vec![
            CardFault::PulledMidRead,
            CardFault::Garbled,
            CardFault::BadCheckDigit,
            CardFault::NoPhoto,
            CardFault::LineLost
        ])
        .prop_map(What::Failed),
        any::<bool>().prop_map(What::Reference),
        prop::option::of(prop::sample::select(vec![
            Rejection::NoFace,
            Rejection::TooFar,
            Rejection::Blurred,
            Rejection::OtherPerson
        ]))
        .prop_map(What::Frame),
        (band(), band()).prop_map(|(liveness, face)| What::Evidence(liveness, face)),
    ]
}

fn device() -> impl Strategy<Value = Step> {
    let devices = vec![
        Device::Camera,
        Device::CardReader,
        Device::Storage,
        Device::FacePipeline,
    ];
    (
        prop::sample::select(devices),
        prop::sample::select(vec![Health::Ready, Health::Lost]),
    )
        .prop_map(|(device, health)| Step::Device(device, health))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u64..20_000).prop_map(Step::Wait),
        8 => touch().prop_map(Step::Touch),
        1 => device(),
        8 => (prop::bool::weighted(0.1), what()).prop_map(|(late, what)| Step::Answer { late, what }),
        4 => prop::bool::weighted(0.9).prop_map(|works| Step::Store { works }),
    ]
}

/// The steps of a resident who does everything right, so that random sequences also get far.
fn happy_path() -> Vec<Step> {
    let answer = |what| Step::Answer { late: false, what };
    let good = FactorOutcome::Band(Band::Accepted);
    vec![
        Step::Touch(Touch::Begin),
        Step::Touch(Touch::Choose("outpatient-registration".into())),
        Step::Touch(Touch::Agree),
        answer(What::Present),
        answer(What::Read),
        answer(What::Reference(true)),
        answer(What::Frame(None)),
        answer(What::Evidence(good, good)),
        Step::Store { works: true },
        Step::Touch(Touch::Done),
    ]
}

/// Random steps, each optionally in place of or between those of the happy path.
fn story() -> impl Strategy<Value = Vec<Step>> {
    let disturbed = prop::collection::vec((any::<prop::sample::Index>(), step()), 0..6).prop_map(
        |disturbances| {
            let mut steps = happy_path();
            for (index, step) in disturbances {
                steps.insert(index.index(steps.len() + 1), step);
            }
            steps
        },
    );
    let several = prop::collection::vec(disturbed, 1..4).prop_map(|stories| stories.concat());
    prop_oneof![several, prop::collection::vec(step(), 0..60)]
}

/// A session together with what an honest shell around it would know.
struct World {
    session: Session,
    now: Duration,
    /// The commit that the store has not answered yet.
    open_commit: Option<(Turn, Box<Draft>)>,
    /// Commits of the present turn.
    commits: usize,
    /// What the store made durable in this turn.
    durable: Option<Committed>,
    camera_open: bool,
    consented: bool,
    held_personal_data: bool,
}

impl World {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("services");
        let services = Arc::new(Services::load(&folder).unwrap());
        Self {
            session: Session::new(services, Limits::default(), Language::Chinese),
            now: Duration::ZERO,
            open_commit: None,
            commits: 0,
            durable: None,
            camera_open: false,
            consented: false,
            held_personal_data: false,
        }
    }

    fn step(&mut self, step: Step) {
        let turn = self.session.turn();
        let event = match step {
            Step::Wait(milliseconds) => {
                self.now += Duration::from_millis(milliseconds);
                Event::Tick
            }
            Step::Touch(touch) => Event::Touch(touch),
            Step::Device(device, health) => Event::Device(device, health),
            Step::Answer { late, what } => Event::Answer(
                if late {
                    Turn(turn.0.wrapping_sub(1))
                } else {
                    turn
                },
                answer(what),
            ),
            Step::Store { works } => match self.store(works) {
                Some(event) => event,
                None => return,
            },
        };
        self.handle(event);
    }

    fn store(&mut self, works: bool) -> Option<Event> {
        let (turn, draft) = self.open_commit.take()?;
        let result = works.then(|| Committed {
            decided: kiosk_app::store::decided(draft.decision),
            receipt: format!("RECEIPT {}", turn.0),
            reference: "1234".into(),
        });
        if turn == self.session.turn() {
            self.durable = result.clone();
        }
        Some(Event::Answer(
            turn,
            Answer::Committed(result.ok_or(CommitFailed)),
        ))
    }

    fn handle(&mut self, event: Event) {
        let turn = self.session.turn();
        let effects = self.session.handle(event, self.now);
        if self.session.turn() != turn {
            self.commits = 0;
            self.durable = None;
            self.consented = false;
        }
        let mut wiped = false;
        for effect in effects {
            match effect {
                Effect::Commit(turn, draft) => {
                    self.commits += 1;
                    self.open_commit = Some((turn, draft));
                }
                Effect::StartCapture(_) => {
                    assert!(self.consented, "the camera opens only after consent");
                    self.camera_open = true;
                }
                Effect::ReadCard(_) => {
                    assert!(self.consented, "the card is read only after consent")
                }
                Effect::StopCapture => self.camera_open = false,
                Effect::Wipe => wiped = true,
                Effect::Record(Record::Consented) => self.consented = true,
                Effect::Record(Record::Ended {
                    outcome: Outcome::Cancelled,
                    ..
                }) => {
                    assert_eq!(self.commits, 0, "a cancelled session leaves no attestation");
                }
                _ => {}
            }
        }
        self.check(wiped);
    }

    fn check(&mut self, wiped: bool) {
        assert!(self.commits <= 1, "a decision is made once");
        let holds = self.session.holds_personal_data();
        assert!(
            holds || !self.held_personal_data || wiped,
            "what is no longer needed is wiped"
        );
        self.held_personal_data = holds;

        let view = self.session.view(self.now);
        match &view.screen {
            Screen::Receipt(shown) => {
                let durable = self
                    .durable
                    .as_ref()
                    .expect("no receipt before the commit is durable");
                assert_eq!(shown.receipt, durable.receipt);
                assert_eq!(
                    shown.decision, durable.decided,
                    "the screen says what was signed"
                );
                assert!(!holds);
            }
            Screen::Capture(_) => assert!(self.camera_open && self.consented),
            Screen::Card(_) => assert!(self.consented),
            Screen::Attract | Screen::Services(_) | Screen::Consent(_) | Screen::Ended(_) => {
                assert!(!holds);
            }
            Screen::OutOfService(_) | Screen::Deciding => assert!(!holds),
        }
        if !matches!(view.screen, Screen::Capture(_)) {
            assert!(
                !self.camera_open,
                "the camera is open only while it is looked into"
            );
        }
    }
}

fn answer(what: What) -> Answer {
    match what {
        What::Present => Answer::CardPresent,
        What::Read => Answer::CardRead(Box::new(Presented {
            evidence: DocumentEvidence {
                kind: DocumentKind::ResidentIdCard,
                authenticity: DocumentAuthenticity::SamRead,
                validity: DocumentValidity::InForce,
            },
            number: Personal::new(IdNumber::resident("11010519491231002X").unwrap()),
            photo: Photo::parse(b"RIFF\x04\0\0\0WEBP").unwrap(),
        })),
        What::Removed => Answer::CardRemoved,
        What::Failed(fault) => Answer::CardFailed(fault),
        What::Reference(usable) => {
            Answer::Reference(usable.then_some(()).ok_or(ReferenceUnusable::Unsuitable))
        }
        What::Frame(rejection) => Answer::Frame {
            rejection,
            progress: 0.5,
        },
        What::Evidence(liveness, face) => Answer::Evidence { liveness, face },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_invariants_hold_for_every_sequence_of_events(steps in story()) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
    }

    #[test]
    fn every_state_ends_by_itself(steps in story()) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        // The devices come back, everybody leaves, and nothing answers any more.
        for device in [Device::Camera, Device::CardReader, Device::Storage, Device::FacePipeline] {
            world.step(Step::Device(device, Health::Ready));
        }
        for _ in 0..12 {
            world.step(Step::Wait(200_000));
            for device in [Device::Camera, Device::CardReader, Device::Storage] {
                world.step(Step::Device(device, Health::Ready));
            }
        }
        prop_assert_eq!(world.session.view(world.now).screen, Screen::Attract);
    }

    #[test]
    fn who_waits_sees_a_change_at_least_every_two_seconds(steps in story()) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        let before = world.session.view(world.now);
        let waits_for_the_kiosk = matches!(before.screen, Screen::Card(_) | Screen::Capture(_));
        world.step(Step::Wait(2_000));
        if waits_for_the_kiosk {
            prop_assert_ne!(before, world.session.view(world.now));
        }
    }
}

#[test]
fn an_answer_meant_for_the_previous_resident_is_not_given_to_the_next() {
    let mut world = World::new();
    for step in happy_path().into_iter().take(4) {
        world.step(step);
    }
    let previous = world.session.turn();
    world.step(Step::Touch(Touch::Stop));
    world.step(Step::Touch(Touch::Done));
    for step in happy_path().into_iter().take(3) {
        world.step(step);
    }
    world.handle(Event::Answer(previous, answer(What::Read)));
    assert!(matches!(
        world.session.view(world.now).screen,
        Screen::Card(_)
    ));
    assert!(!world.session.holds_personal_data());
}

#[test]
fn a_receipt_that_comes_late_is_handed_out_while_the_resident_can_still_be_there() {
    let mut world = World::new();
    for step in happy_path().into_iter().take(8) {
        world.step(step);
    }
    world.step(Step::Wait(10_000));
    assert!(matches!(
        world.session.view(world.now).screen,
        Screen::OutOfService(_)
    ));
    world.step(Step::Store { works: true });
    assert!(matches!(
        world.session.view(world.now).screen,
        Screen::Receipt(_)
    ));
}

#[test]
fn a_receipt_that_comes_too_late_is_shown_to_nobody_else() {
    let mut world = World::new();
    for step in happy_path().into_iter().take(8) {
        world.step(step);
    }
    world.step(Step::Wait(10_000));
    world.step(Step::Device(Device::Storage, Health::Ready));
    world.step(Step::Wait(10_000));
    assert_eq!(world.session.view(world.now).screen, Screen::Attract);
    world.step(Step::Store { works: true });
    assert_eq!(world.session.view(world.now).screen, Screen::Attract);
}

#[test]
fn a_face_pipeline_that_fails_is_not_blamed_on_the_resident() {
    let mut world = World::new();
    for step in happy_path().into_iter().take(6) {
        world.step(step);
    }
    let turn = world.session.turn();
    world.handle(Event::Answer(turn, Answer::PipelineFailed));
    assert_eq!(
        world.session.view(world.now).screen,
        Screen::OutOfService(Outage::Fault)
    );
    world.step(Step::Wait(20_000));
    assert_eq!(world.session.view(world.now).screen, Screen::Attract);
}
