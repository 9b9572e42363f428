//! Checks an exported log from its files alone: every entry is the kiosk's and in its time, all of
//! them together make the tree whose head the kiosk signed, and each tile is right. Nothing but the
//! operator's public key is believed. Files that do not belong to the head are not looked at.

use std::path::Path;

use super::finding::ExportFinding;
use super::heads::{Cosigned, not_witnessed};
use super::published::{PublishedLog, read};
use super::{ENTRIES, Row, TREE_LEVELS, Tile, WIDTH, bundle, hash_rows};
use crate::checkpoint::SignedCheckpoint;
use crate::claims::Claims;
use crate::cose::{Purpose, Sign1};
use crate::credential::Credential;
use crate::device::DevicePublicKey;
use crate::merkle::{Hash, leaf_hash};
use crate::merkle_frontier::Frontier;
use crate::operator::OperatorPublicKey;
use crate::witness::WitnessPublicKey;

/// An exported log that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportReport {
    /// The head; everything up to it was checked.
    pub head: SignedCheckpoint,
    /// The key that signed everything.
    pub device: DevicePublicKey,
    /// How many credentials of the operator cover the entries' times.
    pub credentials: usize,
    /// What was there to be checked.
    pub contents: Contents,
    /// What each witness that was asked for has seen of this log.
    pub witnessed: Vec<Cosigned>,
}

/// What an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// The attestations and their hashes: for auditors.
    Entries,
    /// The hashes alone: for everybody. That each is of an attestation is the kiosk's word.
    Digests,
}

/// Checks an exported log.
///
/// # Errors
/// The first thing that is missing or does not hold.
pub fn check_export(
    folder: &Path,
    operator: &OperatorPublicKey,
) -> Result<ExportReport, ExportFinding> {
    check_witnessed_export(folder, operator, &[], &mut |_, _| ())
}

/// Checks an exported log of which these witnesses must have seen a part, and tells after each
/// file of 256 entries how many are done, of how many.
///
/// # Errors
/// The first thing that is missing or does not hold.
pub fn check_witnessed_export(
    folder: &Path,
    operator: &OperatorPublicKey,
    witnesses: &[WitnessPublicKey],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ExportReport, ExportFinding> {
    let log = PublishedLog::open_unseen(folder, operator)?;
    let said = witnesses.iter().map(|witness| {
        let said = log.cosigned(witness)?;
        let said = said.ok_or_else(|| not_witnessed(witness))?;
        // Who saw more than there is saw what was taken away since.
        let size = log.head().checkpoint.size;
        match said.size() {
            seen if (1..=size).contains(&seen) => Ok(said),
            seen => Err(ExportFinding::OtherHistory { seen, size }),
        }
    });
    let witnessed = said.collect::<Result<Vec<_>, _>>()?;
    let head = log.head();
    let mut check = Check {
        folder,
        credentials: &log.heads.credentials,
        tree: Frontier::default(),
        unfinished: vec![Vec::new(); hash_rows(head.checkpoint.size).count()],
        seen: &witnessed,
        other_history: None,
    };
    let contents = check.contents();
    check.all(contents, head.checkpoint.size, progress)?;
    check.unfinished_tiles()?;
    if check.tree.root() != Some(head.checkpoint.root) {
        return Err(ExportFinding::Root);
    }
    // Only a tree that is the signed one can speak against the kiosk: others are damaged.
    if let Some(seen) = check.other_history {
        let size = head.checkpoint.size;
        return Err(ExportFinding::OtherHistory { seen, size });
    }
    Ok(ExportReport {
        head: head.clone(),
        device: *log.device(),
        credentials: log.heads.credentials.len(),
        contents,
        witnessed,
    })
}

/// One pass over the entries. `unfinished` are the hashes of each row's last tile.
struct Check<'a> {
    folder: &'a Path,
    credentials: &'a [Credential],
    tree: Frontier,
    unfinished: Vec<Vec<Hash>>,
    seen: &'a [Cosigned],
    /// The size of a head that a witness saw, and that is none of this tree.
    other_history: Option<u64>,
}

