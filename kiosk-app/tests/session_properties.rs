//! What must hold for every sequence of events, whatever people and devices do
//! (DESIGN, "The session is a value").

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use attestation::wallet::{Disclosures, HolderKey, NotAHolderKey};
use attestation::{
    Band, Claims, CommittedAttestation, Credential, Decision, DeviceKey, DocumentAuthenticity,
    DocumentEvidence, DocumentKind, DocumentValidity, FactorOutcome, Factors, Log, Name,
    OperatorKey, Reason, TimeQuality, Validity,
};
use face_pipeline::Rejection;
use hal::card::emrtd::access::AccessKey;
use hal::card::{CardAdvice, CardFault, IdNumber, Personal, Photo};
use kiosk_app::clock::WallTime;
use kiosk_app::record::{Outcome, Record};
use kiosk_app::services::Services;
use kiosk_app::session::{
    Answer, CardFields, CommitFailed, Committed, Device, DocumentNumber, Draft, Effect, Event,
    Health, IssueFailed, Keepsake, Limits, Presented, ReferenceUnusable, Session, Sound, Turn,
};
use kiosk_ui::{
    CardField, CardPrompt, Confidential, Decided, Language, NumbersTrouble, Outage, Screen, Touch,
    WalletTrouble, WalletView,
};
use proptest::prelude::*;
use zeroize::Zeroizing;

/// What may happen next, before it is tied to a turn.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Touch(Touch),
    Device(Device, Health),
    Printer(Health),
    Scanner(Health),
    /// An answer, for the present turn or for an earlier one.
    Answer {
        late: bool,
        what: What,
    },
    /// The store answers the last commit.
    Store {
        works: bool,
    },
    /// The store answers the last wish for a wallet form.
    Issue {
        works: bool,
    },
}

