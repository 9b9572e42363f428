//! The outbox in the log's file: which heads a ledger has not confirmed, the transactions that
//! carry them, and what was confirmed. A transaction is on the disk before anybody can send it, so
//! that after a crash the same bytes are sent again.

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};

use super::error::{Doing, LogError};
use super::{Log, nodes};
use crate::ledger::{Anchor, LedgerId, Outbox, Pending, Submission};
use crate::merkle::Hash;

/// How many transactions are kept: more than can be unsettled at once, so that one which a
/// reorganisation dropped can be sent again.
const KEPT_SUBMISSIONS: u32 = 16;

impl Outbox for Log {
    fn pending(&mut self, ledger: &LedgerId) -> Result<Pending, LogError> {
        read(&self.connection, &ledger.to_bytes()).map_err(|e| self.doing("read").failed(e))
    }

    fn root_of(&mut self, size: u64) -> Result<Option<Hash>, LogError> {
        root_of(&self.connection, size).map_err(|e| self.doing("read").failed(e))
    }

    fn keep(&mut self, ledger: &LedgerId, submission: &Submission) -> Result<(), LogError> {
        self.change("keep a transaction in", |connection| {
            connection.execute(
                "INSERT INTO submissions (ledger, sender, size, nonce, gas_price, hash, signed) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (
                    ledger.to_bytes(),
                    submission.sender,
                    submission.size,
                    submission.nonce,
                    submission.gas_price,
                    submission.hash,
                    &submission.signed,
                ),
            )?;
            connection.execute(
                "DELETE FROM submissions WHERE id <= (SELECT max(id) FROM submissions) - ?1",
                [KEPT_SUBMISSIONS],
            )
        })
    }

    fn confirm(&mut self, ledger: &LedgerId, anchor: &Anchor) -> Result<(), LogError> {
        self.change("note an anchor in", |connection| {
            // What the chain counts otherwise now, it lost before.
            connection.execute(
                "DELETE FROM anchors WHERE ledger = ?1 AND (sequence >= ?2 OR size >= ?3)",
                (ledger.to_bytes(), anchor.sequence, anchor.size),
            )?;
            connection.execute(
                "INSERT INTO anchors (ledger, size, sequence, block, time) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (
                    ledger.to_bytes(),
                    anchor.size,
                    anchor.sequence,
                    anchor.block,
                    anchor.time,
                ),
            )?;
            connection.execute("DELETE FROM outbox WHERE size <= ?1", [anchor.size])
        })
    }

    fn withdraw(&mut self, ledger: &LedgerId, size: u64) -> Result<(), LogError> {
        self.change("withdraw an anchor from", |connection| {
            connection.execute(
                "DELETE FROM anchors WHERE ledger = ?1 AND size = ?2",
                (ledger.to_bytes(), size),
            )?;
            connection.execute(
                "INSERT INTO outbox (size) VALUES (?1) ON CONFLICT DO NOTHING",
                [size],
            )
        })
    }

    fn trim(&mut self) -> Result<(), LogError> {
        self.change("tidy up", |connection| {
            connection.execute(
                "DELETE FROM outbox WHERE size < (SELECT max(size) FROM outbox)",
                (),
            )
        })
    }
}

impl Log {
    /// Every head that a ledger confirmed, by size.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn anchors(&self, ledger: &LedgerId) -> Result<Vec<Anchor>, LogError> {
        let read = || {
            let mut statement = self.connection.prepare_cached(
                "SELECT size, sequence, block, time FROM anchors WHERE ledger = ?1 ORDER BY size",
            )?;
            statement
                .query_map([ledger.to_bytes()], anchor)?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e| self.doing("read").failed(e))
    }

    fn change(
        &mut self,
        what: &'static str,
        change: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<(), LogError> {
        let doing = Doing::new(what, &self.path);
        let connection = &mut self.connection;
        let run = || {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            change(&transaction)?;
            transaction.commit()
        };
        run().map_err(|e| doing.failed(e))
    }
}

fn read(connection: &Connection, ledger: &[u8; 28]) -> rusqlite::Result<Pending> {
    let size = nodes::size(connection)?;
    let root = root_of(connection, size)?;
    let newest_anchor = connection
        .prepare_cached(
            "SELECT size, sequence, block, time FROM anchors WHERE ledger = ?1 \
             ORDER BY size DESC LIMIT 1",
        )?
        .query_one([ledger], anchor)
        .optional()?;
    let mut submissions = connection.prepare_cached(
        "SELECT sender, size, nonce, gas_price, hash, signed FROM submissions WHERE ledger = ?1 ORDER BY id",
    )?;
    let submissions = submissions.query_map([ledger], submission)?;
    Ok(Pending {
        head: root.map(|root| (size, root)),
        anchor: newest_anchor,
        submissions: submissions.collect::<rusqlite::Result<_>>()?,
    })
}

fn root_of(connection: &Connection, size: u64) -> rusqlite::Result<Option<Hash>> {
    connection
        .prepare_cached("SELECT root FROM heads WHERE size = ?1")?
        .query_one([size], |row| row.get(0))
        .optional()
}

fn anchor(row: &Row<'_>) -> rusqlite::Result<Anchor> {
    Ok(Anchor {
        size: row.get(0)?,
        sequence: row.get(1)?,
        block: row.get(2)?,
        time: row.get(3)?,
    })
}

fn submission(row: &Row<'_>) -> rusqlite::Result<Submission> {
    Ok(Submission {
        sender: row.get(0)?,
        size: row.get(1)?,
        nonce: row.get(2)?,
        gas_price: row.get(3)?,
        hash: row.get(4)?,
        signed: row.get(5)?,
    })
}
