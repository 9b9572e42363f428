//! A kiosk's device key can be rotated, and its log goes on: entries and heads up to the rotation
//! are signed by the key before, those after it by its successor. The successor's first head covers
//! the whole tree, so it vouches for what came before; and for each key there is the operator's
//! credential, which whoever checks an export goes by.

use rusqlite::{Connection, OptionalExtension};

use super::audit::Wrong;
use super::error::LogError;
use super::finding::Finding;
use super::{Log, identity, nodes};
use crate::device::DevicePublicKey;

impl Log {
    /// From the next entry on the log is written under this key. The key that it is written under
    /// already changes nothing, and a log without entries takes the key of its first.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn rotate_device(&mut self, successor: &DevicePublicKey) -> Result<(), LogError> {
        let rotate = || {
            match identity(&self.connection)? {
                Some((_, device)) if device != *successor.as_bytes() => {}
                Some(_) | None => return Ok(()),
            }
            let since = nodes::size(&self.connection)?;
            self.connection
                .execute(
                    "INSERT INTO devices (since, device) VALUES (?1, ?2)",
                    (since, successor.as_bytes()),
                )
                .map(|_| ())
        };
        rotate().map_err(|e| self.doing("rotate the key of").failed(e))
    }
}

/// The key under which the entry at this place was written, and the head that it made.
pub(super) fn device_at(connection: &Connection, leaf: u64) -> Result<DevicePublicKey, Wrong> {
    let followed = connection
        .prepare_cached("SELECT device FROM devices WHERE since <= ?1 ORDER BY id DESC LIMIT 1")?
        .query_one([leaf], |row| row.get::<_, [u8; 32]>(0))
        .optional()?;
    let first = || {
        connection
            .prepare_cached("SELECT device FROM identity")?
            .query_one((), |row| row.get(0))
    };
    let bytes = followed.map_or_else(first, Ok)?;
    DevicePublicKey::from_bytes(&bytes).map_err(|_| Finding::AnotherDevice.into())
}
