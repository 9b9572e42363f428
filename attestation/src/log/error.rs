//! What can go wrong with the log, told so that the technician knows what to do. In no case is
//! anything lost that was committed: a failed commit leaves the file as it was.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::finding::Finding;
use super::guard::GuardError;
use crate::checkpoint::Checkpoint;
use crate::note::NoteError;

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
         and restore a backup, or have the operator enrol the kiosk anew under a new name, with a \
         new log"
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
    /// The folder was begun with other contents.
    #[error(
        "cannot export the log {path}: {folder} was begun with other contents (with or without the \
         attestations); choose another folder"
    )]
    ExportOfOtherScope {
        /// The log.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// The log has fewer entries than the key store remembers.
    #[error(
        "cannot open the log {path}: it was set back: the key store remembers {counter} entries, \
         and there are {size}; do not run this kiosk: keep its state folder for the auditor, and \
         restore a copy of the log with at least {counter} entries, or have the operator enrol it \
         anew under a new name, with a new log"
    )]
    RolledBack {
        /// The file.
        path: PathBuf,
        /// How many entries are in it.
        size: u64,
        /// How many the key store has seen.
        counter: u64,
    },
    /// The log has entries that the key store's counter never saw.
    #[error(
        "cannot open the log {path}: it has {size} entries, and the key store has counted \
         {counter}: the counter is another key store's, or the log was written without it; \
         connect the right key store, or, if the operator knows why, have the counter take the \
         log over"
    )]
    NotCounted {
        /// The file.
        path: PathBuf,
        /// How many entries are in it.
        size: u64,
        /// How many the key store has seen.
        counter: u64,
    },
    /// The key store's counter cannot be read or advanced.
    #[error(
        "cannot {doing} the log {path}: the key store's counter does not answer; check the key \
         store and try again (what was committed is kept)"
    )]
    Guard {
        /// The operation.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the key store said.
        source: GuardError,
    },
    /// The log is as large as it may become.
    #[error(
        "cannot commit to the log {path}: it takes {used} bytes, and its limit is {limit}; raise \
         the limit if the disk has room, or have the operator enrol the kiosk anew under a new name, with a \
         new log, and keep this one"
    )]
    LimitReached {
        /// The file.
        path: PathBuf,
        /// What it takes.
        used: u64,
        /// What it may take.
        limit: u64,
    },
    /// A witness did not say what it is said to have said.
    #[error(
        "cannot add a cosignature to the log {path}: the witness did not cosign this note; check \
         the witness's key, and ask the witness for the note again"
    )]
    NotCosigned {
        /// The file.
        path: PathBuf,
        /// What is wrong; none if the note has no line of this witness.
        source: Option<NoteError>,
    },
    /// A witness saw what this log does not have.
    #[error(
        "cannot add a cosignature to the log {path}: the note is about {origin} with {size} \
         entries and another content than this log; if it should be this one's, somebody was shown \
         another history: keep note and state folder for the auditor"
    )]
    OtherHistory {
        /// The file.
        path: PathBuf,
        /// The log that the note names.
        origin: String,
        /// The size that the note names.
        size: u64,
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

impl LogError {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "log_unreachable",
            Self::Missing { .. } => "log_missing",
            Self::Exists { .. } => "log_exists",
            Self::NotPlaced { .. } => "log_not_placed",
            Self::ReadOnly { .. } => "log_read_only",
            Self::Full { .. } => "disk_full",
            Self::Held { .. } => "log_held",
            Self::Corrupt { .. } => "log_corrupt",
            Self::NotALog { .. } => "not_a_log",
            Self::NewerSchema { .. } => "log_newer_schema",
            Self::AnothersLog { .. } => "another_log",
            Self::CredentialMismatch { .. } => "credential_mismatch",
            Self::CredentialOutOfDate { .. } => "credential_out_of_date",
            Self::IdentifierReused { .. } => "identifier_reused",
            Self::Export { .. } => "export_failed",
            Self::ExportOfAnother { .. } => "export_of_another",
            Self::ExportOfOtherScope { .. } => "export_of_other_scope",
            Self::RolledBack { .. } => "log_rolled_back",
            Self::NotCounted { .. } => "log_not_counted",
            Self::Guard { .. } => "counter_failed",
            Self::LimitReached { .. } => "log_limit_reached",
            Self::NotCosigned { .. } => "not_cosigned",
            Self::OtherHistory { .. } => "other_history",
            Self::Database { .. } => "database_failed",
        }
    }
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

    /// The key store let us down.
    pub(super) fn unguarded(&self, source: GuardError) -> LogError {
        LogError::Guard {
            doing: self.doing,
            path: self.path.to_owned(),
            source,
        }
    }

    pub(super) fn not_cosigned(&self, source: Option<NoteError>) -> LogError {
        LogError::NotCosigned {
            path: self.path.to_owned(),
            source,
        }
    }

    pub(super) fn other_history(&self, seen: &Checkpoint) -> LogError {
        LogError::OtherHistory {
            path: self.path.to_owned(),
            origin: seen.origin.clone(),
            size: seen.size,
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