#[derive(Clone, Debug)]
enum What {
    Present,
    Read,
    NumbersNeeded,
    NumbersScanned,
    NumbersMisread,
    Removed,
    Failed(CardFault),
    Reference(bool),
    Frame(Option<Rejection>),
    Evidence(FactorOutcome, FactorOutcome),
    Scanned(Result<HolderKey, NotAHolderKey>),
    Printed(bool),
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

/// A travel document's chip did not open.
const WRONG_NUMBERS: CardFault = CardFault::Document {
    code: "access_key_wrong",
    advice: CardAdvice::WrongNumbers,
};

fn numbers() -> AccessKey {
    AccessKey::from_fields("E00007730", "850615", "360101").unwrap()
}

const FIELDS: [CardField; 7] = [
    CardField::Name,
    CardField::DocumentNumber,
    CardField::BirthDate,
    CardField::Sex,
    CardField::Ethnicity,
    CardField::Address,
    CardField::ValidUntil,
];

fn touch() -> impl Strategy<Value = Touch> {
    let switch = (prop::sample::select(FIELDS.to_vec()), any::<bool>())
        .prop_map(|(field, yes)| Touch::Share(field, yes));
    let key = prop::sample::select("E0123456789".chars().collect::<Vec<_>>()).prop_map(Touch::Key);
    prop_oneof![3 => button(), 1 => switch, 3 => key]
}

fn button() -> impl Strategy<Value = Touch> {
    prop::sample::select(vec![
        Touch::Begin,
        Touch::Speak(Language::English),
        Touch::Choose("outpatient-registration".into()),
        Touch::Choose("residence-certificate".into()),
        Touch::Choose("no-such-service".into()),
        Touch::Agree,
        Touch::Stop,
        Touch::Cannot,
        Touch::Done,
        Touch::Print,
        Touch::KeepOnPhone,
        Touch::WithoutKey,
        Touch::BringKey,
        Touch::Back,
        Touch::Erase,
        Touch::Next,
        Touch::StillHere,
    ])
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        Just(What::Present),
        Just(What::Read),
        Just(What::NumbersNeeded),
        Just(What::NumbersScanned),
        Just(What::NumbersMisread),
        Just(What::Removed),
        prop::sample::select(vec![
            CardFault::PulledMidRead,
            CardFault::Garbled,
            CardFault::BadCheckDigit,
            CardFault::NoPhoto,
            CardFault::LineLost,
            WRONG_NUMBERS,
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
        prop::sample::select(vec![
            Ok(phone_key()),
            Err(NotAHolderKey::NotAKey),
            Err(NotAHolderKey::Secret)
        ])
        .prop_map(What::Scanned),
        any::<bool>().prop_map(What::Printed),
    ]
}

fn device() -> impl Strategy<Value = Step> {
    let devices = vec![
        Device::Camera,
        Device::CardReader,
        Device::Storage,
        Device::FacePipeline,
        Device::ServiceDoor,
        Device::Panel,
    ];
    let any = (
        prop::sample::select(devices),
        prop::sample::select(vec![Health::Ready, Health::Lost]),
    )
        .prop_map(|(device, health)| Step::Device(device, health));
    prop_oneof![
        20 => any,
        1 => Just(Step::Device(Device::Case, Health::Lost)),
        1 => Just(Step::Device(Device::Case, Health::Ready)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u64..20_000).prop_map(Step::Wait),
        8 => touch().prop_map(Step::Touch),
        1 => device(),
        1 => prop::bool::weighted(0.8)
            .prop_map(|well| Step::Printer(if well { Health::Ready } else { Health::Lost })),
        1 => prop::sample::select(vec![Health::Ready, Health::Lost]).prop_map(Step::Scanner),
        8 => (prop::bool::weighted(0.1), what()).prop_map(|(late, what)| Step::Answer { late, what }),
        4 => prop::bool::weighted(0.9).prop_map(|works| Step::Store { works }),
        2 => prop::bool::weighted(0.9).prop_map(|works| Step::Issue { works }),
    ]
}

/// The steps of a resident who does everything right, so that random sequences also get far.
fn happy_path() -> Vec<Step> {
    visit("outpatient-registration", &[Touch::Agree])
}

/// The same for a service that asks for card fields; the name is shared, the address is not.
fn sharing_path() -> Vec<Step> {
    let agree = [
        Touch::Agree,
        Touch::Share(CardField::Name, true),
        Touch::Agree,
    ];
    visit("residence-certificate", &agree)
}

/// As the path before, and then into the wallet of a phone that brings its key.
fn wallet_path() -> Vec<Step> {
    let answer = |what| Step::Answer { late: false, what };
    let mut steps = sharing_path();
    steps.pop();
    steps.extend([
        Step::Touch(Touch::KeepOnPhone),
        Step::Touch(Touch::BringKey),
        answer(What::Scanned(Err(NotAHolderKey::NotAKey))),
        answer(What::Scanned(Ok(phone_key()))),
        Step::Issue { works: true },
        Step::Touch(Touch::Back),
        Step::Touch(Touch::Done),
    ]);
    steps
}

/// RFC 8037 appendix A.2.
fn phone_key() -> HolderKey {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    HolderKey::from_jwk(jwk.as_bytes()).unwrap()
}

/// Only a commit makes one; what it says does not matter to a session.
static COMMITTED: LazyLock<CommittedAttestation> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let device = DeviceKey::from_seed(&[7; 32]);
    let name = |text| Name::new(text).unwrap();
    let validity = Validity {
        not_before: 0,
        not_after: u64::MAX >> 1,
    };
    let operator = OperatorKey::generate().unwrap();
    let credential = Credential::issue(
        &operator,
        name("kiosk-7"),
        name("hall-2"),
        device.public(),
        validity,
    );
    let claims = Claims {
        id: [1; 16],
        kiosk: name("kiosk-7"),
        site: name("hall-2"),
        issued_at: 1_800_000_000,
        time_quality: TimeQuality::Synchronised,
        service: name("residence-certificate"),
        policy: [0; 32],
        document: None,
        factors: Factors {
            liveness: FactorOutcome::Band(Band::Accepted),
            face: FactorOutcome::Band(Band::Accepted),
        },
        decision: Decision::Verified,
        officer: None,
        models: [0; 16],
        firmware: name("test"),
        subject: None,
        software: None,
        disclosable: Vec::new(),
    };
    let mut log = Log::create(&folder.path().join("log.sqlite")).unwrap();
    log.commit(&claims, &device, &credential).unwrap()
});

/// What an honest store keeps of a draft for the wallet form.
fn keepsake(draft: &Draft) -> Option<Keepsake> {
    let fields = draft.shared.iter().map(|(field, value)| {
        let field = kiosk_app::wallet_codes::field_in_proof(field);
        (field, Zeroizing::new(value.reveal().clone()))
    });
    let disclosures = Disclosures::new(fields).unwrap();
    draft
        .wallet
        .then(|| Keepsake::new(COMMITTED.clone(), disclosures))
}

