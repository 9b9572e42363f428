//! Proofs from an exported log, in a folder or wherever the caller fetches files, without having all
//! of it. The files are anybody's: what is made of them proves something only against a root that
//! is known from elsewhere, so the head's signature does not matter (and after a rotation the
//! caller may not know its key).

use std::path::Path;

use super::finding::ExportFinding;
use super::heads::Fetch;
use super::published::{TILE_BYTES, TileNodes, read};
use super::shown::{self, Head, Shown};
use super::{ANCHORS, CHECKPOINT};
use crate::merkle::{self, Hash};
use crate::note::{self, Note, NoteError};
use crate::verify::Verified;

/// The largest list of anchors: hundreds of thousands of lines.
const MAX_ANCHORS_BYTES: usize = 8 << 20;

/// An exported log of which single tiles are read.
pub struct ExportedLog {
    pub(super) fetch: Box<Fetch<'static>>,
    size: u64,
}

impl ExportedLog {
    /// The export in a folder.
    ///
    /// # Errors
    /// When there is none.
    pub fn in_folder(folder: &Path) -> Result<Self, ExportFinding> {
        let folder = folder.to_owned();
        Self::fetched(move |name, limit| read(&folder.join(name), limit))
    }

    /// The export whose files are fetched like this, by their names in the folder.
    ///
    /// # Errors
    /// When there is no checkpoint.
    pub fn fetched(
        fetch: impl Fn(&str, usize) -> Result<Vec<u8>, ExportFinding> + 'static,
    ) -> Result<Self, ExportFinding> {
        let bytes = fetch(CHECKPOINT, note::MAX_BYTES)?;
        let text = String::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        let size = Note::parse(&text)?.checkpoint.size;
        let fetch = Box::new(fetch);
        Ok(Self { fetch, size })
    }

    /// How many entries it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root that the log had with so many entries.
    ///
    /// # Errors
    /// When a file is missing or not of its form, or the export does not reach so far.
    pub fn root(&self, size: u64) -> Result<Hash, ExportFinding> {
        merkle::root(&self.nodes(size)?, size)
    }

    /// What the files show about a receipt, against a head with its end or later. A receipt that has a
    /// head of its own is asked for the whole history, one that has not for its entry.
    pub(crate) fn shows(
        &self,
        verified: &Verified,
        head: Head<'_>,
    ) -> Result<Shown, ExportFinding> {
        let part = &verified.log().part;
        let nodes = self.nodes(head.0)?;
        match part.start {
            0 => shown::grew(&nodes, (part.end, &part.root), head),
            _ => shown::holds(&nodes, (verified.index(), verified.leaf), head),
        }
    }

    /// The sizes of the heads that the kiosk says it anchored on any ledger, ascending. A hint where
    /// to look: only the ledger knows. None where the export has no such list.
    #[must_use]
    pub fn anchored_sizes(&self) -> Vec<u64> {
        let bytes = (self.fetch)(ANCHORS, MAX_ANCHORS_BYTES).unwrap_or_default();
        let text = String::from_utf8(bytes).unwrap_or_default();
        let sizes = text.lines().filter_map(|line| line.parse().ok());
        let mut sizes: Vec<u64> = sizes.filter(|size| *size <= self.size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    pub(super) fn nodes(&self, reach: u64) -> Result<TileNodes<'_>, ExportFinding> {
        let size = self.size;
        if reach > size {
            return Err(ExportFinding::TooShort { size });
        }
        let fetch = Box::new(|name: &str| (self.fetch)(name, TILE_BYTES));
        Ok(TileNodes { fetch, size })
    }
}
