//! The stories the demo can play: whose card, what stands before the camera, how the reader
//! behaves, and what the resident does.

use std::time::Duration;

use attestation::wallet::HolderKey;
use hal::panel::Switch;
use hal::sim::camera::{Scene, Script, Side};
use kiosk_ui::NumbersField;

use crate::record::Outcome;

/// A story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// The holder of the card is verified
    Genuine,
    /// Somebody presents another person's card
    Impostor,
    /// The holder is asked to turn the head, and does
    Challenge,
    /// The holder is asked to turn the head, and says "I can't do this"
    ChallengeSkipped,
    /// A cut-out of the holder is asked, and is turned by who holds it
    ChallengePicture,
    /// Somebody holds a printed photo of the card's holder into the camera
    PrintedPhoto,
    /// The holder is verified by a kiosk with a second camera, for infrared light
    GenuineInfrared,
    /// Somebody holds a screen that plays a film of the holder before both cameras
    ScreenInfrared,
    /// A card is presented, then nobody looks into the camera
    Nobody,
    /// The card is pulled off the reader while it is read
    CardRemoved,
    /// The resident stops in front of the camera
    Cancelled,
    /// The resident says "I can't do this"
    Cannot,
    /// The holder shares a name, not an address, and keeps the proof in a phone that brings its key
    Wallet,
    /// On the way into the wallet the phone shows some other code until time is up
    WalletNoKey,
    /// The camera is unplugged while the resident looks into it
    CameraLost,
    /// The service door is opened while a resident is served, and closed again
    ServiceDoor,
    /// Somebody opens the case while a resident looks into the camera
    CaseOpened,
    /// The holder of a passport types its numbers, wrong ones first, and is verified
    Passport,
    /// The passport is laid on a document scanner, crookedly first, and nothing is typed
    PassportScanned,
    /// The document scanner is unplugged, so the numbers are typed
    ScannerLost,
    /// The passport's chip is a copy of a genuine one
    PassportCloned,
    /// The power fails in the moment of the commit
    PowerCut,
}

/// One of the demo portraits (`models/` fetches them; see CREDITS.md beside them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portrait(pub &'static str);

/// The holder of the demo card, as on the card.
const HOLDER_ON_CARD: Portrait = Portrait("person_b_1.jpg");
/// The holder, photographed four years later.
const HOLDER_LIVE: Portrait = Portrait("person_b_2.jpg");
/// Somebody else.
const STRANGER: Portrait = Portrait("impostor_1.jpg");

/// The key of the phone: the one of RFC 8037, appendix A.2, whose secret half is in the RFC.
const PHONE_KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// How long the simulated person turns the head, and comes back.
const TURN: Duration = Duration::from_secs(4);
/// How often a picture is turned.
const TURNS: usize = 5;
/// A code that is no key.
const OTHER_CODE: &str = "https://example.org/menu";

impl Scenario {
    /// The portrait on the card.
    pub fn card(self) -> Portrait {
        HOLDER_ON_CARD
    }

    /// The person before the camera.
    pub fn person(self) -> Portrait {
        match self {
            Self::Impostor => STRANGER,
            _ => HOLDER_LIVE,
        }
    }

    /// What the camera sees from the moment it opens.
    pub fn script(self) -> Script {
        let seconds = Duration::from_millis;
        match self {
            // Who stops, and who opens the case, does that before anything could be decided.
            Self::Nobody | Self::Cancelled | Self::CaseOpened => Script::only(Scene::Empty),
            Self::PrintedPhoto => Script::new([
                (Scene::Empty, seconds(1_000)),
                (Scene::Print, Duration::ZERO),
            ]),
            Self::ScreenInfrared => Script::new([
                (Scene::Empty, seconds(1_000)),
                (Scene::Screen, Duration::ZERO),
            ]),
            Self::ChallengePicture => Script::new([
                (Scene::Empty, seconds(1_000)),
                (Scene::Cutout, Duration::ZERO),
            ]),
            Self::CameraLost => Script::new([
                (Scene::Empty, seconds(1_000)),
                (Scene::Approach, seconds(1_500)),
                (Scene::Lost, seconds(8_000)),
                (Scene::Empty, Duration::ZERO),
            ]),
            _ => Script::visit(),
        }
    }