fn visit(service: &str, agree: &[Touch]) -> Vec<Step> {
    let answer = |what| Step::Answer { late: false, what };
    let good = FactorOutcome::Band(Band::Accepted);
    let mut steps = vec![
        Step::Touch(Touch::Begin),
        Step::Touch(Touch::Choose(service.into())),
    ];
    steps.extend(agree.iter().cloned().map(Step::Touch));
    steps.extend([
        answer(What::Present),
        answer(What::Read),
        answer(What::Reference(true)),
        answer(What::Frame(None)),
        answer(What::Evidence(good, good)),
        Step::Store { works: true },
        Step::Touch(Touch::Done),
    ]);
    steps
}

/// Random steps, each optionally in place of or between those of the happy path.
fn story() -> impl Strategy<Value = Vec<Step>> {
    let path = prop::sample::select(vec![happy_path(), sharing_path(), wallet_path()]);
    let disturbances = prop::collection::vec((any::<prop::sample::Index>(), step()), 0..6);
    let disturbed = (path, disturbances).prop_map(|(path, disturbances)| {
        let mut steps = path;
        for (index, step) in disturbances {
            steps.insert(index.index(steps.len() + 1), step);
        }
        steps
    });
    let several = prop::collection::vec(disturbed, 1..4).prop_map(|stories| stories.concat());
    prop_oneof![several, prop::collection::vec(step(), 0..60)]
}

/// A session together with what an honest shell around it would know.
struct World {
    session: Session,
    now: Duration,
    /// The commit that the store has not answered yet.
    open_commit: Option<(Turn, Box<Draft>)>,
    /// The wish for a wallet form that the store has not answered yet.
    open_issue: Option<(Turn, Option<HolderKey>)>,
    /// Whether the resident asked for the camera to read a key.
    brings_key: bool,
    /// Commits of the present turn.
    commits: usize,
    /// What the store made durable in this turn.
    durable: Option<Committed>,
    camera_open: bool,
    consented: bool,
    /// The switches that are on, as an honest screen shows them.
    switched_on: BTreeSet<CardField>,
    held_personal_data: bool,
    /// What could be heard.
    heard: Vec<Sound>,
    /// The case was opened, some time.
    opened: bool,
    /// A slip was ordered, and neither printed nor given up.
    slip_ordered: bool,
}

impl World {
    fn new() -> Self {
        Self::with_services(&Path::new(env!("CARGO_MANIFEST_DIR")).join("services"))
    }

    fn with_services(folder: &Path) -> Self {
        let services = Arc::new(Services::load(folder).unwrap());
        Self {
            session: Session::new(services, Limits::default(), Language::Chinese),
            now: Duration::ZERO,
            open_commit: None,
            open_issue: None,
            brings_key: false,
            commits: 0,
            durable: None,
            camera_open: false,
            consented: false,
            switched_on: BTreeSet::new(),
            held_personal_data: false,
            heard: Vec::new(),
            opened: false,
            slip_ordered: false,
        }
    }

    fn step(&mut self, step: Step) {
        let turn = self.session.turn();
        let printed = matches!(
            step,
            Step::Answer {
                late: false,
                what: What::Printed(_)
            }
        );
        let event = match step {
            Step::Wait(milliseconds) => {
                self.now += Duration::from_millis(milliseconds);
                Event::Tick
            }
            Step::Touch(touch) => Event::Touch(touch),
            Step::Device(device, health) => Event::Device(device, health),
            Step::Printer(health) => Event::Printer(health),
            Step::Scanner(health) => Event::Scanner(health),
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
            Step::Issue { works } => match self.issue(works) {
                Some(event) => event,
                None => return,
            },
        };
        if printed {
            self.slip_ordered = false;
        }
        self.handle(event);
    }

    fn store(&mut self, works: bool) -> Option<Event> {
        let (turn, draft) = self.open_commit.take()?;
        let result = works.then(|| Committed {
            decided: kiosk_app::store::decided(draft.decision),
            receipt: format!("RECEIPT {}", turn.0),
            reference: "1234".into(),
            time: WallTime::at(1_795_000_000),
        });
        if turn == self.session.turn() {
            self.durable = result.clone();
        }
        let result = result.map(|committed| (committed, keepsake(&draft)));
        Some(Event::Answer(
            turn,
            Answer::Committed(result.ok_or(CommitFailed)),
        ))
    }

