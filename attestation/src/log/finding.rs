//! What can be wrong inside a log, for the auditor.

use crate::cbor::DecodeError;

/// What is wrong inside a log.
#[derive(Debug, thiserror::Error)]
pub enum Finding {
    /// SQLite's own structure is broken.
    #[error("the database's structure is broken")]
    Structure(#[source] rusqlite::Error),
    /// SQLite's integrity check complained.
    #[error("the integrity check says: {0}")]
    Integrity(String),
    /// The leaves are not numbered from 0 without a gap.
    #[error("entry {index} is missing or misplaced")]
    Gap {
        /// The place where it shows.
        index: u64,
    },
    /// An entry or credential cannot be read.
    #[error("entry {index} cannot be read")]
    Unreadable {
        /// The entry.
        index: u64,
        /// Why.
        source: DecodeError,
    },
    /// An entry is filed under another identifier than its own.
    #[error("entry {index} is filed under a wrong identifier")]
    Misfiled {
        /// The entry.
        index: u64,
    },
    /// An entry is not signed by the device.
    #[error("entry {index} is not signed by this device key")]
    NotSigned {
        /// The entry.
        index: u64,
    },
    /// An entry refers to a credential that is not for it.
    #[error("entry {index} has a credential for another kiosk, site, key or time")]
    WrongCredential {
        /// The entry.
        index: u64,
    },
    /// A stored node is not the hash of what is below it.
    #[error("node {position} of level {level} does not match the entries below it")]
    NodeDoesNotMatch {
        /// The node's level.
        level: u32,
        /// The node's position.
        position: u64,
    },
    /// There are more or fewer nodes or heads than the entries make.
    #[error("there are {found} {what} where the entries make {expected}")]
    Count {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many there should be.
        expected: u64,
    },
    /// A head's root is not that of the tree.
    #[error("the head of size {size} does not match the entries")]
    HeadDoesNotMatch {
        /// The head's size.
        size: u64,
    },
    /// A head is not signed by the device.
    #[error("the head of size {size} is not signed by this device key")]
    HeadNotSigned {
        /// The head's size.
        size: u64,
    },
    /// The part that a receipt proves is none of the tree's, or not signed by the device.
    #[error("the part of the log that was signed for entry {size} (counted from 1) does not match")]
    PartDoesNotMatch {
        /// The log's size then.
        size: u64,
    },
    /// A stored cosignature is not the witness's.
    #[error("a cosignature on the head of size {size} is not the witness's")]
    NotCosigned {
        /// The head's size.
        size: u64,
    },
    /// The log was not made by this device.
    #[error("the log is that of another device key")]
    AnotherDevice,
}
