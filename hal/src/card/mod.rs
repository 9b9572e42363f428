//! The card reader: what is read from an identity card, what can go wrong, and the events that
//! a reader's worker reports. [`ga467`] is the protocol (bytes in, events out), [`serial`] the
//! driver.
//!
//! Nothing here can show a person by accident: what a card says lives in [`Personal`], which is
//! zeroed when dropped and prints as nothing.

mod advice;
mod date;
pub mod emrtd;
mod event;
mod fault;
pub mod ga467;
mod id_number;
mod link;
pub mod mrz_scanner;
mod personal;
mod photo;
mod probe;
mod record;
pub mod serial;
mod speed;
mod timings;
mod visit;

pub use advice::{Remedy, ServiceAdvice};
pub use date::{CivilDate, Validity};
pub use event::CardEvent;
pub use fault::{CardAdvice, CardFault, Field};
pub use id_number::IdNumber;
pub use personal::Personal;
pub use photo::{PHOTO_FIELD_LEN, Photo, PhotoCoding};
pub use probe::{ProbeError, ReaderProbe, probe};
pub use record::{CardKind, CardRecord, Ethnicity, Fingerprints, Sex};
pub use speed::LineSpeed;