impl Check<'_> {
    /// An export without entries says so by not having their folder.
    fn contents(&self) -> Contents {
        match self.folder.join(ENTRIES).exists() {
            true => Contents::Entries,
            false => Contents::Digests,
        }
    }

    fn all(
        &mut self,
        contents: Contents,
        size: u64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), ExportFinding> {
        let row = match contents {
            Contents::Entries => Row::Entries,
            Contents::Digests => Row::Hashes(0),
        };
        for tile in Tile::all(row, 0, size) {
            match contents {
                Contents::Entries => self.entries(&tile)?,
                Contents::Digests => self.digests(&tile)?,
            }
            progress(self.tree.size(), size);
        }
        Ok(())
    }

    fn entries(&mut self, tile: &Tile) -> Result<(), ExportFinding> {
        let path = self.folder.join(tile.path());
        let bytes = read(&path, bundle::MAX_BYTES)?;
        let entries = bundle::split(&bytes);
        let entries = entries.filter(|entries| entries.len() as u64 == tile.width);
        for entry in entries.ok_or(ExportFinding::Malformed { path })? {
            self.statements(entry)?;
            self.grow(leaf_hash(entry))?;
        }
        Ok(())
    }

    fn digests(&mut self, tile: &Tile) -> Result<(), ExportFinding> {
        let path = self.folder.join(tile.path());
        let bytes = read(&path, WIDTH as usize * 32)?;
        match bytes.as_chunks::<32>() {
            (hashes, []) if hashes.len() as u64 == tile.width => {
                hashes.iter().try_for_each(|hash| self.grow(*hash))
            }
            _ => Err(ExportFinding::Malformed { path }),
        }
    }

    /// The entry is an attestation that the kiosk signed while the operator vouched for it.
    fn statements(&self, entry: &[u8]) -> Result<(), ExportFinding> {
        let index = self.tree.size();
        let damaged = |source| ExportFinding::Entry { index, source };
        let message = Sign1::decode(entry, Purpose::Attestation).map_err(damaged)?;
        let claims = Claims::from_cwt(message.payload).map_err(damaged)?;
        // A rotated key has credentials of its own: the one that signed is the one that counts.
        let keys = self.credentials.iter().map(|credential| credential.device);
        let signer = keys
            .rev()
            .find(|key| key.attested(message.payload, &message.signature))
            .ok_or(ExportFinding::NotSigned { index })?;
        let vouched_for = self.credentials.iter().any(|credential| {
            credential.device == signer
                && credential.kiosk == claims.kiosk
                && credential.site == claims.site
                && credential.validity.covers(claims.issued_at)
        });
        if vouched_for {
            Ok(())
        } else {
            Err(ExportFinding::NotVouchedFor { index })
        }
    }

    /// Adds a leaf and compares every tile that it fills.
    fn grow(&mut self, leaf: Hash) -> Result<(), ExportFinding> {
        for (level, position, hash) in self.tree.push(leaf) {
            if !level.is_multiple_of(TREE_LEVELS) {
                continue;
            }
            let row = level / TREE_LEVELS;
            let hashes = &mut self.unfinished[row as usize];
            hashes.push(hash);
            if hashes.len() as u64 == WIDTH {
                let full = std::mem::take(hashes);
                self.compare(row, position / WIDTH, &full)?;
            }
        }
        self.compare_with_what_was_seen();
        Ok(())
    }

    /// A witness that saw a head of this size saw this tree.
    fn compare_with_what_was_seen(&mut self) {
        let (size, root) = (self.tree.size(), self.tree.root());
        let differs = |it: &Cosigned| it.size() == size && root != Some(it.head.checkpoint.root);
        if self.seen.iter().any(differs) {
            self.other_history = self.other_history.or(Some(size));
        }
    }

    fn unfinished_tiles(&self) -> Result<(), ExportFinding> {
        for (row, hashes) in (0..).zip(&self.unfinished) {
            if !hashes.is_empty() {
                let index = Row::Hashes(row).count(self.tree.size()) / WIDTH;
                self.compare(row, index, hashes)?;
            }
        }
        Ok(())
    }

    fn compare(&self, row: u32, index: u64, hashes: &[Hash]) -> Result<(), ExportFinding> {
        let tile = Tile {
            row: Row::Hashes(row),
            index,
            width: hashes.len() as u64,
        };
        let path = self.folder.join(tile.path());
        if read(&path, WIDTH as usize * 32)? == hashes.as_flattened() {
            Ok(())
        } else {
            Err(ExportFinding::Tile { path })
        }
    }
}
