//! What can happen to a session. Devices, the face pipeline and the store answer with the
//! [`Turn`] they were asked in, so that an answer meant for the previous resident is never given
//! to the next one.

use attestation::wallet::{HolderKey, NotAHolderKey};
use attestation::{DocumentEvidence, FactorOutcome};
use face_pipeline::{ChallengeOutcome, Infrared, Rejection, Task};
use hal::card::emrtd::access::AccessKey;
use hal::card::{CardFault, Photo};
use kiosk_ui::{Confidential, Decided, Touch};

use super::document_number::DocumentNumber;
use super::fields::CardFields;
use super::keepsake::Keepsake;
use crate::clock::WallTime;
use crate::record::Proof;

/// One resident's stay, from the first touch to the return to the invitation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn(pub u64);

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// Time passed; nothing else.
    Tick,
    /// The person touched the screen.
    Touch(Touch),
    /// A device came back or went away.
    Device(Device, Health),
    /// The receipt printer came back or went away; nobody needs it.
    Printer(Health),
    /// The document scanner came back or went away; the numbers can be typed.
    Scanner(Health),
    /// Something that was asked for in this turn has an answer.
    Answer(Turn, Answer),
}

/// The devices without which nobody can be verified, the most serious loss first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Device {
    /// The case: lost when it was opened, and then nothing goes on, not even a receipt.
    Case,
    /// The service door: lost while it is open. Whoever is being served is served to the end.
    ServiceDoor,
    /// The camera.
    Camera,
    /// The card reader.
    CardReader,
    /// The log on the disk.
    Storage,
    /// The networks that look at faces.
    FacePipeline,
    /// The panel, where it watches the case. Whoever is being served is served to the end.
    Panel,
}

impl Device {
    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::ServiceDoor => "service_door",
            Self::Camera => "camera",
            Self::CardReader => "card_reader",
            Self::Storage => "storage",
            Self::FacePipeline => "face_pipeline",
            Self::Panel => "panel",
        }
    }
}

/// Whether a device can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Ready,
    /// It does not.
    Lost,
}

/// The answer to an effect.
#[derive(Debug)]
pub enum Answer {
    /// A card lies on the reader; it is being read.
    CardPresent,
    /// The card was read and checked.
    CardRead(Box<Presented>),
    /// A travel document lies on the reader; its numbers are needed to open it.
    NumbersNeeded,
    /// A document scanner read the numbers.
    NumbersScanned(AccessKey),
    /// A document scanner misread the page.
    NumbersMisread,
    /// The card is no longer on the reader.
    CardRemoved,
    /// The card could not be read or is not acceptable.
    CardFailed(CardFault),
    /// The portrait on the chip is good enough to compare with, or not.
    Reference(Result<(), ReferenceUnusable>),
    /// The face pipeline could not do its part; that is no fault of the resident's.
    PipelineFailed,
    /// A camera frame was looked at: why it was not used, if so, and how far the capture is.
    Frame {
        /// Why the frame was not used; none if it was.
        rejection: Option<Rejection>,
        /// Share of the evidence collected, 0 to 1.
        progress: f32,
    },
    /// The capture is complete.
    Evidence {
        /// The person is live, in bands.
        liveness: FactorOutcome,
        /// The face is the one on the chip, in bands.
        face: FactorOutcome,
        /// Whether motion showed that it is no still picture.
        has_depth: bool,
        /// What infrared light showed.
        infrared: Infrared,
    },
    /// A camera frame was looked at in a challenge.
    ChallengeFrame {
        /// What is to be done now.
        task: Task,
        /// Why the frame does not count; none if it does.
        rejection: Option<Rejection>,
        /// How far the head has turned; 1 is far enough, below 0 is the other side.
        turned: f32,
    },
    /// The challenge is over.
    Challenged(ChallengeOutcome),
    /// The attestation is on the disk, or could not be written.
    Committed(Result<(Committed, Option<Keepsake>), CommitFailed>),
    /// The camera saw a code, and it is the key of a phone or something else.
    Scanned(Result<HolderKey, NotAHolderKey>),
    /// The slip is printed whole, or will never be.
    Printed(bool),
    /// The wallet form is signed, or could not be.
    Issued {
        /// For which key.
        holder: Option<HolderKey>,
        /// The SD-JWT VC.
        result: Result<Confidential, IssueFailed>,
    },
}

/// What was read from a card and passed every check of the card itself.
#[derive(Debug)]
pub struct Presented {
    /// What the attestation will say about the document.
    pub evidence: DocumentEvidence,
    /// What it rests on, for the record.
    pub proof: Proof,
    /// The document number: needed once, for the pairwise pseudonym.
    pub number: DocumentNumber,
    /// The portrait from the chip.
    pub photo: Photo,
    /// What the card says about its holder; the session keeps what was agreed to.
    pub fields: CardFields,
}

/// Why the portrait on the chip cannot be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceUnusable {
    /// The kiosk has no decoder for its coding.
    Undecodable,
    /// It shows no face, or several.
    Unsuitable,
    /// It is too poor to be compared with anybody's face.
    TooPoor,
}

/// The attestation could not be made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitFailed;

/// The wallet form could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueFailed;

/// An attestation that is durable; only the store makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The decision as it was signed.
    pub decided: Decided,
    /// The text of the receipt's QR code.
    pub receipt: String,
    /// A short number to read aloud.
    pub reference: String,
    /// When it was signed.
    pub time: WallTime,
}
