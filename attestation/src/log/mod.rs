//! The append-only log of one kiosk: a Merkle tree in one SQLite file. A commit writes the
//! attestation, the nodes it completes, the signed head and the outbox entry in one transaction;
//! only then is there a receipt. Nothing in the file names a person.
//!
//! A counter of the key store can guard against the file being set back (`guard.rs`).
//!
//! In: claims, the device key, its credential. Out: [`CommittedAttestation`], audits,
//! static tiles.
//! Standards: RFC 9162 (tree), RFC 9052 (entries), c2sp.org/tlog-checkpoint (heads),
//! c2sp.org/tlog-tiles (export).

mod audit;
mod commit;
mod entry;
mod error;
mod export;
mod finding;
mod guard;
#[cfg(test)]
mod guard_tests;
#[cfg(feature = "sim")]
mod hurry;
mod limit;
mod nodes;
mod outbox;
mod patrol;
#[cfg(feature = "sim")]
mod power_cut;
mod recent;
mod rotation;
#[cfg(test)]
mod rotation_tests;
mod schema;
mod short;
#[cfg(test)]
mod tests;
mod witnesses;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

pub use audit::AuditReport;
pub use commit::CommittedAttestation;
pub use error::LogError;
#[cfg(feature = "seal")]
pub(crate) use export::Sink;
pub use export::{Exported, Scope};
pub use finding::Finding;
pub use guard::{GuardError, RollbackGuard};
pub use limit::{DEFAULT_LIMIT_BYTES, Room};

use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::durable;
use crate::merkle::{self, Hash};
use error::Doing;
use nodes::SqliteNodes;

/// The log of one kiosk, held by this process alone while it is open.
#[derive(Debug)]
pub struct Log {
    connection: Connection,
    path: PathBuf,
    guard: Option<guard::Guarded>,
    limit_bytes: u64,
}

impl Log {
    /// Makes an empty log, once in a kiosk's life, and opens it. When this returns it is on the
    /// disk; if the power fails before, there is no log at all, and it can be made again.
    ///
    /// # Errors
    /// When there is a log or a rest of one, or the file cannot be written.
    pub fn create(path: &Path) -> Result<Self, LogError> {
        let doing = Doing::new("create", path);
        for rest in ["", "-wal", "-journal"] {
            let mut file = path.as_os_str().to_owned();
            file.push(rest);
            if std::fs::symlink_metadata(&file).is_ok() {
                return Err(doing.exists(file.into()));
            }
        }
        let beside = durable::unfinished(path).map_err(|e| doing.not_placed(e))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(&beside, flags)
            .and_then(|mut connection| {
                schema::migrate(&mut connection)?;
                connection.close().map_err(|(_, error)| error)
            })
            .map_err(|e| doing.failed(e))?;
        durable::place_new(&beside, path).map_err(|e| doing.not_placed(e))?;
        Self::open(path)
    }

    /// Opens the log and checks its newest entries, in O(log n). It never makes one: who deletes the log must
    /// not get an empty one that is whole.
    ///
    /// # Errors
    /// When it is missing, cannot be read and written, belongs to something else or to a newer
    /// program, is held by another process, or is damaged.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::open_with(path, flags)
    }

    fn open_with(path: &Path, flags: OpenFlags) -> Result<Self, LogError> {
        let doing = Doing::new("open", path);
        // Before SQLite sees it: beside an emptied file it would delete what is still in the WAL.
        let is_missing = match std::fs::metadata(path) {
            Ok(metadata) => metadata.len() == 0,
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        };
        if is_missing {
            return Err(doing.missing());
        }
        let connection = Connection::open_with_flags(path, flags).map_err(|e| doing.failed(e))?;
        let mut log = Self {
            connection,
            path: path.to_owned(),
            guard: None,
            limit_bytes: DEFAULT_LIMIT_BYTES,
        };
        schema::prepare(&mut log.connection, &doing)?;
        log.check_recent(&doing)?;
        Ok(log)
    }

    /// How many attestations are in the log.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn size(&self) -> Result<u64, LogError> {
        nodes::size(&self.connection).map_err(|e| self.doing("read").failed(e))
    }

    /// The newest head; none while the log is empty.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn head(&self) -> Result<Option<SignedCheckpoint>, LogError> {
        let read = || match nodes::size(&self.connection)? {
            0 => Ok(None),
            size => head_of_size(&self.connection, size).map(Some),
        };
        read().map_err(|e| self.doing("read").failed(e))
    }

    /// Proves that the log only grew between two sizes; none if there is nothing to prove.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<Option<Vec<Hash>>, LogError> {
        merkle::prove_consistency(&SqliteNodes(&self.connection), old, new)
            .map_err(|e| self.doing("prove the growth of").failed(e))
    }

    #[cfg(feature = "seal")]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn doing(&self, what: &'static str) -> Doing<'_> {
        Doing::new(what, &self.path)
    }
}

/// The stored head of the tree with this many leaves.
fn head_of_size(connection: &Connection, size: u64) -> rusqlite::Result<SignedCheckpoint> {
    let origin = identity(connection)?.map_or_else(String::new, |(origin, _)| origin);
    connection
        .prepare_cached("SELECT root, signature FROM heads WHERE size = ?1")?
        .query_one([size], |row| {
            Ok(SignedCheckpoint {
                checkpoint: Checkpoint {
                    origin,
                    size,
                    root: row.get(0)?,
                },
                signature: row.get(1)?,
            })
        })
}

/// Whose log this is: origin and public key in use; nobody's before the first commit.
fn identity(connection: &Connection) -> rusqlite::Result<Option<(String, [u8; 32])>> {
    connection
        .prepare_cached(
            "SELECT origin, coalesce((SELECT device FROM devices ORDER BY id DESC LIMIT 1), device) \
             FROM identity",
        )?
        .query_one((), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}