    fn issue(&mut self, works: bool) -> Option<Event> {
        let (turn, holder) = self.open_issue.take()?;
        let proof = Confidential::new(Zeroizing::new("secret proof ".repeat(200)));
        let result = works.then_some(proof).ok_or(IssueFailed);
        Some(Event::Answer(turn, Answer::Issued { holder, result }))
    }

    fn handle(&mut self, event: Event) {
        let turn = self.session.turn();
        if let Event::Touch(touch) = &event {
            self.foresee(touch);
        }
        self.opened |= matches!(event, Event::Device(Device::Case, Health::Lost));
        let effects = self.session.handle(event, self.now);
        if self.opened {
            assert!(!effects.iter().any(begins_something));
        }
        if self.session.turn() != turn {
            self.commits = 0;
            self.durable = None;
            self.consented = false;
            self.switched_on.clear();
            self.brings_key = false;
        }
        let mut wiped = false;
        for effect in effects {
            match effect {
                Effect::Commit(turn, draft) => {
                    self.commits += 1;
                    for (field, _) in draft.shared.iter() {
                        assert!(
                            self.switched_on.contains(&field) && self.consented,
                            "{field:?} is signed without consent"
                        );
                    }
                    self.open_commit = Some((turn, draft));
                }
                Effect::StartCapture(_) => {
                    assert!(self.consented, "the camera opens only after consent");
                    self.camera_open = true;
                }
                Effect::StartScan(_) => {
                    assert!(self.brings_key, "the camera opens only when asked for");
                    self.camera_open = true;
                }
                Effect::Issue(turn, _, holder) => {
                    assert!(holder.is_none() || self.brings_key);
                    self.open_issue = Some((turn, holder));
                }
                Effect::ReadCard(_) | Effect::OpenDocument(_) => {
                    assert!(self.consented, "the card is read only after consent")
                }
                Effect::Print(turn, printout, within) => {
                    assert!(!self.slip_ordered, "one slip at a time");
                    assert_eq!(turn, self.session.turn());
                    let durable = self
                        .durable
                        .as_ref()
                        .expect("paper only of what is durable");
                    assert_eq!(printout.receipt, durable.receipt);
                    assert_eq!(printout.decided, durable.decided);
                    assert!(within <= Limits::default().receipt);
                    self.slip_ordered = true;
                }
                Effect::GiveUpSlip => self.slip_ordered = false,
                Effect::StopCapture => self.camera_open = false,
                Effect::Sound(sound) => self.heard.push(sound),
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

    /// What this touch means on the screen as it is.
    fn foresee(&mut self, touch: &Touch) {
        match (touch, self.session.view(self.now).screen) {
            (Touch::Share(field, yes), Screen::Fields(choices))
                if choices.iter().any(|choice| choice.field == *field) =>
            {
                self.switch(*field, *yes);
            }
            (Touch::BringKey, Screen::Wallet(WalletView::Choose { .. })) => self.brings_key = true,
            _ => {}
        }
    }

    fn switch(&mut self, field: CardField, yes: bool) {
        if yes {
            self.switched_on.insert(field);
        } else {
            self.switched_on.remove(&field);
        }
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
        let locked = Screen::OutOfService(Outage::Tampered);
        assert_eq!(
            view.screen == locked,
            self.opened,
            "an opened kiosk is closed for good"
        );
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
                assert!(!holds || shown.wallet && !self.switched_on.is_empty());
            }
            Screen::Wallet(wallet) => self.check_wallet(wallet, holds),
            Screen::Capture(_) => assert!(self.camera_open && self.consented),
            Screen::Card(_) | Screen::Numbers(_) => assert!(self.consented),
            Screen::Attract
            | Screen::Services(_)
            | Screen::Consent(_)
            | Screen::Fields(_)
            | Screen::Ended(_) => {
                assert!(!holds);
            }
            Screen::OutOfService(_) | Screen::Deciding => assert!(!holds),
        }
        if !matches!(
            view.screen,
            Screen::Capture(_) | Screen::Wallet(WalletView::Scan(_))
        ) {
            assert!(
                !self.camera_open,
                "the camera is open only while it is looked into"
            );
        }
    }
}

impl World {
    fn check_wallet(&self, wallet: &WalletView, holds: bool) {
        let durable = self.durable.as_ref().expect("a commit that is durable");
        assert_eq!(durable.decided, Decided::Verified);
        assert_eq!(holds, !self.switched_on.is_empty());
        match wallet {
            WalletView::Scan(_) => assert!(self.camera_open && self.brings_key),
            WalletView::Codes(codes) => {
                assert!(codes.fields.iter().eq(&self.switched_on));
                assert!(!codes.bound || self.brings_key);
                assert!(codes.number >= 1 && codes.number <= codes.count);
            }
            WalletView::Choose { .. } | WalletView::Preparing => {}
        }
    }
}

/// What a kiosk whose case was opened must not do any more.
fn begins_something(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::ReadCard(_)
            | Effect::PrepareReference(..)
            | Effect::StartCapture(_)
            | Effect::StartScan(_)
            | Effect::Commit(..)
            | Effect::Issue(..)
    )
}

