//! Is a receipt's entry in the log that its kiosk published, and did witnesses see that log? For who
//! has no chain to ask: a kiosk that keeps two logs, or who has its key and none of its log, is found
//! by comparing. Only hashes are read, from whoever hosts them: the head is believed because the
//! kiosk signed it, and the rest because it leads there.

use super::finding::ExportFinding;
use super::heads::{Cosigned, Heads, not_witnessed};
use super::read::ExportedLog;
use super::shown::{Shown, grew};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::operator::OperatorPublicKey;
use crate::verify::Verified;
use crate::witness::WitnessPublicKey;

/// A published log in which a receipt's entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InExport {
    /// The log's head, signed by the kiosk.
    pub head: SignedCheckpoint,
    /// What each witness that was asked for has seen: a head with the entry in it.
    pub witnessed: Vec<Cosigned>,
}

impl ExportedLog {
    /// Finds a receipt's entry in the log, of which these witnesses must have seen it.
    ///
    /// # Errors
    /// The first thing that does not hold, or why nothing can be found out
    /// ([`ExportFinding::is_unknown`]).
    pub fn find(
        &self,
        verified: &Verified,
        operator: &OperatorPublicKey,
        witnesses: &[WitnessPublicKey],
    ) -> Result<InExport, ExportFinding> {
        let heads = Heads::read(&*self.fetch, operator)?;
        let Checkpoint { origin, size, root } = &heads.head.checkpoint;
        let (part, size) = (&verified.log().part, *size);
        if *origin != part.origin {
            let origin = origin.clone();
            return Err(ExportFinding::AnotherLog { origin });
        }
        if size < part.end {
            return Err(ExportFinding::TooShort { size });
        }
        let index = verified.index();
        match self.shows(verified, (size, root))? {
            Shown::Contained => {}
            Shown::OtherHistory => return Err(ExportFinding::NotInLog { index, size }),
            Shown::Damaged => return Err(ExportFinding::Root),
        }
        let seen = witnesses.iter();
        let seen = seen.map(|witness| self.seen_by(witness, &heads, part.end));
        Ok(InExport {
            witnessed: seen.collect::<Result<_, _>>()?,
            head: heads.head,
        })
    }

    /// The witness's word on a head of this log with so many entries or more.
    fn seen_by(
        &self,
        witness: &WitnessPublicKey,
        heads: &Heads,
        entries: u64,
    ) -> Result<Cosigned, ExportFinding> {
        let said = heads.cosigned(&*self.fetch, witness)?;
        let said = said.ok_or_else(|| not_witnessed(witness))?;
        let (seen, head) = (&said.head.checkpoint, &heads.head.checkpoint);
        let size = head.size;
        if seen.size < entries {
            return Err(ExportFinding::WitnessBehind {
                name: witness.name().to_owned(),
                seen: seen.size,
                entries,
            });
        }
        if seen.size > size {
            return Err(ExportFinding::TooShort { size });
        }
        let nodes = self.nodes(size)?;
        match grew(&nodes, (seen.size, &seen.root), (size, &head.root))? {
            Shown::Contained => Ok(said),
            Shown::OtherHistory => Err(ExportFinding::OtherHistory {
                seen: seen.size,
                size,
            }),
            Shown::Damaged => Err(ExportFinding::Root),
        }
    }
}
