//! What a session wants done. The shell performs effects in order; none of them blocks.

use std::time::Duration;

use attestation::wallet::HolderKey;
use attestation::{Decision, DocumentEvidence, Factors, Name};
use hal::card::Photo;
use hal::card::emrtd::access::AccessKey;

use super::document_number::DocumentNumber;
use super::event::Turn;
use super::fields::CardFields;
use super::keepsake::Keepsake;
use crate::record::Record;
use crate::slip::Printout;

/// One thing to do.
#[derive(Debug)]
pub enum Effect {
    /// Set the status light.
    Light(Light),
    /// Say something that can be heard.
    Sound(Sound),
    /// Look for a card and read it.
    ReadCard(Turn),
    /// Open the travel document on the reader, or the next one, with this.
    OpenDocument(AccessKey),
    /// Stop looking for a card.
    StopCard,
    /// Assess the portrait from the chip and make the reference from it.
    PrepareReference(Turn, Photo),
    /// Open the camera and collect evidence.
    StartCapture(Turn),
    /// Ask the person of the capture to turn the head within this time, before the camera that is open.
    StartChallenge(Turn, Duration),
    /// Open the camera and look for the key of the resident's phone.
    StartScan(Turn),
    /// Close the camera.
    StopCapture,
    /// Sign this and make it durable.
    Commit(Turn, Box<Draft>),
    /// Sign the wallet form, for this key or for none.
    Issue(Turn, Keepsake, Option<HolderKey>),
    /// Print the receipt, if that can begin within this time.
    Print(Turn, Box<Printout>, Duration),
    /// Print nothing that has not begun.
    GiveUpSlip,
    /// Forget everything about the resident.
    Wipe,
    /// Write an event of the catalogue.
    Record(Record),
}

/// What the status light says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// Waiting for somebody.
    Idle,
    /// Look into the camera.
    LookHere,
    /// It worked.
    Ok,
    /// It did not.
    Error,
}

/// What can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// The card was read and can be taken away.
    CardRead,
    /// It worked.
    Ok,
    /// It did not.
    Error,
}

/// Everything the session contributes to an attestation; the shell adds kiosk, time and
/// software, and turns the document number into a pseudonym.
#[derive(Debug)]
pub struct Draft {
    /// The service; none if help was asked for before one was chosen.
    pub service: Option<ServiceStamp>,
    /// The document, if one was read.
    pub document: Option<DocumentEvidence>,
    /// Its number, if one was read.
    pub number: Option<DocumentNumber>,
    /// Fields of the card that the resident agreed to share; none unless verified.
    pub shared: CardFields,
    /// Whether the resident may keep the verification in a wallet; only if verified.
    pub wallet: bool,
    /// What each factor gave.
    pub factors: Factors,
    /// The decision.
    pub decision: Decision,
}

/// What an attestation says about the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceStamp {
    /// Its identifier.
    pub id: Name,
    /// Identifier of the provider, for whom the pseudonym is made.
    pub provider: Name,
    /// Digest of its rules in force.
    pub policy: [u8; 32],
}
