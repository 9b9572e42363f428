//! The tree's nodes as rows.

use rusqlite::{Connection, OptionalExtension};

use crate::merkle::{Hash, NewNode, Nodes};

/// The stored nodes, as [`crate::merkle`] reads them.
pub(super) struct SqliteNodes<'c>(pub(super) &'c Connection);

impl Nodes for SqliteNodes<'_> {
    type Error = rusqlite::Error;

    fn node(&self, level: u32, position: u64) -> rusqlite::Result<Hash> {
        get(self.0, level, position)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }
}

pub(super) fn get(
    connection: &Connection,
    level: u32,
    position: u64,
) -> rusqlite::Result<Option<Hash>> {
    connection
        .prepare_cached("SELECT hash FROM nodes WHERE level = ?1 AND position = ?2")?
        .query_one((level, position), |row| row.get(0))
        .optional()
}

pub(super) fn insert(connection: &Connection, nodes: &[NewNode]) -> rusqlite::Result<()> {
    let mut insert = connection
        .prepare_cached("INSERT INTO nodes (level, position, hash) VALUES (?1, ?2, ?3)")?;
    for node in nodes {
        insert.execute(*node)?;
    }
    Ok(())
}

/// The number of leaves.
pub(super) fn size(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT coalesce(max(leaf) + 1, 0) FROM entries")?
        .query_one((), |row| row.get(0))
}