    /// Which service the resident comes for; the first one unless the story needs another.
    pub fn service(self) -> Option<&'static str> {
        (self.phone().is_some()).then_some("residence-certificate")
    }

    /// The text of the code that the resident's phone shows, if there is one in the story.
    pub fn phone(self) -> Option<String> {
        match self {
            Self::Wallet => HolderKey::from_jwk(PHONE_KEY.as_bytes())
                .ok()
                .map(|key| key.to_qr_text()),
            Self::WalletNoKey => Some(OTHER_CODE.to_owned()),
            _ => None,
        }
    }

    /// How the story ends where nothing was changed about it.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Genuine
            | Self::GenuineInfrared
            | Self::Challenge
            | Self::ChallengeSkipped
            | Self::Wallet
            | Self::WalletNoKey
            | Self::ServiceDoor
            | Self::Passport
            | Self::PassportScanned
            | Self::ScannerLost => Outcome::Verified,
            Self::Impostor | Self::PrintedPhoto => Outcome::NotVerified,
            Self::Nobody | Self::CardRemoved => Outcome::TimedOut,
            Self::Cancelled => Outcome::Cancelled,
            Self::Cannot | Self::ChallengePicture | Self::ScreenInfrared | Self::PassportCloned => {
                Outcome::Referred
            }
            Self::CameraLost | Self::CaseOpened | Self::PowerCut => Outcome::OutOfService,
        }
    }

    /// Whether there is a second camera, for infrared light.
    pub fn has_infrared(self) -> bool {
        matches!(self, Self::GenuineInfrared | Self::ScreenInfrared)
    }

    /// Whether the kiosk asks for a turn of the head.
    pub fn is_challenged(self) -> bool {
        matches!(
            self,
            Self::Challenge | Self::ChallengeSkipped | Self::ChallengePicture
        )
    }

    /// What is seen when somebody answers a challenge to turn to this side.
    pub fn answer(self, side: Side) -> Script {
        match self {
            // Who holds a picture and is not believed goes on.
            Self::ChallengePicture => Script::new([(Scene::CutoutTurns(side), TURN); TURNS]),
            _ => Script::new([(Scene::Turns(side), TURN), (Scene::Live, Duration::ZERO)]),
        }
    }

    /// How long who is not believed goes on; a kiosk says so only when its time for it is up.
    pub fn turns_for(self) -> Option<Duration> {
        (self == Self::ChallengePicture).then_some(TURN.saturating_mul(TURNS as u32))
    }

    /// What somebody opens while the resident looks into the camera.
    pub fn opened(self) -> Option<Switch> {
        match self {
            Self::ServiceDoor => Some(Switch::ServiceDoor),
            Self::CaseOpened => Some(Switch::Tamper),
            _ => None,
        }
    }

    /// Whether the document is a passport, on a contactless reader.
    pub fn is_contactless(self) -> bool {
        matches!(
            self,
            Self::Passport | Self::PassportScanned | Self::ScannerLost | Self::PassportCloned
        )
    }

    /// Whether there is a document scanner, too.
    pub fn has_scanner(self) -> bool {
        matches!(self, Self::PassportScanned | Self::ScannerLost)
    }

    /// What the resident types from the page: the numbers of `demo/passport.toml`.
    pub fn printed(self, field: NumbersField) -> &'static str {
        match field {
            NumbersField::Number => "E00007730",
            NumbersField::Birth => "19491231",
            NumbersField::Expiry => "20360101",
        }
    }

    /// What is typed instead the first time: a slip in the last digit.
    pub fn slip(self, field: NumbersField) -> Option<&'static str> {
        (self == Self::Passport && field == NumbersField::Number).then_some("E00007731")
    }

    /// What the reader does wrong, by the name `hal-sim card --fault` knows.
    pub fn card_fault(self) -> Option<&'static str> {
        (self == Self::CardRemoved).then_some("pulled-mid-read")
    }
}
