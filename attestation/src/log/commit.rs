//! The one place where a verification becomes a fact: entry, nodes, head and outbox in a single
//! transaction, each claim set exactly once.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::error::{Doing, LogError};
use super::nodes::{self, SqliteNodes};
use super::{Log, head_of_size, identity, short};
use crate::checkpoint::Checkpoint;
use crate::claims::Claims;
use crate::credential::Credential;
use crate::device::DeviceKey;
use crate::merkle::{self, leaf_hash};
use crate::receipt::Receipt;

/// An attestation that is durably in the log. Only a commit makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedAttestation {
    index: u64,
    receipt: Receipt,
}

impl CommittedAttestation {
    /// Its place in the log, from 0.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The receipt for the resident: always the same one, as of this attestation's own commit.
    #[must_use]
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// What was attested.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.receipt.claims
    }
}

impl Log {
    /// Signs the claims and commits them, durably and once: the same claims committed again (after
    /// a crash, say) give the attestation that is already there.
    ///
    /// # Errors
    /// When the credential is not for these claims and this key, the log is another's, or the file
    /// cannot be written. Then nothing was committed. When the guard's counter fails
    /// ([`LogError::Guard`]), the attestation may be in the log; nobody has its receipt, and
    /// committing the same claims again gives it once the counter answers. (The `kiosk` program
    /// does so once, then goes out of service, and the attestation stays in the log without a receipt.)
    pub fn commit(
        &mut self,
        claims: &Claims,
        device: &DeviceKey,
        credential: &Credential,
    ) -> Result<CommittedAttestation, LogError> {
        let path = self.path.clone();
        let doing = Doing::new("commit to", &path);
        check_credential(claims, device, credential, &doing)?;
        self.check_room(&doing)?;
        // The counter may lag behind by one entry and no more.
        self.cover(&doing)?;
        let committed = self.commit_uncovered(claims, device, credential, &doing)?;
        self.cover(&doing)?;
        Ok(committed)
    }

    /// Brings the guard's counter up to the log.
    pub(super) fn cover(&mut self, doing: &Doing<'_>) -> Result<(), LogError> {
        match &mut self.guard {
            Some(guard) => {
                let size = nodes::size(&self.connection).map_err(|e| doing.failed(e))?;
                guard.cover(size, doing)
            }
            None => Ok(()),
        }
    }

    fn commit_uncovered(
        &mut self,
        claims: &Claims,
        device: &DeviceKey,
        credential: &Credential,
        doing: &Doing<'_>,
    ) -> Result<CommittedAttestation, LogError> {
        let sql = |e| doing.failed(e);
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(sql)?;
        claim_log(&transaction, claims, device, doing)?;
        let found = find(&transaction, &claims.id).map_err(sql)?;
        let committed = match found {
            Some(index) => load(&transaction, index, doing)?,
            None => {
                let index = append(&transaction, claims, device, credential).map_err(sql)?;
                let receipt = load_whole(&transaction, index, doing)?;
                let receipt = short::shorten(&transaction, receipt, device).map_err(sql)?;
                CommittedAttestation { index, receipt }
            }
        };
        if committed.claims() != claims {
            let path = doing.path.to_owned();
            return Err(LogError::IdentifierReused { path });
        }
        transaction.commit().map_err(sql)?;
        Ok(committed)
    }

    /// The attestation at a place of the log; none if it is not there.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn attestation(&self, index: u64) -> Result<Option<CommittedAttestation>, LogError> {
        if index < self.size()? {
            load(&self.connection, index, &self.doing("read")).map(Some)
        } else {
            Ok(None)
        }
    }
}

/// A receipt under a wrong credential would be refused by everybody: better no receipt.
fn check_credential(
    claims: &Claims,
    device: &DeviceKey,
    credential: &Credential,
    doing: &Doing<'_>,
) -> Result<(), LogError> {
    let path = || doing.path.to_owned();
    let for_us = credential.kiosk == claims.kiosk
        && credential.site == claims.site
        && credential.device == device.public();
    if !for_us {
        return Err(LogError::CredentialMismatch { path: path() });
    }
    if !credential.validity.covers(claims.issued_at) {
        return Err(LogError::CredentialOutOfDate { path: path() });
    }
    Ok(())
}

