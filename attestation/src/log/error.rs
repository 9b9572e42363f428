//! What can go wrong with the log, told so that the technician knows what to do. In no case is
//! anything lost that was committed: a failed commit leaves the file as it was.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::cbor::DecodeError;

/// Why the log could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file or its folder cannot be opened or made.
    #[error(
        "cannot {doing} the log {path}: the file cannot be opened; check that the folder exists \
         and that this user may write there"
    )]
    Unreachable {
        /// The operation.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// There is no log: no file, or one with nothing in it.
    #[error(
        "cannot open the log {path}: the log is missing: it is made once, when the kiosk is \
         provisioned; if it was lost, restore it from a backup or call the operator"
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A log is to be made where there is one, or a rest of one.
    #[error(
        "cannot create the log {path}: {file} is already there; if it is this kiosk's log, use it; \
         if it is the rest of a lost one, keep it and call the operator"
    )]
    Exists {
        /// The log.
        path: PathBuf,
        /// What is there.
        file: PathBuf,
    },
    /// A new log cannot be put into its place.
    #[error(
        "cannot create the log {path}: it cannot be put into its place; check that the folder \
         exists, has room and may be written by this user, and try again"
    )]
    NotPlaced {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file may only be read.
    #[error(
        "cannot {doing} the log {path}: it is read-only; make file, folder and file system writable"
    )]
    ReadOnly {
        /// The operation.
        doing: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// No space is left.
    #[error(
        "cannot {doing} the log {path}: the disk is full; free some space and try again (what was \
         committed before is kept)"
    )]
    Full {
        /// The operation.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// Another process has it open.
    #[error(
        "cannot {doing} the log {path}: another process holds it; stop the other kiosk program first"
    )]
    Held {
        /// The operation.
        doing: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "cannot {doing} the log {path}: the file is damaged ({finding}); keep it for the auditor, \
         and restore a backup or start a new log with a new device key"
    )]
    Corrupt {
        /// The operation.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        finding: Finding,
    },
    /// The file is an SQLite database of something else.
    #[error("cannot {doing} the log {path}: it is some other database; choose another file")]
    NotALog {
        /// The operation.
        doing: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer program.
    #[error(
        "cannot open the log {path}: it has schema {found}, and this program knows {known}; \
         install the newer program again"
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The file's schema.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// The log belongs to another kiosk, site or key.
    #[error(
        "cannot commit to the log {path}: it is that of another kiosk, site or device key \
         ({origin}); configure the matching one, or start a new log"
    )]
    AnothersLog {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        origin: String,
    },
    /// The credential is for something else.
    #[error(
        "cannot commit to the log {path}: the credential is for another kiosk, site or key than \
         the claims; install the credential that the operator issued for this kiosk"
    )]
    CredentialMismatch {
        /// The file.
        path: PathBuf,
    },
    /// The credential does not hold at the time of the claims.
    #[error(
        "cannot commit to the log {path}: the kiosk's credential does not hold at the time of the \
         claims; check the clock, or have the operator renew the credential"
    )]
    CredentialOutOfDate {
        /// The file.
        path: PathBuf,
    },
    /// Different claims under an identifier that is already used.
    #[error(
        "cannot commit to the log {path}: other claims with the same identifier are already in it; \
         give each verification a new random identifier"
    )]
    IdentifierReused {
        /// The file.
        path: PathBuf,
    },
    /// A file of an export cannot be read or written.
    #[error(
        "cannot export the log {path}: {file} cannot be read or written; check folder and space, \
         and export again (what is there stays whole)"
    )]
    Export {
        /// The log.
        path: PathBuf,
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder holds what this log has not.
    #[error(
        "cannot export the log {path}: {folder} holds the export of another log, or of more than \
         this log has; if it should be this one's, the log was set back: keep both for the \
         auditor. Otherwise choose another folder"
    )]
    ExportOfAnother {
        /// The log.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// Anything else that SQLite reports.
    #[error("cannot {doing} the log {path}: the database failed; see the cause")]
    Database {
        /// The operation.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

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
    /// The log was not made by this device.
    #[error("the log is that of another device key")]
    AnotherDevice,
}

/// The operation in progress, to be named in every error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doing<'p> {
    doing: &'static str,
    pub(super) path: &'p Path,
}

impl<'p> Doing<'p> {
    pub(super) const fn new(doing: &'static str, path: &'p Path) -> Self {
        Self { doing, path }
    }

    /// Sorts what SQLite reports by what a technician can do about it.
    pub(super) fn failed(&self, source: rusqlite::Error) -> LogError {
        let (doing, path) = (self.doing, self.path.to_owned());
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => LogError::Full {
                doing,
                path,
                source,
            },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => self.read_only(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                LogError::Held { doing, path }
            }
            Some(ErrorCode::DatabaseCorrupt) => self.corrupt(Finding::Structure(source)),
            Some(ErrorCode::NotADatabase) => self.not_a_log(),
            Some(ErrorCode::CannotOpen) => LogError::Unreachable {
                doing,
                path,
                source,
            },
            _ => LogError::Database {
                doing,
                path,
                source,
            },
        }
    }

    pub(super) fn corrupt(&self, finding: Finding) -> LogError {
        LogError::Corrupt {
            doing: self.doing,
            path: self.path.to_owned(),
            finding,
        }
    }

    pub(super) fn missing(&self) -> LogError {
        LogError::Missing {
            path: self.path.to_owned(),
        }
    }

    pub(super) fn exists(&self, file: PathBuf) -> LogError {
        LogError::Exists {
            path: self.path.to_owned(),
            file,
        }
    }

    /// Why a new log did not get its place; another one may have taken it meanwhile.
    pub(super) fn not_placed(&self, source: std::io::Error) -> LogError {
        match source.kind() {
            std::io::ErrorKind::AlreadyExists => self.exists(self.path.to_owned()),
            _ => LogError::NotPlaced {
                path: self.path.to_owned(),
                source,
            },
        }
    }

    pub(super) fn read_only(&self) -> LogError {
        LogError::ReadOnly {
            doing: self.doing,
            path: self.path.to_owned(),
        }
    }

    pub(super) fn not_a_log(&self) -> LogError {
        LogError::NotALog {
            doing: self.doing,
            path: self.path.to_owned(),
        }
    }
}
