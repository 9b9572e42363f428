//! What a verification *means*: the claims a kiosk makes, their signature, the Merkle log they are
//! committed to, the receipt a resident takes home, and the checking of all of that. A relying
//! party links only this crate, with `default-features = false`.
//!
//! The path of a decision:
//!
//! ```text
//! Claims ──DeviceKey──► COSE_Sign1 ──Log::commit──► CommittedAttestation ──► Receipt ──► QR text
//!                                                                                          │
//! Verified ◄── verify(&Receipt, &OperatorPublicKey, now) ◄── Receipt::decode ◄─────────────┘
//! ```
//!
//! [`Verified`] can only be made by [`verify`], and `CommittedAttestation` only by a commit: who
//! holds one holds the proof.

#![forbid(unsafe_code)]

mod any;
mod cbor;
#[cfg(feature = "evm")]
pub mod chain;
mod check;
mod checkpoint;
mod claims;
mod codes;
mod cose;
mod credential;
mod cwt;
mod device;
mod durable;
mod grounds;
pub mod json;
#[cfg(feature = "log")]
pub mod ledger;
mod log_part;
pub mod merkle;
mod merkle_frontier;
mod name;
mod note;
mod operator;
mod plain;
mod pseudonym;
#[cfg(feature = "qr")]
pub mod qr;
mod receipt;
mod refusal;
mod self_test;
mod status;
mod status_list;
mod status_uri;
mod tiles;
mod trust;
pub mod utc;
#[cfg(test)]
mod vectors;
mod verify;
pub mod wallet;
mod witness;

#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "seal")]
mod seal;

pub use any::AnyReceipt;
pub use cbor::DecodeError;
pub use check::Check;
pub use checkpoint::{Checkpoint, SignedCheckpoint, verifier_key};
pub use claims::{
    Band, Claims, Decision, DocumentAuthenticity, DocumentEvidence, DocumentKind, DocumentValidity,
    FactorOutcome, Factors, MAX_DISCLOSABLE, Reason, TimeQuality,
};
pub use credential::{Credential, Validity};
pub use device::{DeviceKey, DevicePublicKey, NotAKey};
pub use grounds::{Found, Grounds, NotAccepted};
#[cfg(feature = "log")]
pub use log::{
    AuditReport, CommittedAttestation, DEFAULT_LIMIT_BYTES, Exported, GuardError, Log, LogError,
    RollbackGuard, Room, Scope,
};
pub use log_part::{LogPart, SignedLogPart};
pub use name::{Name, NameError};
pub use note::{Note, NoteError};
pub use operator::{OperatorKey, OperatorKeyError, OperatorPublicKey};
pub use plain::{PlainReceipt, VerifiedPlain};
pub use pseudonym::{Pseudonym, PseudonymKey};
pub use receipt::{NotAPage, Receipt};
pub use refusal::Refusal;
#[cfg(feature = "seal")]
pub use seal::{NotAnAuditor, Recipient};
pub use status::{Freshness, KeyStatus, key_status};
pub use status_list::{ListedStatus, StatusList, StatusListError, TokenStatus};
#[cfg(feature = "log")]
pub use status_list::{StatusDraft, StatusDraftError};
pub use status_uri::{NotAStatusUri, StatusUri};
pub use tiles::{
    Contents, Cosigned, ExportFinding, ExportReport, ExportedLog, InExport, PublishedLog,
    check_export, check_witnessed_export,
};
#[cfg(feature = "log")]
pub use trust::{DraftError, TrustDraft};
pub use trust::{KeyState, ListedKey, TrustList, TrustListError};
pub use verify::{Verified, verify};
pub use wallet::{CardField, Disclosure, DisclosureError, Disclosures, HolderKey, NotAHolderKey};
pub use witness::{Cosignature, NotAWitness, WitnessKey, WitnessPublicKey};
