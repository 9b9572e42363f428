//! Computes the whole log again from its entries and compares: every signature, every node, every
//! head. What the database says about itself is not believed.

use rusqlite::Connection;

use super::entry::{self, StoredEntry};
use super::error::{Doing, LogError};
use super::finding::Finding;
use super::rotation::device_at;
use super::{Log, identity, nodes, short};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::device::DevicePublicKey;
use crate::merkle::{Hash, NewNode, leaf_hash};
use crate::merkle_frontier::Frontier;

/// A log that was found to be whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// The number of attestations; each is signed and in its place.
    pub entries: u64,
    /// The root of the tree over all of them; none for an empty log.
    pub root: Option<Hash>,
    /// How many heads wait to be confirmed by an outside ledger.
    pub waiting: u64,
}

impl Log {
    /// Recomputes and compares everything in the log.
    ///
    /// # Errors
    /// The first thing that does not hold, or that the file cannot be read.
    pub fn audit(&self, device: &DevicePublicKey) -> Result<AuditReport, LogError> {
        self.audit_telling(device, &mut |_, _| ())
    }

    /// As [`Log::audit`], and tells after each entry how many are done, of how many.
    ///
    /// # Errors
    /// As [`Log::audit`].
    pub fn audit_telling(
        &self,
        device: &DevicePublicKey,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<AuditReport, LogError> {
        let doing = self.doing("audit");
        let audit = Audit {
            connection: &self.connection,
            device,
            origin: String::new(),
            tree: Frontier::default(),
            nodes: 0,
        };
        let report = audit.run(progress).map_err(|wrong| wrong.of(&doing))?;
        self.cosigned()?;
        Ok(report)
    }
}

/// One pass over the entries.
struct Audit<'a> {
    connection: &'a Connection,
    device: &'a DevicePublicKey,
    origin: String,
    tree: Frontier,
    nodes: u64,
}

/// What ended a check.
pub(super) enum Wrong {
    Sql(rusqlite::Error),
    Found(Finding),
}

impl Wrong {
    pub(super) fn of(self, doing: &Doing<'_>) -> LogError {
        match self {
            Self::Sql(source) => doing.failed(source),
            Self::Found(finding) => doing.corrupt(finding),
        }
    }
}

impl From<rusqlite::Error> for Wrong {
    fn from(source: rusqlite::Error) -> Self {
        Self::Sql(source)
    }
}

impl From<Finding> for Wrong {
    fn from(finding: Finding) -> Self {
        Self::Found(finding)
    }
}

impl Audit<'_> {
    fn run(mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<AuditReport, Wrong> {
        self.structure()?;
        self.identity()?;
        let total = nodes::size(self.connection)?;
        let query = format!("{} ORDER BY leaf", entry::COLUMNS);
        let mut statement = self.connection.prepare(&query)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            self.entry(&StoredEntry::read(row)?)?;
            progress(self.tree.size(), total);
        }
        self.counts()?;
        Ok(AuditReport {
            entries: self.tree.size(),
            root: self.tree.root(),
            waiting: self.count("outbox")?,
        })
    }

    fn structure(&self) -> Result<(), Wrong> {
        let check = "PRAGMA integrity_check(1)";
        let verdict: String = self.connection.query_one(check, (), |row| row.get(0))?;
        if verdict != "ok" {
            return Err(Finding::Integrity(verdict).into());
        }
        let dangling = "SELECT count(*) FROM pragma_foreign_key_check";
        match self.connection.query_one(dangling, (), |row| row.get(0))? {
            0_u64 => Ok(()),
            found => Err(Finding::Count {
                what: "dangling references",
                found,
                expected: 0,
            }
            .into()),
        }
    }

    fn identity(&mut self) -> Result<(), Wrong> {
        match identity(self.connection)? {
            Some((_, device)) if device != *self.device.as_bytes() => {
                Err(Finding::AnotherDevice.into())
            }
            Some((origin, _)) => {
                self.origin = origin;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn entry(&mut self, row: &StoredEntry) -> Result<(), Wrong> {
        let index = self.tree.size();
        if row.leaf != index {
            return Err(Finding::Gap { index }.into());
        }
        let device = device_at(self.connection, index)?;
        row.check(&self.origin, &device)?;
        self.grow(leaf_hash(&row.cose))?;
        self.head(&device)
    }

    /// Adds a leaf to the recomputed tree and compares every node that it completes.
    fn grow(&mut self, leaf: Hash) -> Result<(), Wrong> {
        for node in self.tree.push(leaf) {
            self.compare(node)?;
        }
        Ok(())
    }

    fn compare(&mut self, (level, position, hash): NewNode) -> Result<(), Wrong> {
        self.nodes += 1;
        let stored = nodes::get(self.connection, level, position)?;
        if stored == Some(hash) {
            Ok(())
        } else {
            Err(Finding::NodeDoesNotMatch { level, position }.into())
        }
    }

    fn head(&self, device: &DevicePublicKey) -> Result<(), Wrong> {
        let size = self.tree.size();
        let root = self.tree.root().unwrap_or_default();
        let stored = "SELECT root, signature FROM heads WHERE size = ?1";
        let mut stored = self.connection.prepare_cached(stored)?;
        let mut rows = stored.query([size])?;
        let Some(row) = rows.next()? else {
            return Err(Finding::HeadDoesNotMatch { size }.into());
        };
        if row.get::<_, Hash>(0)? != root {
            return Err(Finding::HeadDoesNotMatch { size }.into());
        }
        let head = SignedCheckpoint {
            checkpoint: Checkpoint {
                origin: self.origin.clone(),
                size,
                root,
            },
            signature: row.get(1)?,
        };
        if !head.is_signed_by(device) {
            return Err(Finding::HeadNotSigned { size }.into());
        }
        short::check(self.connection, &self.origin, size, device)
    }

    /// Nothing is stored that the entries do not make.
    fn counts(&self) -> Result<(), Wrong> {
        for (what, table, expected) in [
            ("nodes", "nodes", self.nodes),
            ("heads", "heads", self.tree.size()),
        ] {
            let found = self.count(table)?;
            if found != expected {
                return Err(Finding::Count {
                    what,
                    found,
                    expected,
                }
                .into());
            }
        }
        Ok(())
    }

    fn count(&self, table: &'static str) -> rusqlite::Result<u64> {
        let query = format!("SELECT count(*) FROM {table}");
        self.connection.query_one(&query, (), |row| row.get(0))
    }
}
