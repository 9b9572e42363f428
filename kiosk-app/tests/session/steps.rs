//! What people and devices may do, as values, and the ways of residents who do everything right.

use attestation::wallet::{HolderKey, NotAHolderKey};
use attestation::{Band, FactorOutcome};
use face_pipeline::{ChallengeOutcome, Infrared, Rejection, Side, Task};
use hal::card::{CardAdvice, CardFault};
use kiosk_app::session::{Ask, ChallengePolicy, Device, Health, Unanswered};
use kiosk_ui::{CardField, Language, Touch};
use proptest::prelude::*;

/// What may happen next, before it is tied to a turn.
#[derive(Clone, Debug)]
pub(crate) enum Step {
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
pub(crate) enum What {
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
    /// The same of somebody who did not move.
    EvidenceOfAStill(FactorOutcome, FactorOutcome),
    /// What a second camera showed, and how the face compares.
    EvidenceInfrared(Infrared, FactorOutcome),
    Turning(Task, Option<Rejection>),
    Challenged(ChallengeOutcome),
    Scanned(Result<HolderKey, NotAHolderKey>),
    Printed(bool),
}

pub(crate) fn band() -> impl Strategy<Value = FactorOutcome> {
    prop::sample::select(vec![
        FactorOutcome::NotPerformed,
        FactorOutcome::Band(Band::Refused),
        FactorOutcome::Band(Band::Doubtful),
        FactorOutcome::Band(Band::Accepted),
        FactorOutcome::Band(Band::Strong),
    ])
}

fn infrared() -> impl Strategy<Value = Infrared> {
    prop::sample::select(vec![
        Infrared::Unknown,
        Infrared::Face,
        Infrared::NoFace,
        Infrared::NoLight,
    ])
}

/// Every end of a challenge.
pub(crate) const OUTCOMES: [ChallengeOutcome; 4] = [
    ChallengeOutcome::Done,
    ChallengeOutcome::Picture,
    ChallengeOutcome::NotShown,
    ChallengeOutcome::Skipped,
];

/// Every way of asking.
pub(crate) fn policy() -> impl Strategy<Value = ChallengePolicy> {
    let ask = prop::sample::select(vec![Ask::Off, Ask::WhenUnclear, Ask::Always]);
    let unanswered = prop::sample::select(vec![Unanswered::Passive, Unanswered::Officer]);
    (ask, unanswered).prop_map(|(ask, unanswered)| ChallengePolicy { ask, unanswered })
}

/// A travel document's chip did not open.
pub(crate) const WRONG_NUMBERS: CardFault = CardFault::Document {
    code: "access_key_wrong",
    advice: CardAdvice::WrongNumbers,
};

pub(crate) const FIELDS: [CardField; 7] = [
    CardField::Name,
    CardField::DocumentNumber,
    CardField::BirthDate,
    CardField::Sex,
    CardField::Ethnicity,
    CardField::Address,
    CardField::ValidUntil,
];

pub(crate) fn touch() -> impl Strategy<Value = Touch> {
    let switch = (prop::sample::select(FIELDS.to_vec()), any::<bool>())
        .prop_map(|(field, yes)| Touch::Share(field, yes));
    let key = prop::sample::select("E0123456789".chars().collect::<Vec<_>>()).prop_map(Touch::Key);
    prop_oneof![3 => button(), 1 => switch, 3 => key]
}

pub(crate) fn button() -> impl Strategy<Value = Touch> {
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

pub(crate) fn what() -> impl Strategy<Value = What> {
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
        (band(), band()).prop_map(|(liveness, face)| What::EvidenceOfAStill(liveness, face)),
        (infrared(), band()).prop_map(|(infrared, face)| What::EvidenceInfrared(infrared, face)),
        prop::sample::select(vec![
            What::Turning(Task::Ahead, Some(Rejection::NoFace)),
            What::Turning(Task::Turn(Side::Left), None),
            What::Turning(Task::Back, None),
        ]),
        prop::sample::select(OUTCOMES.to_vec()).prop_map(What::Challenged),
        prop::sample::select(vec![
            Ok(phone_key()),
            Err(NotAHolderKey::NotAKey),
            Err(NotAHolderKey::Secret)
        ])
        .prop_map(What::Scanned),
        any::<bool>().prop_map(What::Printed),
    ]
}

pub(crate) fn device() -> impl Strategy<Value = Step> {
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

pub(crate) fn step() -> impl Strategy<Value = Step> {
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
pub(crate) fn happy_path() -> Vec<Step> {
    visit("outpatient-registration", &[Touch::Agree])
}

/// The same where a turn of the head is asked for; nothing changes where it is not.
pub(crate) fn challenged_path() -> Vec<Step> {
    let answer = |what| Step::Answer { late: false, what };
    let mut steps = happy_path();
    let end = steps.len() - 2;
    let turn = [
        answer(What::Turning(Task::Ahead, None)),
        answer(What::Turning(Task::Turn(Side::Left), None)),
        answer(What::Challenged(ChallengeOutcome::Done)),
    ];
    steps.splice(end..end, turn);
    steps
}

/// The same for a service that asks for card fields; the name is shared, the address is not.
pub(crate) fn sharing_path() -> Vec<Step> {
    let agree = [
        Touch::Agree,
        Touch::Share(CardField::Name, true),
        Touch::Agree,
    ];
    visit("residence-certificate", &agree)
}

/// As the path before, and then into the wallet of a phone that brings its key.
pub(crate) fn wallet_path() -> Vec<Step> {
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
pub(crate) fn phone_key() -> HolderKey {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    HolderKey::from_jwk(jwk.as_bytes()).unwrap()
}

pub(crate) fn visit(service: &str, agree: &[Touch]) -> Vec<Step> {
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
pub(crate) fn story() -> impl Strategy<Value = Vec<Step>> {
    let path = prop::sample::select(vec![
        happy_path(),
        challenged_path(),
        sharing_path(),
        wallet_path(),
    ]);
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
