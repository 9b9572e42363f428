//! What witnesses said about this log's heads. A witness's word is only taken for a head that this
//! log has: if it saw another one of the same size, one of the two histories is false, and that
//! must be looked at by a person.

use rusqlite::Connection;

use super::error::LogError;
use super::{Log, head_of_size};
use crate::note::Note;
use crate::tiles::Cosigned;
use crate::witness::{Cosignature, WitnessPublicKey};

impl Log {
    /// Keeps what a witness said in a note about a head of this log; the same word again changes
    /// nothing.
    ///
    /// # Errors
    /// When the note is damaged, silent about this witness or not signed by it; is about another
    /// log or another history than this one; or the file cannot be written.
    pub fn accept_cosignature(
        &mut self,
        note: &str,
        witness: &WitnessPublicKey,
    ) -> Result<Cosigned, LogError> {
        let doing = self.doing("add a cosignature to");
        let not_cosigned = |source| doing.not_cosigned(source);
        let note = Note::parse(note).map_err(|e| not_cosigned(Some(e)))?;
        let found = witness.find(&note).map_err(|e| not_cosigned(Some(e)))?;
        let cosignature = found.ok_or_else(|| not_cosigned(None))?;
        let size = note.checkpoint.size;
        let head = match self.size()? {
            known if size == 0 || size > known => None,
            _ => Some(head_of_size(&self.connection, size).map_err(|e| doing.failed(e))?),
        };
        let head = head.filter(|head| head.checkpoint == note.checkpoint);
        let head = head.ok_or_else(|| doing.other_history(&note.checkpoint))?;
        insert(&self.connection, size, &cosignature).map_err(|e| doing.failed(e))?;
        Ok(Cosigned { head, cosignature })
    }

    /// Of every witness, its word on the largest head, and of several the latest.
    ///
    /// # Errors
    /// When the file cannot be read, or holds what no witness said.
    pub fn cosigned(&self) -> Result<Vec<Cosigned>, LogError> {
        let doing = self.doing("read the cosignatures of");
        let rows = newest(&self.connection).map_err(|e| doing.failed(e))?;
        let checked = rows.into_iter().map(|row| {
            let size = row.size;
            let head = head_of_size(&self.connection, size).map_err(|e| doing.failed(e))?;
            let witness = WitnessPublicKey::parse(&row.witness).ok();
            let said = |w: WitnessPublicKey| w.holds(&head.checkpoint, row.time, &row.signature);
            match witness.and_then(said) {
                Some(cosignature) => Ok(Cosigned { head, cosignature }),
                None => Err(doing.corrupt(super::Finding::NotCosigned { size })),
            }
        });
        checked.collect()
    }
}

/// A cosignature as stored, not checked.
struct Row {
    size: u64,
    witness: String,
    time: u64,
    signature: [u8; 64],
}

fn insert(connection: &Connection, size: u64, said: &Cosignature) -> rusqlite::Result<()> {
    let statement = "INSERT INTO cosignatures (size, witness, time, signature) \
                     VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let witness = said.witness().verifier_key();
    connection.prepare_cached(statement)?.execute((
        size,
        witness,
        said.time(),
        said.signature(),
    ))?;
    Ok(())
}

fn newest(connection: &Connection) -> rusqlite::Result<Vec<Row>> {
    let statement = "SELECT size, witness, time, signature FROM cosignatures AS this \
                     WHERE (size, time) = (SELECT size, time FROM cosignatures \
                         WHERE witness = this.witness ORDER BY size DESC, time DESC LIMIT 1) \
                     ORDER BY witness";
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement.query_map((), |row| {
        Ok(Row {
            size: row.get(0)?,
            witness: row.get(1)?,
            time: row.get(2)?,
            signature: row.get(3)?,
        })
    })?;
    rows.collect()
}
