//! An exported log as a folder: its credentials and head, checked with the operator's key, and its
//! tree, read from the tiles in O(log n). What witnesses and monitors need; the entries, which are
//! for auditors, need not be there.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::finding::ExportFinding;
use super::heads::{Cosigned, Heads, not_witnessed, text};
use super::shown::{Shown, grew};
use super::{CHECKPOINT, COSIGNED, Row, TREE_LEVELS, Tile, WIDTH};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::device::DevicePublicKey;
use crate::durable;
use crate::merkle::{self, Hash, Nodes, node_hash};
use crate::note::{Note, NoteError};
use crate::operator::OperatorPublicKey;
use crate::witness::WitnessPublicKey;

/// The folder of an exported log, whose head the kiosk signed and whose tiles make that head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedLog {
    pub(super) folder: PathBuf,
    pub(super) heads: Heads,
}

impl PublishedLog {
    /// Opens a folder; the operator's key is all that is believed.
    ///
    /// # Errors
    /// When a file is missing or damaged, the operator or the kiosk did not sign, or the tiles do
    /// not make the head.
    pub fn open(folder: &Path, operator: &OperatorPublicKey) -> Result<Self, ExportFinding> {
        let log = Self::open_unseen(folder, operator)?;
        if merkle::root(&log.nodes(), log.size())? == log.head().checkpoint.root {
            Ok(log)
        } else {
            Err(ExportFinding::Root)
        }
    }

    /// Without a look at the tiles.
    pub(super) fn open_unseen(
        folder: &Path,
        operator: &OperatorPublicKey,
    ) -> Result<Self, ExportFinding> {
        Ok(Self {
            folder: folder.to_owned(),
            heads: Heads::read(&from(folder), operator)?,
        })
    }

    /// Its newest head.
    #[must_use]
    pub const fn head(&self) -> &SignedCheckpoint {
        &self.heads.head
    }

    /// The kiosk's key that signed the newest head, for which the operator vouched.
    #[must_use]
    pub fn device(&self) -> &DevicePublicKey {
        &self.heads.newest().device
    }

    /// The head in a note that this log wrote, now or under one of its earlier keys.
    ///
    /// # Errors
    /// When none of the kiosk's keys signed it.
    pub fn head_in(&self, note: &str) -> Result<SignedCheckpoint, NoteError> {
        let signed = self.heads.signed(&Note::parse(note)?);
        signed.map(|(head, _)| head)
    }

    /// Whether the log only grew since a head that was seen before.
    ///
    /// # Errors
    /// When it did not, or the tiles that would show it are missing.
    pub fn grew_from(&self, seen: &Checkpoint) -> Result<(), ExportFinding> {
        let new = &self.head().checkpoint;
        if seen.origin != new.origin {
            let origin = new.origin.clone();
            return Err(ExportFinding::AnotherLog { origin });
        }
        if (seen.size, &seen.root) == (new.size, &new.root) {
            return Ok(());
        }
        match grew(
            &self.nodes(),
            (seen.size, &seen.root),
            (new.size, &new.root),
        )? {
            Shown::Contained => Ok(()),
            Shown::OtherHistory => Err(ExportFinding::OtherHistory {
                seen: seen.size,
                size: new.size,
            }),
            Shown::Damaged => Err(ExportFinding::Root),
        }
    }

    /// Puts a witness's word on a head of this log beside the others.
    ///
    /// # Errors
    /// When the witness did not cosign the note, the kiosk did not sign it, it is not about a head
    /// of this log, or the folder cannot be written.
    pub fn add_cosignature(
        &self,
        note: &str,
        witness: &WitnessPublicKey,
    ) -> Result<Cosigned, ExportFinding> {
        let note = Note::parse(note)?;
        let (head, device) = self.heads.signed(&note)?;
        let cosignature = witness.find(&note)?;
        let cosignature = cosignature.ok_or_else(|| not_witnessed(witness))?;
        self.grew_from(&head.checkpoint)?;
        let new = Cosigned { head, cosignature };
        if self
            .cosigned(witness)?
            .is_none_or(|old| old.size() <= new.size())
        {
            let text = new.note(&device);
            self.write(&format!("{COSIGNED}/{}", witness.hint_text()), &text)?;
        }
        let line = new.cosignature.line();
        if new.head == *self.head() && !self.text(CHECKPOINT)?.contains(&line) {
            self.write(CHECKPOINT, &(self.text(CHECKPOINT)? + &line))?;
        }
        Ok(new)
    }

    /// The largest head that a witness cosigned, with its word; none if it is silent. The kiosk
    /// signed the head; it is still to be compared with the tree.
    pub(super) fn cosigned(
        &self,
        witness: &WitnessPublicKey,
    ) -> Result<Option<Cosigned>, ExportFinding> {
        self.heads.cosigned(&from(&self.folder), witness)
    }

    fn size(&self) -> u64 {
        self.head().checkpoint.size
    }

    fn nodes(&self) -> TileNodes<'_> {
        TileNodes {
            fetch: Box::new(|name| read(&self.folder.join(name), TILE_BYTES)),
            size: self.size(),
        }
    }

    fn text(&self, name: &str) -> Result<String, ExportFinding> {
        text(&from(&self.folder), name)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), ExportFinding> {
        let path = self.folder.join(name);
        let folder = path.parent().unwrap_or(&self.folder);
        durable::make_folder(folder)
            .and_then(|()| durable::write(&path, text.as_bytes()))
            .map_err(|source| ExportFinding::NotWritten { path, source })
    }
}

/// How much a tile of hashes has at most.
pub(super) const TILE_BYTES: usize = WIDTH as usize * 32;

/// Gets a tile by its name in the export.
type FetchTile<'f> = dyn Fn(&str) -> Result<Vec<u8>, ExportFinding> + 'f;

/// The tree as it stands in the tiles; each of them is read when it is needed.
pub(super) struct TileNodes<'f> {
    pub(super) fetch: Box<FetchTile<'f>>,
    pub(super) size: u64,
}

impl Nodes for TileNodes<'_> {
    type Error = ExportFinding;

    fn node(&self, level: u32, position: u64) -> Result<Hash, ExportFinding> {
        let (row, above) = (Row::Hashes(level / TREE_LEVELS), level % TREE_LEVELS);
        let first = position << above;
        let path = Tile::holding(row, first, self.size).path();
        let bytes = (self.fetch)(&path)?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        let from = (first % WIDTH) as usize;
        match hashes.get(from..from + (1 << above)) {
            Some(below) if rest.is_empty() => Ok(fold(below)),
            _ => Err(ExportFinding::Malformed { path: path.into() }),
        }
    }
}

/// The root over 2ⁿ hashes.
fn fold(hashes: &[Hash]) -> Hash {
    match hashes {
        [one] => *one,
        more => {
            let (left, right) = more.split_at(more.len() / 2);
            node_hash(&fold(left), &fold(right))
        }
    }
}

/// The files of a folder.
pub(super) fn from(folder: &Path) -> impl Fn(&str, usize) -> Result<Vec<u8>, ExportFinding> {
    |name, limit| read(&folder.join(name), limit)
}

/// No more than could be right is read.
pub(super) fn read(path: &Path, limit: usize) -> Result<Vec<u8>, ExportFinding> {
    let unreadable = |source| ExportFinding::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let all = file.take(limit as u64 + 1).read_to_end(&mut bytes);
    if all.map_err(unreadable)? > limit {
        let path = path.to_owned();
        return Err(ExportFinding::Malformed { path });
    }
    Ok(bytes)
}
