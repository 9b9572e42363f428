//! Computes the whole log again from its entries and compares: every signature, every node, every
//! head. What the database says about itself is not believed.

use rusqlite::Connection;

use super::error::LogError;
use super::finding::Finding;
use super::{Log, identity, nodes};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::claims::Claims;
use crate::cose::{Purpose, Sign1};
use crate::credential::Credential;
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
        let doing = self.doing("audit");
        let audit = Audit {
            connection: &self.connection,
            device,
            origin: String::new(),
            tree: Frontier::default(),
            nodes: 0,
        };
        audit.run().map_err(|wrong| match wrong {
            Wrong::Sql(source) => doing.failed(source),
            Wrong::Found(finding) => doing.corrupt(finding),
        })
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

enum Wrong {
    Sql(rusqlite::Error),
    Found(Finding),
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

/// An entry as stored.
struct Row {
    leaf: u64,
    id: [u8; 16],
    cose: Vec<u8>,
    credential: Vec<u8>,
}

impl Audit<'_> {
    fn run(mut self) -> Result<AuditReport, Wrong> {
        self.structure()?;
        self.identity()?;
        let mut statement = self.connection.prepare(
            "SELECT leaf, entries.id, entries.cose, credentials.cose FROM entries \
             LEFT JOIN credentials ON credentials.id = entries.credential ORDER BY leaf",
        )?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            self.entry(&Row {
                leaf: row.get(0)?,
                id: row.get(1)?,
                cose: row.get(2)?,
                credential: row.get(3)?,
            })?;
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

    fn entry(&mut self, row: &Row) -> Result<(), Wrong> {
        let index = self.tree.size();
        if row.leaf != index {
            return Err(Finding::Gap { index }.into());
        }
        self.statements(row)?;
        self.grow(leaf_hash(&row.cose))?;
        self.head()
    }

    /// The entry is what it claims to be, signed by the device, under a credential that fits.
    fn statements(&self, row: &Row) -> Result<(), Finding> {
        let index = row.leaf;
        let unreadable = |source| Finding::Unreadable { index, source };
        let message = Sign1::decode(&row.cose, Purpose::Attestation).map_err(unreadable)?;
        let claims = Claims::from_cwt(message.payload).map_err(unreadable)?;
        let credential = Credential::from_cose(&row.credential).map_err(unreadable)?;
        if claims.id != row.id {
            return Err(Finding::Misfiled { index });
        }
        if !self.device.attested(message.payload, &message.signature) {
            return Err(Finding::NotSigned { index });
        }
        let fits = credential.device == *self.device
            && Checkpoint::origin(&credential.site, &credential.kiosk) == self.origin
            && Checkpoint::origin(&claims.site, &claims.kiosk) == self.origin
            && credential.validity.covers(claims.issued_at);
        if fits {
            Ok(())
        } else {
            Err(Finding::WrongCredential { index })
        }
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

    fn head(&self) -> Result<(), Wrong> {
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
        if head.is_signed_by(self.device) {
            Ok(())
        } else {
            Err(Finding::HeadNotSigned { size }.into())
        }
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