/// A reader hands over everything the card says.
fn whole_card() -> CardFields {
    FIELDS
        .map(|field| (field, Personal::new(format!("secret {field:?}"))))
        .into_iter()
        .collect()
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
            number: DocumentNumber::from(&IdNumber::resident("11010519491231002X").unwrap()),
            photo: Photo::parse(b"RIFF\x04\0\0\0WEBP").unwrap(),
            fields: whole_card(),
        })),
        What::NumbersNeeded => Answer::NumbersNeeded,
        What::NumbersScanned => Answer::NumbersScanned(numbers()),
        What::NumbersMisread => Answer::NumbersMisread,
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
        What::Printed(whole) => Answer::Printed(whole),
        What::Scanned(seen) => Answer::Scanned(seen),
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
        let all = [
            Device::Camera, Device::CardReader, Device::Storage, Device::FacePipeline,
            Device::ServiceDoor, Device::Panel,
        ];
        for device in all {
            world.step(Step::Device(device, Health::Ready));
        }
        for _ in 0..16 {
            world.step(Step::Wait(200_000));
            for device in [Device::Camera, Device::CardReader, Device::Storage] {
                world.step(Step::Device(device, Health::Ready));
            }
        }
        let end = if world.opened { Screen::OutOfService(Outage::Tampered) } else { Screen::Attract };
        prop_assert_eq!(world.session.view(world.now).screen, end);
    }

    #[test]
    fn an_open_door_interrupts_nobody(path in prop::sample::select(vec![happy_path(), wallet_path()]), at in any::<prop::sample::Index>()) {
        let mut world = World::new();
        // Not before somebody has begun: then the door closes the kiosk at once.
        let at = 1 + at.index(path.len() - 1);
        for (index, step) in path.into_iter().enumerate() {
            if index == at {
                let before = world.session.view(world.now).screen;
                for device in [Device::ServiceDoor, Device::Panel] {
                    world.step(Step::Device(device, Health::Lost));
                }
                prop_assert_eq!(before, world.session.view(world.now).screen);
            }
            world.step(step);
        }
        let screen = world.session.view(world.now).screen;
        prop_assert_eq!(screen, Screen::OutOfService(Outage::Service));
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
fn a_receipt_that_comes_late_is_not_handed_out_by_a_kiosk_that_was_opened() {
    let mut world = World::new();
    for step in happy_path().into_iter().take(8) {
        world.step(step);
    }
    world.step(Step::Wait(10_000));
    world.step(Step::Device(Device::Case, Health::Lost));
    world.step(Step::Store { works: true });
    assert_eq!(
        world.session.view(world.now).screen,
        Screen::OutOfService(Outage::Tampered)
    );
}

#[test]
fn an_open_door_closes_a_free_kiosk_until_it_is_closed() {
    let mut world = World::new();
    world.step(Step::Device(Device::ServiceDoor, Health::Lost));
    world.step(Step::Touch(Touch::Begin));
    assert_eq!(
        world.session.view(world.now).screen,
        Screen::OutOfService(Outage::Service)
    );
    world.step(Step::Device(Device::ServiceDoor, Health::Ready));
    world.step(Step::Wait(10_000));
    assert_eq!(world.session.view(world.now).screen, Screen::Attract);
}

#[test]
fn what_can_be_heard_says_what_the_screen_says() {
    let mut world = World::new();
    for step in happy_path() {
        world.step(step);
    }
    assert_eq!(world.heard, [Sound::CardRead, Sound::Ok]);
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

/// The fields that are in the draft after these touches on the notice and the switches.
fn fields_after(touches: &[Touch]) -> Vec<CardField> {
    let mut world = World::new();
    for step in visit("residence-certificate", touches) {
        if matches!(step, Step::Store { .. }) {
            break;
        }
        world.step(step);
    }
    let (_, draft) = world.open_commit.expect("a decision");
    draft.shared.iter().map(|(field, _)| field).collect()
}

#[test]
fn only_what_was_switched_on_is_in_the_draft() {
    let share = |yes| Touch::Share(CardField::Name, yes);
    let nothing: [CardField; 0] = [];
    assert_eq!(fields_after(&[Touch::Agree, Touch::Agree]), nothing);
    assert_eq!(
        fields_after(&[Touch::Agree, share(true), Touch::Agree]),
        [CardField::Name]
    );
    let back = [Touch::Agree, share(true), share(false), Touch::Agree];
    assert_eq!(fields_after(&back), nothing);
    let unasked = Touch::Share(CardField::DocumentNumber, true);
    assert_eq!(
        fields_after(&[Touch::Agree, unasked, Touch::Agree]),
        nothing
    );
    let too_late = [Touch::Agree, Touch::Agree, share(true)];
    assert_eq!(fields_after(&too_late), nothing);
}

#[test]
fn who_is_not_verified_shares_nothing() {
    let mut world = World::new();
    for step in sharing_path().into_iter().take(9) {
        world.step(step);
    }
    let refused = FactorOutcome::Band(Band::Refused);
    world.step(Step::Answer {
        late: false,
        what: What::Evidence(refused, refused),
    });
    let (_, draft) = world.open_commit.expect("a decision");
    assert!(draft.shared.is_empty());
}

#[test]
fn no_formatter_shows_a_field_or_a_proof() {
    for steps in [9, SCANNING, SHOWN] {
        let world = on_the_way_into_the_wallet(steps);
        assert!(world.session.holds_personal_data());
        let shown = format!("{:?} {:?}", world.session, world.session.view(world.now));
        assert!(!shown.contains("secret"), "{shown}");
    }
}

/// A world in which the resident of [`wallet_path`] has gone this many steps.
fn on_the_way_into_the_wallet(steps: usize) -> World {
    let mut world = World::new();
    for step in wallet_path().into_iter().take(steps) {
        world.step(step);
    }
    world
}

fn wallet_screen(world: &World) -> WalletView {
    match world.session.view(world.now).screen {
        Screen::Wallet(wallet) => wallet,
        other => panic!("{other:?}"),
    }
}

/// Steps of [`wallet_path`] until the camera is open for the key, and until the proof is shown.
const SCANNING: usize = 13;
const SHOWN: usize = 16;

#[test]
fn a_proof_is_bound_to_the_key_that_was_shown_and_gone_after_it() {
    let mut world = on_the_way_into_the_wallet(SHOWN);
    let WalletView::Codes(codes) = wallet_screen(&world) else {
        panic!("no codes");
    };
    assert!(codes.bound && codes.count > 1);
    assert_eq!(codes.fields, [CardField::Name]);
    world.step(Step::Wait(3_000));
    let WalletView::Codes(next) = wallet_screen(&world) else {
        panic!("no codes");
    };
    assert_eq!(next.number, 2, "the codes are shown in turn");
    world.step(Step::Touch(Touch::Back));
    assert!(!world.session.holds_personal_data());
    world.step(Step::Touch(Touch::KeepOnPhone));
    let screen = world.session.view(world.now).screen;
    assert!(matches!(screen, Screen::Receipt(receipt) if !receipt.wallet));
}

#[test]
fn a_key_that_never_comes_leads_back_and_then_home() {
    let mut world = on_the_way_into_the_wallet(SCANNING);
    assert!(matches!(wallet_screen(&world), WalletView::Scan(_)));
    world.step(Step::Wait(45_000));
    assert!(matches!(
        wallet_screen(&world),
        WalletView::Choose {
            trouble: Some(WalletTrouble::NoKey),
            ..
        }
    ));
    world.step(Step::Wait(60_000));
    assert_eq!(world.session.view(world.now).screen, Screen::Attract);
}

#[test]
fn a_camera_that_is_lost_leaves_the_other_way() {
    let mut world = on_the_way_into_the_wallet(SCANNING);
    world.step(Step::Device(Device::Camera, Health::Lost));
    assert_eq!(
        wallet_screen(&world),
        WalletView::Choose {
            scanner: false,
            trouble: Some(WalletTrouble::NoCamera)
        }
    );
    world.step(Step::Touch(Touch::WithoutKey));
    world.step(Step::Issue { works: true });
    assert!(matches!(wallet_screen(&world), WalletView::Codes(codes) if !codes.bound));
}

#[test]
fn a_proof_for_an_earlier_wish_is_not_shown() {
    let mut world = on_the_way_into_the_wallet(SCANNING - 1);
    world.step(Step::Touch(Touch::WithoutKey));
    let unbound = world.issue(true).unwrap();
    world.step(Step::Wait(10_000)); // the store is slow
    world.step(Step::Touch(Touch::BringKey));
    world.step(Step::Answer {
        late: false,
        what: What::Scanned(Ok(phone_key())),
    });
    world.handle(unbound);
    assert_eq!(wallet_screen(&world), WalletView::Preparing);
}

#[test]
fn a_service_without_a_wallet_offers_none() {
    let mut world = World::new();
    for step in happy_path().into_iter().take(9) {
        world.step(step);
    }
    let screen = world.session.view(world.now).screen;
    assert!(matches!(screen, Screen::Receipt(receipt) if !receipt.wallet));
    world.step(Step::Touch(Touch::KeepOnPhone));
    assert!(matches!(
        world.session.view(world.now).screen,
        Screen::Receipt(_)
    ));
}

#[test]
fn a_language_left_behind_on_the_invitation_goes_back_to_that_of_the_place() {
    let mut world = World::new();
    world.step(Step::Touch(Touch::Speak(Language::English)));
    let language = |world: &World| world.session.view(world.now).language;
    assert_eq!(language(&world), Language::English);
    world.step(Step::Wait(45_000));
    assert_eq!(language(&world), Language::Chinese);
}

/// A world whose service cannot do without the name, and would like to have the address.
fn where_the_name_is_required() -> World {
    let folder = tempfile::tempdir().unwrap();
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("services");
    let text = std::fs::read_to_string(services.join("30-residence-certificate.toml")).unwrap();
    let text = text.replace("name = \"name\"\n", "name = \"name\"\nrequired = true\n");
    std::fs::write(folder.path().join("a.toml"), text).unwrap();
    World::with_services(folder.path())
}

#[test]
fn what_is_required_has_no_switch_and_comes_with_i_agree() {
    let mut world = where_the_name_is_required();
    let off = Touch::Share(CardField::Name, false);
    for step in visit("residence-certificate", &[Touch::Agree, off, Touch::Agree]) {
        if matches!(step, Step::Store { .. }) {
            break;
        }
        world.switched_on.insert(CardField::Name); // what "I agree" means on this screen
        world.step(step);
    }
    let (_, draft) = world.open_commit.expect("a decision");
    let shared: Vec<_> = draft.shared.iter().map(|(field, _)| field).collect();
    assert_eq!(shared, [CardField::Name]);
}

#[test]
fn who_does_not_want_what_is_required_goes_to_an_officer_and_shares_nothing() {
    let mut world = where_the_name_is_required();
    for touch in [
        Touch::Begin,
        Touch::Choose("residence-certificate".into()),
        Touch::Agree,
        Touch::Cannot,
    ] {
        world.step(Step::Touch(touch));
    }
    let (_, draft) = world.open_commit.take().expect("a decision");
    assert!(matches!(draft.decision, Decision::Referred(_)));
    assert!(draft.shared.is_empty() && !draft.wallet);
}

/// A foreigner's card has no address, say.
#[test]
fn a_card_that_lacks_what_is_required_is_left_to_an_officer() {
    let mut world = where_the_name_is_required();
    for touch in [
        Touch::Begin,
        Touch::Choose("residence-certificate".into()),
        Touch::Agree,
        Touch::Agree,
    ] {
        world.step(Step::Touch(touch));
    }
    let Answer::CardRead(mut presented) = answer(What::Read) else {
        unreachable!("a card that was read");
    };
    presented.fields = CardFields::default();
    let turn = world.session.turn();
    world.handle(Event::Answer(turn, Answer::CardRead(presented)));
    let (_, draft) = world.open_commit.take().expect("a decision");
    assert_eq!(
        draft.decision,
        Decision::Referred(Reason::DocumentLacksField)
    );
    assert!(draft.shared.is_empty() && !draft.wallet);
}

/// Chooses a service, agrees, and types these numbers on a kiosk that asks for them first.
fn typing(number: &str) -> World {
    let mut world = World::new();
    world.session = world.session.asking_numbers_first();
    for touch in [
        Touch::Begin,
        Touch::Choose("outpatient-registration".into()),
        Touch::Agree,
    ] {
        world.step(Step::Touch(touch));
    }
    for text in [number, "19850615", "20360101"] {
        type_number(&mut world, text);
    }
    world
}

fn type_number(world: &mut World, text: &str) {
    for key in text.chars() {
        world.step(Step::Touch(Touch::Key(key)));
    }
    world.step(Step::Touch(Touch::Next));
}

#[test]
fn who_mistypes_a_number_corrects_it_and_goes_on() {
    let mut world = typing("E00007731");
    assert!(matches!(
        world.session.view(world.now).screen,
        Screen::Card(_)
    ));
    let answer = |what| Step::Answer { late: false, what };
    world.step(answer(What::Failed(WRONG_NUMBERS)));
    let Screen::Numbers(shown) = world.session.view(world.now).screen else {
        panic!("the numbers are not asked for again");
    };
    assert_eq!(shown.trouble, Some(NumbersTrouble::DoesNotOpen));
    assert_eq!(
        shown.typed.reveal(),
        "E00007731",
        "nothing has to be typed twice"
    );
    world.step(Step::Touch(Touch::Erase));
    world.step(Step::Touch(Touch::Key('0')));
    for _ in 0..3 {
        world.step(Step::Touch(Touch::Next));
    }
    assert!(matches!(
        world.session.view(world.now).screen,
        Screen::Card(_)
    ));
    world.step(answer(What::Read));
    assert!(!matches!(
        world.session.view(world.now).screen,
        Screen::Numbers(_)
    ));
}

#[test]
fn who_stops_while_typing_leaves_nothing() {
    let mut world = typing("E00007730");
    world.step(Step::Answer {
        late: false,
        what: What::NumbersNeeded,
    });
    assert!(world.session.holds_personal_data());
    world.step(Step::Touch(Touch::Stop));
    assert!(!world.session.holds_personal_data());
}

#[test]
fn numbers_that_never_open_the_chip_go_to_an_officer() {
    let mut world = typing("E00007731");
    for _ in 0..3 {
        world.step(Step::Answer {
            late: false,
            what: What::Failed(WRONG_NUMBERS),
        });
        for _ in 0..3 {
            world.step(Step::Touch(Touch::Next));
        }
    }
    assert_eq!(world.commits, 1);
}

/// Chooses a service and agrees, on a kiosk with a document scanner.
fn before_the_scanner() -> World {
    let mut world = World::new();
    world.session = world.session.asking_numbers_first();
    world.handle(Event::Scanner(Health::Ready));
    for touch in [
        Touch::Begin,
        Touch::Choose("outpatient-registration".into()),
        Touch::Agree,
    ] {
        world.step(Step::Touch(touch));
    }
    world
}

fn shown(world: &World) -> Screen {
    world.session.view(world.now).screen
}

#[test]
fn a_page_that_was_misread_is_asked_for_again_and_a_scanned_one_needs_no_keys() {
    let mut world = before_the_scanner();
    let answer = |what| Step::Answer { late: false, what };
    let Screen::Numbers(numbers) = shown(&world) else {
        panic!("the numbers are asked for");
    };
    assert!(numbers.scanner && numbers.trouble.is_none());
    world.step(answer(What::NumbersMisread));
    let Screen::Numbers(numbers) = shown(&world) else {
        panic!("the numbers are still asked for");
    };
    assert_eq!(numbers.trouble, Some(NumbersTrouble::Misread));
    world.step(answer(What::NumbersScanned));
    assert!(matches!(shown(&world), Screen::Card(CardPrompt::Present)));
    // The page is laid on the scanner once more while the chip is read: nothing begins anew.
    world.step(answer(What::Present));
    world.step(answer(What::NumbersScanned));
    assert!(matches!(shown(&world), Screen::Card(CardPrompt::Reading)));
}

#[test]
fn without_its_scanner_the_kiosk_asks_for_keys_and_the_session_goes_on() {
    let mut world = before_the_scanner();
    world.handle(Event::Scanner(Health::Lost));
    let Screen::Numbers(numbers) = shown(&world) else {
        panic!("the numbers are asked for");
    };
    assert!(!numbers.scanner);
    for text in ["E00007730", "19850615", "20360101"] {
        type_number(&mut world, text);
    }
    assert!(matches!(shown(&world), Screen::Card(CardPrompt::Present)));
}

#[test]
fn what_was_scanned_for_somebody_who_has_left_opens_nothing() {
    let mut world = before_the_scanner();
    world.step(Step::Answer {
        late: true,
        what: What::NumbersScanned,
    });
    assert!(matches!(shown(&world), Screen::Numbers(_)));
}
