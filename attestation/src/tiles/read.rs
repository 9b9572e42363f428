//! Reading single nodes of an exported log, from a folder or from wherever the caller fetches
//! files: enough for a proof without having all of it. The files are anybody's, so what is made
//! of them proves something only against a root that is known from elsewhere.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::check::{ExportFinding, read};
use super::{ANCHORS, CHECKPOINT, Row, TREE_LEVELS, Tile, WIDTH};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::device::DevicePublicKey;
use crate::merkle::{self, Hash, Nodes, node_hash};
use crate::note::{self, NoteError};

/// Gets the file with this name, of at most so many bytes.
type Fetch = dyn Fn(&str, usize) -> Result<Vec<u8>, ExportFinding>;

/// More tiles than one proof needs.
const MAX_CACHED: usize = 64;

/// The largest list of anchors: hundreds of thousands of lines.
const MAX_ANCHORS_BYTES: usize = 32 << 20;

/// An exported log of which single nodes are read.
pub struct ExportedLog {
    fetch: Box<Fetch>,
    head: Checkpoint,
    tiles: RefCell<HashMap<String, Rc<Vec<u8>>>>,
}

impl ExportedLog {
    /// The export in a folder, of the log that this key signs.
    ///
    /// # Errors
    /// When there is none, or its checkpoint is not signed by the key.
    pub fn in_folder(folder: &Path, device: &DevicePublicKey) -> Result<Self, ExportFinding> {
        let folder = folder.to_owned();
        Self::fetched(move |name, limit| read(&folder.join(name), limit), device)
    }

    /// The export whose files are fetched like this, by their names in the folder.
    ///
    /// # Errors
    /// When a file cannot be had, or the checkpoint is not signed by the key.
    pub fn fetched(
        fetch: impl Fn(&str, usize) -> Result<Vec<u8>, ExportFinding> + 'static,
        device: &DevicePublicKey,
    ) -> Result<Self, ExportFinding> {
        let bytes = fetch(CHECKPOINT, note::MAX_BYTES)?;
        let text = String::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        let signed = SignedCheckpoint::from_note(&text, device)?;
        Ok(Self {
            fetch: Box::new(fetch),
            head: signed.checkpoint,
            tiles: RefCell::default(),
        })
    }

    /// The head of the export; its signature was checked.
    #[must_use]
    pub const fn head(&self) -> &Checkpoint {
        &self.head
    }

    /// The root that the log had with so many entries.
    ///
    /// # Errors
    /// When a file is missing or not of its form, or the export does not reach so far.
    pub fn root(&self, size: u64) -> Result<Hash, ExportFinding> {
        merkle::root(self, size)
    }

    /// Proves that the log only grew between two sizes; none if there is nothing to prove.
    ///
    /// # Errors
    /// When a file is missing or not of its form, or the export does not reach so far.
    pub fn prove_consistency(
        &self,
        old: u64,
        new: u64,
    ) -> Result<Option<Vec<Hash>>, ExportFinding> {
        merkle::prove_consistency(self, old, new)
    }

    /// The sizes of the heads that the kiosk says it anchored on any ledger, ascending. A hint where
    /// to look: only the ledger knows. None where the export has no such list.
    #[must_use]
    pub fn anchored_sizes(&self) -> Vec<u64> {
        let bytes = (self.fetch)(ANCHORS, MAX_ANCHORS_BYTES).unwrap_or_default();
        let text = String::from_utf8(bytes).unwrap_or_default();
        let sizes = text.lines().filter_map(|line| line.parse().ok());
        let mut sizes: Vec<u64> = sizes.filter(|size| *size <= self.head.size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    fn tile(&self, tile: &Tile) -> Result<Rc<Vec<u8>>, ExportFinding> {
        let path = tile.path();
        if let Some(known) = self.tiles.borrow().get(&path) {
            return Ok(Rc::clone(known));
        }
        let length = tile.width as usize * 32;
        let bytes = (self.fetch)(&path, length)?;
        if bytes.len() != length {
            let path = PathBuf::from(path);
            return Err(ExportFinding::Malformed { path });
        }
        let bytes = Rc::new(bytes);
        let mut tiles = self.tiles.borrow_mut();
        if tiles.len() >= MAX_CACHED {
            tiles.clear();
        }
        tiles.insert(path, Rc::clone(&bytes));
        Ok(bytes)
    }
}

impl Nodes for ExportedLog {
    type Error = ExportFinding;

    /// A node between the levels that are written is computed from those below it.
    fn node(&self, level: u32, position: u64) -> Result<Hash, ExportFinding> {
        let row = Row::Hashes(level / TREE_LEVELS);
        let below = level % TREE_LEVELS;
        let missing = || {
            let size = self.head.size;
            ExportFinding::TooShort { size }
        };
        let count = row.count(self.head.size);
        let end = position
            .checked_add(1)
            .and_then(|end| end.checked_shl(below));
        if end.is_none_or(|end| end > count) {
            return Err(missing());
        }
        let start = position << below;
        let index = start / WIDTH;
        let width = (count - index * WIDTH).min(WIDTH);
        let bytes = self.tile(&Tile { row, index, width })?;
        let (hashes, _) = bytes.as_chunks::<32>();
        let first = (start % WIDTH) as usize;
        let mut hashes = hashes[first..first + (1 << below)].to_vec();
        while hashes.len() > 1 {
            hashes = hashes
                .chunks_exact(2)
                .map(|pair| node_hash(&pair[0], &pair[1]))
                .collect();
        }
        Ok(hashes[0])
    }
}
