//! What the resident sees, as plain data: the only thing that crosses from the session to the
//! screen. The window draws a [`View`] and nothing else; what a person does comes back as a
//! [`Touch`]. Neither side knows the other.

use std::fmt;
use std::sync::Arc;

use zeroize::{Zeroize, Zeroizing};

/// The languages of the screens; every word is in the table for each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    Chinese,
    /// English.
    English,
}

/// Everything that is on the screen at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The language of all words.
    pub language: Language,
    /// Which screen, with its contents.
    pub screen: Screen,
    /// Whole seconds until the screen gives up by itself; shown, so that nobody is surprised.
    pub seconds_left: Option<u32>,
    /// How many seconds the screen waits in all, for the ring of the countdown.
    pub seconds_in_all: Option<u32>,
    /// "Are you still there?" lies over the screen; a touch anywhere answers it.
    pub still_there: bool,
}

impl View {
    /// The screen of a kiosk that serves nobody and waits for no touch.
    #[must_use]
    pub fn out_of_service(outage: Outage, language: Language) -> Self {
        Self {
            language,
            screen: Screen::OutOfService(outage),
            seconds_left: None,
            seconds_in_all: None,
            still_there: false,
        }
    }
}

/// The screens, in the order in which a resident meets them.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// Nobody is here; an invitation.
    Attract,
    /// Which service?
    Services(Vec<ServiceChoice>),
    /// What will be checked, shared and kept, before anything is read.
    Consent(ConsentNotice),
    /// Which fields of the card may be shared? Only where a service asks for any.
    Fields(Vec<FieldChoice>),
    /// Which numbers are printed in your document? Only where a document needs them.
    Numbers(NumbersView),
    /// Put your card on the reader.
    Card(CardPrompt),
    /// Look into the camera; the preview is fed separately, frame by frame.
    Capture(CapturePrompt),
    /// Turn your head to a side and back; with the same preview.
    Challenge(ChallengePrompt),
    /// The decision is made and being made durable.
    Deciding,
    /// The decision, and the receipt for it.
    Receipt(ReceiptView),
    /// The verification in the phone's wallet: only for who asked for it on the receipt.
    Wallet(WalletView),
    /// The session is over without a decision; everything has been deleted.
    Ended(Ending),
    /// The kiosk cannot work; why, in a resident's words.
    OutOfService(Outage),
}

/// One service that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceChoice {
    /// The service's identifier, handed back in [`Touch::Choose`].
    pub id: String,
    /// Its name in the language of the view.
    pub name: String,
    /// One line that says who offers it.
    pub provider: String,
}

/// What a resident agrees to, in the language of the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentNotice {
    /// The service's name.
    pub service: String,
    /// Who gets the result.
    pub provider: String,
    /// Why the check is needed.
    pub purpose: String,
    /// What the provider will learn, one item a line.
    pub shared: Vec<String>,
    /// The law or rule it rests on.
    pub legal_basis: String,
    /// What is kept, and for how long.
    pub retention: String,
}

/// A field of an identity card that a service can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardField {
    /// Name of the holder.
    Name,
    /// Number of the card.
    DocumentNumber,
    /// Date of birth.
    BirthDate,
    /// Sex.
    Sex,
    /// Ethnic group.
    Ethnicity,
    /// Address.
    Address,
    /// Last day of the card's validity.
    ValidUntil,
}

/// One field that a service asks for, in the language of the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChoice {
    /// Which field.
    pub field: CardField,
    /// What the provider needs it for.
    pub purpose: String,
    /// Whether the proof cannot be had without it.
    pub required: bool,
    /// Whether it will be shared; nothing optional is before the resident says so.
    pub agreed: bool,
}

/// One of the numbers that open a travel document's chip, being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumbersView {
    /// Which one.
    pub field: NumbersField,
    /// What is typed so far.
    pub typed: Confidential,
    /// The characters that can come next; the other keys are off.
    pub possible: String,
    /// Whether it can be all.
    pub complete: bool,
    /// What went wrong before, if anything.
    pub trouble: Option<NumbersTrouble>,
    /// Whether a document scanner is there that reads them all at once.
    pub scanner: bool,
}

/// The numbers that open a travel document's chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumbersField {
    /// Document number.
    Number,
    /// Date of birth.
    Birth,
    /// Date of expiry.
    Expiry,
}

/// Why numbers are asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumbersTrouble {
    /// The chip did not open with them.
    DoesNotOpen,
    /// The document scanner misread the page.
    Misread,
}

/// What the card screen asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardPrompt {
    /// Put the card on the reader.
    Present,
    /// Reading: leave it there.
    Reading,
    /// It was taken away too early: put it back.
    Removed,
    /// It could not be read: turn it, try again.
    Unreadable,
    /// It is not a card this kiosk knows, or it is out of date: try another document.
    NotAccepted,
}

/// What the capture screen shows beside the preview.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CapturePrompt {
    /// The one thing to do now.
    pub guidance: Guidance,
    /// Share of the evidence collected, 0 to 1.
    pub progress: f32,
}

/// What the challenge screen shows beside the preview.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChallengePrompt {
    /// What is asked for.
    pub task: ChallengeTask,
    /// What stands in the way of it; [`Guidance::Good`] if nothing does.
    pub guidance: Guidance,
    /// How far the head has turned to the side that is asked for: 1 is far enough, below 0 is the
    /// other side.
    pub turned: f32,
}

