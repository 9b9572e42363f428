//! What can be wrong with an exported log.

use std::io;
use std::path::PathBuf;

use crate::cbor::DecodeError;
use crate::note::NoteError;

/// What is wrong with an exported log.
#[derive(Debug, thiserror::Error)]
pub enum ExportFinding {
    /// A file is missing or cannot be read.
    #[error("{path} cannot be read: the export is incomplete, or not where it was looked for")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not of its form.
    #[error("{path} is damaged: it is not what an export writes")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The credentials are not this operator's, or not for one log.
    #[error("the operator did not vouch for this kiosk and key: the credentials are not the ones")]
    Credentials,
    /// The checkpoint cannot be gone by.
    #[error("the export's checkpoint does not hold")]
    Checkpoint(#[from] NoteError),
    /// The checkpoint is of another log.
    #[error("the checkpoint is of another log ({origin}) than the credentials")]
    AnotherLog {
        /// Whose it is.
        origin: String,
    },
    /// An entry is not an attestation.
    #[error("entry {index} is damaged")]
    Entry {
        /// The entry.
        index: u64,
        /// Why.
        source: DecodeError,
    },
    /// The kiosk did not sign an entry.
    #[error("entry {index} is not signed by the kiosk")]
    NotSigned {
        /// The entry.
        index: u64,
    },
    /// No credential is for the entry.
    #[error("entry {index} is of another kiosk, site or time than the operator vouched for")]
    NotVouchedFor {
        /// The entry.
        index: u64,
    },
    /// A tile does not hold the hashes of the entries.
    #[error("{path} does not match the entries")]
    Tile {
        /// The file.
        path: PathBuf,
    },
    /// The log does not grow out of a head that was seen before.
    #[error(
        "the log of {size} entries does not grow out of the head of {seen} that was seen before: \
         one of the two histories is false; keep both, and tell the operator and the auditor"
    )]
    OtherHistory {
        /// The size that was seen.
        seen: u64,
        /// The size of the export.
        size: u64,
    },
    /// A witness has not seen this log.
    #[error("the witness {name} has not cosigned any head of this log that is here")]
    NotWitnessed {
        /// The witness.
        name: String,
    },
    /// The log that the kiosk signed has something else in the place of a receipt's entry.
    #[error(
        "the log of {size} entries that the kiosk signed does not hold this receipt at entry {index}: \
         the kiosk keeps two logs, or somebody else has its key; keep the receipt and the export, and \
         tell the operator"
    )]
    NotInLog {
        /// The receipt's place.
        index: u64,
        /// The size of the export.
        size: u64,
    },
    /// A witness has not seen so much of the log yet.
    #[error(
        "the witness {name} has seen {seen} entries of this log, and {entries} are needed for this \
         receipt: ask again when it has seen more"
    )]
    WitnessBehind {
        /// The witness.
        name: String,
        /// How many it has seen.
        seen: u64,
        /// With how many the receipt's entry is seen.
        entries: u64,
    },
    /// A file cannot be written.
    #[error("{path} cannot be written; check folder and space, and try again")]
    NotWritten {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something is asked for that the export does not have yet.
    #[error("the export ends after {size} entries, and more is needed: fetch a newer one")]
    TooShort {
        /// How many it has.
        size: u64,
    },
    /// The entries do not make the signed tree.
    #[error("the entries do not make the tree whose head the kiosk signed: some were changed")]
    Root,
}

impl ExportFinding {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "export_incomplete",
            Self::Malformed { .. } => "export_malformed",
            Self::Credentials => "credential_signature",
            Self::Checkpoint(error) => error.as_code(),
            Self::AnotherLog { .. } => "another_log",
            Self::Entry { .. } => "entry_malformed",
            Self::NotSigned { .. } => "attestation_signature",
            Self::NotVouchedFor { .. } => "credential_not_valid_at_time",
            Self::Tile { .. } => "tile_mismatch",
            Self::OtherHistory { .. } => "other_history",
            Self::NotWitnessed { .. } => "not_witnessed",
            Self::NotInLog { .. } => "entry_not_in_log",
            Self::WitnessBehind { .. } => "witness_behind",
            Self::NotWritten { .. } => "export_not_written",
            Self::TooShort { .. } => "export_too_short",
            Self::Root => "root_mismatch",
        }
    }

    /// Whether it is about the files alone, and no word against the kiosk or a receipt of its log.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        !matches!(self, Self::NotInLog { .. } | Self::OtherHistory { .. })
    }
}
