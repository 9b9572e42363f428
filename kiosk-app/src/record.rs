//! The catalogue of events: everything the kiosk writes about its work, each with a stable name
//! an operator can alert on. No variant carries personal data: fields are identifiers of ours,
//! bands and enumerations, and what drivers and decoders say about themselves, which never quotes a
//! card or a picture.

use std::io::{self, Write};

use face_pipeline::Infrared;
use hal::DeviceState;
use serde::Serialize;

/// What showed that a document is genuine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// What opened the chip: `pace` or `bac`, or `security_module` of a reader for identity cards.
    pub access: &'static str,
    /// What showed that the data is as a state issued it: `passive_authentication` (it signed them), or
    /// `security_module`, which only says so.
    pub data: &'static str,
    /// What is known about the revocation of who signed: `not_revoked`, `stale_list` (not revoked by a list
    /// that is out of date), `no_list`, or `not_asked` where a security module answers for everything.
    pub revocation: &'static str,
    /// What showed that the chip is no copy: `chip_authentication`, `active_authentication` or
    /// `security_module`; `not_offered` by older documents.
    pub chip: &'static str,
}

impl Proof {
    /// A card that only a reader's security module can open; how it does that is its own.
    pub const SECURITY_MODULE: Self = Self {
        access: "security_module",
        data: "security_module",
        revocation: "not_asked",
        chip: "security_module",
    };
}

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event")]
pub enum Record {
    /// The kiosk is up; how many attestations its log holds.
    #[serde(rename = "kiosk.started")]
    Started {
        /// Entries in the log.
        log_size: u64,
    },
    /// The log nears its limit: room must be made before it takes no more.
    #[serde(rename = "log.room_short")]
    LogRoomShort {
        /// Size of the log's file.
        used_bytes: u64,
        /// What it may take.
        limit_bytes: u64,
    },
    /// The kiosk does not start.
    #[serde(rename = "kiosk.start_refused")]
    StartRefused {
        /// The log's stable code, or `keys`, `tamper_record`, `services`, `ledger`, `networks`, `trust` or
        /// `other`.
        code: &'static str,
        /// The error and its causes.
        error: String,
    },
    /// A resident touched the invitation.
    #[serde(rename = "session.begun")]
    Begun,
    /// A service was chosen.
    #[serde(rename = "session.service")]
    Service {
        /// Identifier of the service.
        service: String,
    },
    /// The resident agreed to the notice.
    #[serde(rename = "session.consented")]
    Consented,
    /// The numbers that open a travel document were typed or scanned.
    #[serde(rename = "card.numbers_given")]
    NumbersGiven,
    /// A card was read and passed its checks: what was authenticated, and how.
    #[serde(rename = "card.read")]
    CardRead(Proof),
    /// A card could not be used.
    #[serde(rename = "card.failed")]
    CardFailed {
        /// Name of the fault.
        fault: String,
    },
    /// The portrait on the chip cannot be compared with.
    #[serde(rename = "card.reference_unusable")]
    ReferenceUnusable {
        /// Why, for the technician.
        reason: String,
    },
    /// The face pipeline could not do its part.
    #[serde(rename = "face.failed")]
    PipelineFailed {
        /// The error and its causes.
        error: String,
    },
    /// The camera was opened for a capture.
    #[serde(rename = "capture.started")]
    CaptureStarted,
    /// The capture gave evidence.
    #[serde(rename = "capture.complete")]
    CaptureComplete {
        /// Frames the evidence rests on.
        frames: usize,
        /// From the first good frame to the evidence, in milliseconds.
        first_good_to_decision_ms: u64,
        /// What infrared light showed: `face`, `no_face`, `no_light`, or `unknown` (there is no camera
        /// for it, or it gave too little).
        infrared: Infrared,
    },
    /// The resident was asked to turn the head.
    #[serde(rename = "challenge.asked")]
    ChallengeAsked,
    /// The challenge is over.
    #[serde(rename = "challenge.complete")]
    Challenged {
        /// `done`, `picture` (what turned was flat) or `unanswered`.
        outcome: &'static str,
    },
    /// The decision.
    #[serde(rename = "session.decided")]
    Decided {
        /// `verified`, `not_verified` or `referred`.
        decision: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// The attestation is about to be written.
    #[serde(rename = "log.committing")]
    Committing,
    /// The attestation is durable.
    #[serde(rename = "log.committed")]
    Committed {
        /// Its place in the log.
        index: u64,
    },
    /// How it stands with the ledger, whenever that changes.
    #[serde(rename = "ledger.state")]
    Ledger {
        /// `settled`, `collecting`, `submitted`, `confirming`, or the stable code of what hinders it.
        state: &'static str,
        /// How many attestations are not anchored yet.
        waiting: u64,
        /// What hinders it and what to do; empty if nothing does.
        detail: String,
    },
    /// A head of the log was submitted to the ledger.
    #[serde(rename = "ledger.submitted")]
    Submitted {
        /// How many attestations it covers.
        size: u64,
        /// The transaction's hash.
        transaction: String,
    },
    /// A head of the log is on the ledger for good.
    #[serde(rename = "ledger.anchored")]
    Anchored {
        /// How many attestations it covers.
        size: u64,
        /// Which of the kiosk's anchors it is.
        sequence: u64,
        /// The block.
        block: u64,
    },
    /// A head that counted as anchored is not on the ledger any more; it is submitted again.
    #[serde(rename = "ledger.withdrawn")]
    AnchorWithdrawn {
        /// How many attestations it covered.
        size: u64,
    },
    /// The attestation could not be written.
    #[serde(rename = "log.commit_failed")]
    CommitFailed {
        /// The error and its causes.
        error: String,
    },
    /// The camera was opened for the key of a resident's phone.
    #[serde(rename = "wallet.scan_started")]
    KeyScanStarted,
    /// A wallet form was shown.
    #[serde(rename = "wallet.issued")]
    WalletIssued {
        /// Whether it is bound to the key of a phone.
        bound: bool,
    },
    /// A wallet form could not be made.
    #[serde(rename = "wallet.issue_failed")]
    IssueFailed {
        /// The error and its causes.
        error: String,
    },
    /// The session is over.
    #[serde(rename = "session.ended")]
    Ended {
        /// How.
        outcome: Outcome,
        /// Why.
        reason: &'static str,
    },
    /// The kiosk cannot serve anybody.
    #[serde(rename = "kiosk.out_of_service")]
    OutOfService {
        /// Why.
        reason: &'static str,
    },
    /// The kiosk can serve people again.
    #[serde(rename = "kiosk.in_service")]
    InService,
    /// Something about the computer crossed a threshold, or is well again.
    #[serde(rename = "machine.state")]
    Machine {
        /// What: `temperature`, `throttled`, `supply`, `disk`, `disk_read_only`, `wear`, `memory`,
        /// `own_memory`, `clock` or `network`.
        concern: &'static str,
        /// `warning` or `ok`.
        state: &'static str,
        /// What was measured; 1 for yes and 0 for no where there is no unit.
        value: i64,
        /// The threshold.
        limit: i64,
        /// The unit of both.
        unit: &'static str,
    },
    /// The case was opened: the keys of this kiosk are destroyed, or could not be.
    #[serde(rename = "tamper.detected")]
    Tampered {
        /// `destroyed` or `not_destroyed`.
        keys: &'static str,
        /// What could not be done; empty if nothing.
        detail: String,
    },
    /// The kiosk stays closed until a technician has looked into why its case was open.
    #[serde(rename = "tamper.closed")]
    Closed,
    /// A technician has looked into it and closed the case.
    #[serde(rename = "tamper.signed_off")]
    SignedOff {
        /// The technician's identifier, as given.
        by: String,
    },
    /// The disk was too slow for the event file, and events are missing before this one.
    #[serde(rename = "events.lost")]
    EventsLost {
        /// How many.
        count: u64,
    },
    /// A slip is over.
    #[serde(rename = "printer.slip")]
    Slip {
        /// `printed`, `too_late` or `broken`.
        end: &'static str,
    },
    /// The printer's roll nears its end, or was replaced.
    #[serde(rename = "printer.paper")]
    Paper {
        /// Whether it nears its end.
        near_end: bool,
    },
    /// A device changed its state.
    #[serde(rename = "device.state")]
    Device {
        /// Which device.
        device: &'static str,
        /// `absent`, `starting`, `ready` or `faulted`.
        state: &'static str,
        /// What the driver said.
        detail: String,
    },
}

impl Record {
    /// A device's change of state, as its driver reported it.
    pub fn device(device: &'static str, state: DeviceState) -> Self {
        let (state, detail) = match state {
            DeviceState::Absent => ("absent", String::new()),
            DeviceState::Starting => ("starting", String::new()),
            DeviceState::Ready => ("ready", String::new()),
            DeviceState::Faulted(reason) => ("faulted", reason),
        };
        Self::Device {
            device,
            state,
            detail,
        }
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The person is the holder of the card.
    Verified,
    /// The person could not be shown to be the holder of the card.
    NotVerified,
    /// An officer decides.
    Referred,
    /// The resident stopped.
    Cancelled,
    /// Nothing happened for too long.
    TimedOut,
    /// The kiosk failed.
    OutOfService,
}

/// Where records go.
pub type RecordSink = Box<dyn FnMut(&Record) + Send>;

/// Writes one record as a JSON line, with its time.
pub fn write_line(out: &mut impl Write, unix_ms: u64, record: &Record) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        unix_ms: u64,
        #[serde(flatten)]
        record: &'a Record,
    }
    serde_json::to_writer(&mut *out, &Line { unix_ms, record })?;
    out.write_all(b"\n")
}