/// What a resident is asked to do with the head. Left and right are the resident's own, which are
/// those of the screen, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeTask {
    /// Look ahead.
    Ahead,
    /// Turn it to the left.
    Left,
    /// Turn it to the right.
    Right,
    /// Look ahead again.
    Back,
}

/// The one thing a resident should do in front of the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guidance {
    /// The camera is starting.
    Wait,
    /// No face in view: look into the camera.
    LookHere,
    /// The face is too small.
    ComeCloser,
    /// The face is too large.
    StepBack,
    /// The face is not in the middle.
    Centre,
    /// More than one face.
    OnePerson,
    /// The head is turned or tilted.
    FaceForward,
    /// Something hides the face: a mask, dark glasses, a hand.
    Uncover,
    /// The mouth is wide open.
    CloseMouth,
    /// Too little light on the face.
    MoreLight,
    /// Too much light on the face.
    LessLight,
    /// The picture is blurred by movement.
    HoldStill,
    /// The frame is good: stay like this.
    Good,
}

/// The decision and its receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptView {
    /// What was decided, taken from the value that was signed.
    pub decision: Decided,
    /// The service's name.
    pub service: String,
    /// The text of the QR code.
    pub receipt: String,
    /// A short number to read aloud at a counter.
    pub reference: String,
    /// Whether the verification can be kept in the phone's wallet.
    pub wallet: bool,
    /// The receipt on paper.
    pub print: PrintView,
}

/// How it stands with the receipt on paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrintView {
    /// There is no printer, or it cannot print.
    #[default]
    None,
    /// It can be printed.
    Offered,
    /// It is being printed.
    Printing,
    /// It lies there.
    Printed,
    /// It could not be printed.
    Failed,
}

/// The steps into the phone's wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WalletView {
    /// With the phone's key, or without?
    Choose {
        /// Whether the camera can read a key.
        scanner: bool,
        /// What went wrong before, if anything.
        trouble: Option<WalletTrouble>,
    },
    /// Hold the phone's key up to the camera; the picture is fed separately, frame by frame.
    Scan(ScanHint),
    /// The proof is being signed.
    Preparing,
    /// The proof, as codes.
    Codes(WalletCodes),
}

/// Why there is no proof yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalletTrouble {
    /// No key was seen in time.
    NoKey,
    /// The camera is gone.
    NoCamera,
    /// The kiosk could not make the proof.
    Failed,
}

/// What the scan screen says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanHint {
    /// Hold it up.
    Look,
    /// That code is no key of a wallet.
    OtherCode,
    /// That is a secret key, which nobody should show.
    SecretKey,
}

/// A proof as codes, of which one is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletCodes {
    /// The text of the code on the screen.
    pub code: Confidential,
    /// Which one it is, from 1.
    pub number: u32,
    /// How many there are.
    pub count: u32,
    /// Whether only the resident's phone can show the proof.
    pub bound: bool,
    /// The fields of the card in it.
    pub fields: Vec<CardField>,
}

/// Text about a person: shared by its clones, overwritten when the last is dropped, and shown by
/// no formatter.
#[derive(Clone, PartialEq, Eq)]
pub struct Confidential(Arc<Zeroizing<String>>);

impl Confidential {
    /// Takes a text into care.
    #[must_use]
    pub fn new(text: Zeroizing<String>) -> Self {
        Self(Arc::new(text))
    }

    /// Shows the text. Every call is a place to review for leaks.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Confidential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

/// The decision, as the screen distinguishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// The person is the holder of the card.
    Verified,
    /// The person could not be shown to be the holder of the card.
    NotVerified,
    /// An officer decides: the resident asked for it, or the case is doubtful.
    Referred,
}

/// How a session ended without a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The resident stopped it.
    Cancelled,
    /// Nothing happened for too long.
    TimedOut,
}

/// Why the kiosk cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// The camera is gone.
    Camera,
    /// The card reader is gone.
    CardReader,
    /// The log cannot be written.
    Storage,
    /// Something else is broken.
    Fault,
    /// A technician has the service door open.
    Service,
    /// The case was opened; only a technician can bring the kiosk back.
    Tampered,
}

/// What a person did on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Touched the invitation.
    Begin,
    /// Chose a language.
    Speak(Language),
    /// Chose the service with this identifier.
    Choose(String),
    /// "I agree".
    Agree,
    /// Switched a field of the card on or off.
    Share(CardField, bool),
    /// A key of the keypad, or of a keyboard.
    Key(char),
    /// "Erase" on the keypad.
    Erase,
    /// "Next" on the keypad.
    Next,
    /// "Stop and delete".
    Stop,
    /// "I can't do this".
    Cannot,
    /// "Print it", on the receipt.
    Print,
    /// "Keep it on my phone", on the receipt.
    KeepOnPhone,
    /// A proof that is not bound to a key.
    WithoutKey,
    /// A proof bound to the phone's key, which the camera reads.
    BringKey,
    /// One step back, in the steps into the wallet and between numbers.
    Back,
    /// "Done", on the receipt and on the end screens.
    Done,
    /// "I am still here", anywhere on the question.
    StillHere,
}

/// One camera picture for the preview: a face, so it is overwritten when it is dropped, and its
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq)]
pub struct Preview {
    /// RGB, 8 bits each, `width * height * 3` bytes, mirrored by the window, not by the sender.
    pub rgb: Vec<u8>,
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The face being looked at, as shares of width and height (x, y, width, height).
    pub face: Option<[f32; 4]>,
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Preview({} × {})", self.width, self.height)
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.rgb.zeroize();
    }
}
