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

mod cbor;
mod checkpoint;
mod claims;
mod codes;
mod cose;
mod credential;
mod cwt;
mod device;
mod durable;
pub mod merkle;
mod merkle_frontier;
mod name;
mod note;
mod operator;
mod pseudonym;
mod receipt;
mod self_test;
mod status;
mod tiles;
mod trust;
#[cfg(test)]
mod vectors;
mod verify;
mod witness;

#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "seal")]
mod seal;

pub use cbor::DecodeError;
pub use checkpoint::{Checkpoint, SignedCheckpoint, verifier_key};
pub use claims::{
    Band, Claims, Decision, DocumentAuthenticity, DocumentEvidence, DocumentKind, DocumentValidity,
    FactorOutcome, Factors, Reason, TimeQuality,
};
pub use credential::{Credential, Validity};
pub use device::{DeviceKey, DevicePublicKey, NotAKey};
#[cfg(feature = "log")]
pub use log::{
    AuditReport, CommittedAttestation, DEFAULT_LIMIT_BYTES, Exported, GuardError, Log, LogError,
    RollbackGuard, Room, Scope,
};
pub use name::{Name, NameError};
pub use note::{Note, NoteError};
pub use operator::{OperatorKey, OperatorKeyError, OperatorPublicKey};
pub use pseudonym::{Pseudonym, PseudonymKey};
pub use receipt::{NotAPage, Receipt};
#[cfg(feature = "seal")]
pub use seal::{NotAnAuditor, Recipient};
pub use status::{Freshness, KeyStatus};
pub use tiles::{
    Contents, Cosigned, ExportFinding, ExportReport, PublishedLog, check_export,
    check_witnessed_export,
};
#[cfg(feature = "log")]
pub use trust::{DraftError, TrustDraft};
pub use trust::{KeyState, ListedKey, TrustList, TrustListError};
pub use verify::{Check, Refusal, Verified, verify};
pub use witness::{Cosignature, NotAWitness, WitnessKey, WitnessPublicKey};
