//! Looks at a stretch of entries at a time, so that a running kiosk can go round its whole log in
//! the background: each entry is signed, is where its identifier says, is the leaf of the tree at
//! its place, the nodes above it are the hashes of those below, and its head is that of the tree
//! and signed. All rounds together check what an audit checks, save what is stored beyond the
//! entries and the structure of the file.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension};

use super::audit::Wrong;
use super::entry::StoredEntry;
use super::error::{Doing, LogError};
use super::finding::Finding;
use super::nodes::{self, SqliteNodes};
use super::rotation::device_at;
use super::{Log, head_of_size, identity, short};
use crate::device::DevicePublicKey;
use crate::merkle::{self, Hash, leaf_hash, node_hash};

impl Log {
    /// Checks some entries, from one on; gives where the next round begins: 0 after the newest.
    ///
    /// # Errors
    /// The first thing that does not hold, or that the file cannot be read.
    pub fn patrol(
        &self,
        device: &DevicePublicKey,
        from: u64,
        entries: u64,
    ) -> Result<u64, LogError> {
        let doing = self.doing("patrol");
        let size = self.size()?;
        let known = identity(&self.connection).map_err(|e| doing.failed(e))?;
        let Some((origin, key)) = known else {
            return Ok(0);
        };
        if key != *device.as_bytes() {
            return Err(doing.corrupt(Finding::AnotherDevice));
        }
        let from = if from < size { from } else { 0 };
        let to = from.saturating_add(entries).min(size);
        let round = Round {
            connection: &self.connection,
            origin: &origin,
        };
        round.walk(from..to, &doing)?;
        Ok(if to < size { to } else { 0 })
    }
}

/// A walk along some entries.
pub(super) struct Round<'a> {
    pub(super) connection: &'a Connection,
    pub(super) origin: &'a str,
}

impl Round<'_> {
    pub(super) fn walk(&self, entries: Range<u64>, doing: &Doing<'_>) -> Result<(), LogError> {
        for index in entries {
            self.look_at(index).map_err(|wrong| wrong.of(doing))?;
        }
        Ok(())
    }

    fn look_at(&self, index: u64) -> Result<(), Wrong> {
        let entry = StoredEntry::get(self.connection, index)?;
        let entry = entry.ok_or(Finding::Gap { index })?;
        let device = device_at(self.connection, index)?;
        entry.check(self.origin, &device)?;
        if self.find(&entry.id)? != Some(index) {
            return Err(Finding::Misfiled { index }.into());
        }
        self.nodes(index, leaf_hash(&entry.cose))?;
        self.head(index + 1, &device)
    }

    /// By the index of identifiers, not by the entry's own row.
    fn find(&self, id: &[u8; 16]) -> rusqlite::Result<Option<u64>> {
        self.connection
            .prepare_cached("SELECT leaf FROM entries WHERE id = ?1")?
            .query_one([id], |row| row.get(0))
            .optional()
    }

    /// The leaf, and every node that it completed.
    fn nodes(&self, index: u64, leaf: Hash) -> Result<(), Wrong> {
        let (mut position, mut hash) = (index, leaf);
        for level in 0.. {
            if nodes::get(self.connection, level, position)? != Some(hash) {
                return Err(Finding::NodeDoesNotMatch { level, position }.into());
            }
            if position % 2 == 0 {
                break;
            }
            let left = nodes::get(self.connection, level, position - 1)?;
            let missing = Finding::NodeDoesNotMatch {
                level,
                position: position - 1,
            };
            hash = node_hash(&left.ok_or(missing)?, &hash);
            position /= 2;
        }
        Ok(())
    }

    fn head(&self, size: u64, device: &DevicePublicKey) -> Result<(), Wrong> {
        let head = head_of_size(self.connection, size).optional()?;
        let head = head.ok_or(Finding::HeadDoesNotMatch { size })?;
        let root = merkle::root(&SqliteNodes(self.connection), size).optional()?;
        if root != Some(head.checkpoint.root) {
            return Err(Finding::HeadDoesNotMatch { size }.into());
        }
        if !head.is_signed_by(device) {
            return Err(Finding::HeadNotSigned { size }.into());
        }
        short::check(self.connection, self.origin, size, device)
    }
}
