//! The form of the file: how it is opened so that a commit survives the loss of power, how old
//! files are brought up to date, and the refusal of files that are not ours.

use rusqlite::{Connection, TransactionBehavior};

use super::error::{Doing, LogError};

/// "KVL1" in the file's header says whose format it is.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"KVL1");

/// The step that leads from each schema version to the next.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema_witnesses.sql"),
    include_str!("schema_ledger.sql"),
    include_str!("schema_devices.sql"),
    include_str!("schema_parts.sql"),
];

/// The newest schema version.
const KNOWN: u32 = 5;
const _: () = assert!(MIGRATIONS.len() == KNOWN as usize);

/// After so many pages of 4 KiB the write-ahead log goes into the file: some hundred commits. So it
/// stays small, and opening after a crash reads no more than this.
const WAL_PAGES: u32 = 1000;

/// What a write-ahead log that grew beyond its usual size is cut back to.
const WAL_BYTES: u32 = 8 << 20;

/// Takes the file for this process and brings it up to date. Whether it is whole is looked at after
/// that, in O(log n) (`recent.rs`).
pub(super) fn prepare(connection: &mut Connection, doing: &Doing<'_>) -> Result<(), LogError> {
    let sql = |e| doing.failed(e);
    if connection.is_readonly("main").map_err(sql)? {
        return Err(doing.read_only());
    }
    // Before anything is written: a file of something else must stay as it is.
    connection
        .pragma_update(None, "locking_mode", "EXCLUSIVE")
        .map_err(sql)?;
    check_owner(connection, doing)?;
    make_durable(connection).map_err(sql)?;
    migrate(connection).map_err(sql)
}

fn check_owner(connection: &Connection, doing: &Doing<'_>) -> Result<(), LogError> {
    let sql = |e| doing.failed(e);
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    if number("application_id").map_err(sql)? != APPLICATION_ID {
        return Err(doing.not_a_log());
    }
    let found = version(connection).map_err(sql)?;
    if found > KNOWN {
        return Err(LogError::NewerSchema {
            path: doing.path.to_owned(),
            found,
            known: KNOWN,
        });
    }
    Ok(())
}

/// A commit is on the disk before it returns (WAL with FULL), references hold, and no other
/// process can write between two of ours.
fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")
}

/// What was committed is on the disk, in the file itself. A killed process may leave a commit that
/// the operating system holds in its cache only.
pub(super) fn flush(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_one("PRAGMA wal_checkpoint(FULL)", (), |_| Ok(()))
}

/// Brings an older log, or a file with nothing in it, to the newest schema in one step.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let from = version(connection)? as usize;
    if from == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    for (step, migration) in (from + 1..).zip(&MIGRATIONS[from..]) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
