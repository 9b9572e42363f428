//! Checks an exported log from its files alone: every entry is the kiosk's and in its time, all of
//! them together make the tree whose head the kiosk signed, and each tile is right. Nothing but the
//! operator's public key is believed. Files that do not belong to the head are not looked at.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{CHECKPOINT, CREDENTIALS, Row, TREE_LEVELS, Tile, WIDTH, bundle, hash_rows};
use crate::cbor::DecodeError;
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::claims::Claims;
use crate::cose::{Purpose, Sign1};
use crate::credential::Credential;
use crate::device::DevicePublicKey;
use crate::merkle::{Hash, leaf_hash};
use crate::merkle_frontier::Frontier;
use crate::note::{self, NoteError};
use crate::operator::OperatorPublicKey;

/// An exported log that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportReport {
    /// The head; every entry up to it was checked.
    pub head: SignedCheckpoint,
    /// The key that signed everything.
    pub device: DevicePublicKey,
    /// How many credentials of the operator cover the entries' times.
    pub credentials: usize,
}

/// Checks an exported log.
///
/// # Errors
/// The first thing that is missing or does not hold.
pub fn check_export(
    folder: &Path,
    operator: &OperatorPublicKey,
) -> Result<ExportReport, ExportFinding> {
    let credentials = credentials(folder, operator)?;
    let device = credentials[0].device;
    let head = head(folder, &credentials[0])?;
    let mut check = Check {
        folder,
        credentials: &credentials,
        tree: Frontier::default(),
        unfinished: vec![Vec::new(); hash_rows(head.checkpoint.size).count()],
    };
    check.entries(head.checkpoint.size)?;
    check.unfinished_tiles()?;
    if check.tree.root() != Some(head.checkpoint.root) {
        return Err(ExportFinding::Root);
    }
    Ok(ExportReport {
        head,
        device,
        credentials: credentials.len(),
    })
}

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
            Self::TooShort { .. } => "export_too_short",
            Self::Root => "root_mismatch",
        }
    }
}

/// At least one, all of this operator for one kiosk, site and key.
fn credentials(
    folder: &Path,
    operator: &OperatorPublicKey,
) -> Result<Vec<Credential>, ExportFinding> {
    let path = folder.join(CREDENTIALS);
    let bytes = read(&path, bundle::MAX_BYTES)?;
    let malformed = || ExportFinding::Malformed { path: path.clone() };
    let messages = bundle::split(&bytes).ok_or_else(malformed)?;
    let credentials = messages.into_iter().map(Credential::from_cose);
    let credentials: Vec<_> = credentials
        .collect::<Result<_, _>>()
        .map_err(|_| malformed())?;
    let first = credentials.first().ok_or_else(malformed)?;
    let one_log = |other: &Credential| {
        (&other.kiosk, &other.site, &other.device) == (&first.kiosk, &first.site, &first.device)
    };
    let hold = |one: &Credential| one.is_from(operator) && one_log(one);
    if credentials.iter().all(hold) {
        Ok(credentials)
    } else {
        Err(ExportFinding::Credentials)
    }
}

fn head(folder: &Path, credential: &Credential) -> Result<SignedCheckpoint, ExportFinding> {
    let bytes = read(&folder.join(CHECKPOINT), note::MAX_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
    let head = SignedCheckpoint::from_note(&text, &credential.device)?;
    let origin = head.checkpoint.origin.clone();
    if origin == Checkpoint::origin(&credential.site, &credential.kiosk) {
        Ok(head)
    } else {
        Err(ExportFinding::AnotherLog { origin })
    }
}

/// One pass over the entries. `unfinished` are the hashes of each row's last tile.
struct Check<'a> {
    folder: &'a Path,
    credentials: &'a [Credential],
    tree: Frontier,
    unfinished: Vec<Vec<Hash>>,
}

impl Check<'_> {
    fn entries(&mut self, size: u64) -> Result<(), ExportFinding> {
        for tile in Tile::all(Row::Entries, 0, size) {
            let path = self.folder.join(tile.path());
            let bytes = read(&path, bundle::MAX_BYTES)?;
            let entries = bundle::split(&bytes);
            let entries = entries.filter(|entries| entries.len() as u64 == tile.width);
            for entry in entries.ok_or(ExportFinding::Malformed { path })? {
                self.statements(entry)?;
                self.grow(leaf_hash(entry))?;
            }
        }
        Ok(())
    }

    /// The entry is an attestation that the kiosk signed while the operator vouched for it.
    fn statements(&self, entry: &[u8]) -> Result<(), ExportFinding> {
        let index = self.tree.size();
        let damaged = |source| ExportFinding::Entry { index, source };
        let message = Sign1::decode(entry, Purpose::Attestation).map_err(damaged)?;
        let claims = Claims::from_cwt(message.payload).map_err(damaged)?;
        let device = &self.credentials[0].device;
        if !device.attested(message.payload, &message.signature) {
            return Err(ExportFinding::NotSigned { index });
        }
        let vouched_for = self.credentials.iter().any(|credential| {
            credential.kiosk == claims.kiosk
                && credential.site == claims.site
                && credential.validity.covers(claims.issued_at)
        });
        if vouched_for {
            Ok(())
        } else {
            Err(ExportFinding::NotVouchedFor { index })
        }
    }

    /// Adds a leaf and compares every tile that it fills.
    fn grow(&mut self, leaf: Hash) -> Result<(), ExportFinding> {
        for (level, position, hash) in self.tree.push(leaf) {
            if !level.is_multiple_of(TREE_LEVELS) {
                continue;
            }
            let row = level / TREE_LEVELS;
            let hashes = &mut self.unfinished[row as usize];
            hashes.push(hash);
            if hashes.len() as u64 == WIDTH {
                let full = std::mem::take(hashes);
                self.compare(row, position / WIDTH, &full)?;
            }
        }
        Ok(())
    }

    fn unfinished_tiles(&self) -> Result<(), ExportFinding> {
        for (row, hashes) in (0..).zip(&self.unfinished) {
            if !hashes.is_empty() {
                let index = Row::Hashes(row).count(self.tree.size()) / WIDTH;
                self.compare(row, index, hashes)?;
            }
        }
        Ok(())
    }

    fn compare(&self, row: u32, index: u64, hashes: &[Hash]) -> Result<(), ExportFinding> {
        let tile = Tile {
            row: Row::Hashes(row),
            index,
            width: hashes.len() as u64,
        };
        let path = self.folder.join(tile.path());
        if read(&path, WIDTH as usize * 32)? == hashes.as_flattened() {
            Ok(())
        } else {
            Err(ExportFinding::Tile { path })
        }
    }
}

/// No more than could be right is read.
pub(super) fn read(path: &Path, limit: usize) -> Result<Vec<u8>, ExportFinding> {
    let unreadable = |source| ExportFinding::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let all = file.take(limit as u64 + 1).read_to_end(&mut bytes);
    if all.map_err(unreadable)? > limit {
        let path = path.to_owned();
        return Err(ExportFinding::Malformed { path });
    }
    Ok(bytes)
}
