//! An entry as it is stored, and what must be right about it by itself.

use rusqlite::{Connection, OptionalExtension, Row};

use super::finding::Finding;
use crate::checkpoint::Checkpoint;
use crate::claims::Claims;
use crate::cose::{Purpose, Sign1};
use crate::credential::Credential;
use crate::device::DevicePublicKey;

/// The columns of an entry, in the order in which [`StoredEntry::read`] takes them.
pub(super) const COLUMNS: &str = "SELECT leaf, entries.id, entries.cose, credentials.cose \
     FROM entries LEFT JOIN credentials ON credentials.id = entries.credential";

/// A row.
pub(super) struct StoredEntry {
    pub(super) leaf: u64,
    pub(super) id: [u8; 16],
    pub(super) cose: Vec<u8>,
    pub(super) credential: Vec<u8>,
}

impl StoredEntry {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            leaf: row.get(0)?,
            id: row.get(1)?,
            cose: row.get(2)?,
            credential: row.get(3)?,
        })
    }

    pub(super) fn get(connection: &Connection, index: u64) -> rusqlite::Result<Option<Self>> {
        connection
            .prepare_cached(&format!("{COLUMNS} WHERE leaf = ?1"))?
            .query_one([index], Self::read)
            .optional()
    }

    /// It is what it claims to be, signed by the device, under a credential that fits.
    pub(super) fn check(&self, origin: &str, device: &DevicePublicKey) -> Result<(), Finding> {
        let index = self.leaf;
        let unreadable = |source| Finding::Unreadable { index, source };
        let message = Sign1::decode(&self.cose, Purpose::Attestation).map_err(unreadable)?;
        let claims = Claims::from_cwt(message.payload).map_err(unreadable)?;
        let credential = Credential::from_cose(&self.credential).map_err(unreadable)?;
        if claims.id != self.id {
            return Err(Finding::Misfiled { index });
        }
        if !device.attested(message.payload, &message.signature) {
            return Err(Finding::NotSigned { index });
        }
        let fits = credential.device == *device
            && Checkpoint::origin(&credential.site, &credential.kiosk) == origin
            && Checkpoint::origin(&claims.site, &claims.kiosk) == origin
            && credential.validity.covers(claims.issued_at);
        if fits {
            Ok(())
        } else {
            Err(Finding::WrongCredential { index })
        }
    }
}
