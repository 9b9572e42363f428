//! The form of the file: how it is opened so that a commit survives the loss of power, how old
//! files are brought up to date, and the refusal of files that are not ours or not whole.

use rusqlite::{Connection, TransactionBehavior};

use super::error::{Doing, Finding, LogError};

/// "KVL1" in the file's header says whose format it is.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"KVL1");

/// The step that leads from each schema version to the next.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql"), include_str!("schema_2.sql")];

/// The newest schema version.
const KNOWN: u32 = 2;
const _: () = assert!(MIGRATIONS.len() == KNOWN as usize);

/// Takes the file for this process, brings it up to date and checks that it is whole.
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
    // Before anything is written again: a damaged file must stay as it is, for the auditor.
    check_integrity(connection, doing)?;
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
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")
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

fn check_integrity(connection: &Connection, doing: &Doing<'_>) -> Result<(), LogError> {
    let verdict: String = connection
        .query_one("PRAGMA quick_check(1)", (), |row| row.get(0))
        .map_err(|e| doing.failed(e))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        _ => Err(doing.corrupt(Finding::Integrity(verdict))),
    }
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
