//! The stories the demo can play: whose card, what stands before the camera, how the reader
//! behaves, and what the resident does.

use std::time::Duration;

use hal::sim::camera::{Scene, Script};

/// A story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// The holder of the card is verified
    Genuine,
    /// Somebody presents another person's card
    Impostor,
    /// Somebody holds a printed photo of the card's holder into the camera
    PrintedPhoto,
    /// A card is presented, then nobody looks into the camera
    Nobody,
    /// The card is pulled off the reader while it is read
    CardRemoved,
    /// The resident stops in front of the camera
    Cancelled,
    /// The resident says "I can't do this"
    Cannot,
    /// The camera is unplugged while the resident looks into it
    CameraLost,
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
            Self::Nobody => Script::only(Scene::Empty),
            Self::PrintedPhoto => Script::new([
                (Scene::Empty, seconds(1_000)),
                (Scene::Print, Duration::ZERO),
            ]),
            Self::CameraLost => Script::new([
                (Scene::Empty, seconds(1_000)),
                (Scene::Approach, seconds(1_500)),
                (Scene::Lost, seconds(4_000)),
                (Scene::Empty, Duration::ZERO),
            ]),
            _ => Script::visit(),
        }
    }

    /// What the reader does wrong, by the name `hal-sim card --fault` knows.
    pub fn card_fault(self) -> Option<&'static str> {
        (self == Self::CardRemoved).then_some("pulled-mid-read")
    }
}