/// One log is one kiosk's, at one site, under one key: its checkpoints say so.
fn claim_log(
    connection: &Connection,
    claims: &Claims,
    device: &DeviceKey,
    doing: &Doing<'_>,
) -> Result<(), LogError> {
    let ours = (
        Checkpoint::origin(&claims.site, &claims.kiosk),
        *device.public().as_bytes(),
    );
    match identity(connection).map_err(|e| doing.failed(e))? {
        Some(known) if known == ours => Ok(()),
        Some((origin, _)) => Err(LogError::AnothersLog {
            path: doing.path.to_owned(),
            origin,
        }),
        None => connection
            .execute(
                "INSERT INTO identity (one, origin, device) VALUES (1, ?1, ?2)",
                ours,
            )
            .map(|_| ())
            .map_err(|e| doing.failed(e)),
    }
}

fn find(connection: &Connection, id: &[u8; 16]) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached("SELECT leaf FROM entries WHERE id = ?1")?
        .query_one([id], |row| row.get(0))
        .optional()
}

fn append(
    connection: &Connection,
    claims: &Claims,
    device: &DeviceKey,
    credential: &Credential,
) -> rusqlite::Result<u64> {
    let index = nodes::size(connection)?;
    let attestation = device.attest(claims);
    connection
        .prepare_cached("INSERT INTO entries (leaf, id, credential, cose) VALUES (?1, ?2, ?3, ?4)")?
        .execute((
            index,
            claims.id,
            credential_row(connection, credential)?,
            &attestation,
        ))?;
    let tree = SqliteNodes(connection);
    nodes::insert(
        connection,
        &merkle::append(&tree, index, leaf_hash(&attestation))?,
    )?;
    let size = index + 1;
    let head = device.sign_checkpoint(Checkpoint {
        origin: Checkpoint::origin(&claims.site, &claims.kiosk),
        size,
        root: merkle::root(&tree, size)?,
    });
    connection
        .prepare_cached("INSERT INTO heads (size, root, signature) VALUES (?1, ?2, ?3)")?
        .execute((size, head.checkpoint.root, head.signature))?;
    connection
        .prepare_cached("INSERT INTO outbox (size) VALUES (?1)")?
        .execute([size])?;
    Ok(index)
}

fn credential_row(connection: &Connection, credential: &Credential) -> rusqlite::Result<i64> {
    let cose = credential.to_cose();
    connection
        .prepare_cached("INSERT INTO credentials (cose) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([&cose])?;
    connection
        .prepare_cached("SELECT id FROM credentials WHERE cose = ?1")?
        .query_one([&cose], |row| row.get(0))
}

/// The attestation with the proof that its own commit made.
fn load(
    connection: &Connection,
    index: u64,
    doing: &Doing<'_>,
) -> Result<CommittedAttestation, LogError> {
    let receipt = load_whole(connection, index, doing)?;
    let receipt = short::as_shortened(connection, receipt).map_err(|wrong| wrong.of(doing))?;
    Ok(CommittedAttestation { index, receipt })
}

/// The receipt with the proof for the whole tree.
fn load_whole(connection: &Connection, index: u64, doing: &Doing<'_>) -> Result<Receipt, LogError> {
    let sql = |e| doing.failed(e);
    let (attestation, credential) = entry(connection, index).map_err(sql)?;
    let head = head_of_size(connection, index + 1).map_err(sql)?;
    let proof = merkle::prove_newest(&SqliteNodes(connection), index).map_err(sql)?;
    Credential::from_cose(&credential)
        .and_then(|credential| Receipt::new(&attestation, credential, proof, head.signature))
        .map_err(|source| doing.corrupt(super::Finding::Unreadable { index, source }))
}

fn entry(connection: &Connection, index: u64) -> rusqlite::Result<(Vec<u8>, Vec<u8>)> {
    connection
        .prepare_cached(
            "SELECT entries.cose, credentials.cose FROM entries \
             JOIN credentials ON credentials.id = entries.credential WHERE leaf = ?1",
        )?
        .query_one([index], |row| Ok((row.get(0)?, row.get(1)?)))
}
