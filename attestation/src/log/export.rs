//! Writes the log out as static tiles (c2sp.org/tlog-tiles). A later export into the same folder
//! only adds: full files never change, and the checkpoint is replaced last, so that at every moment
//! the folder holds what its checkpoint promises, also if the power fails in between.

use std::io;
use std::path::Path;

use rusqlite::Connection;

use super::error::{Doing, LogError};
use super::finding::Finding;
use super::nodes::SqliteNodes;
use super::{Log, identity};
use crate::cbor::DecodeError;
use crate::checkpoint::SignedCheckpoint;
use crate::device::DevicePublicKey;
use crate::tiles::{self, ANCHORS, CHECKPOINT, CREDENTIALS, Row, TREE_LEVELS, Tile};
use crate::{durable, merkle};

/// Many more than a kiosk gets in its life, and as many as fit the file.
const MAX_CREDENTIALS: u64 = tiles::WIDTH;

/// What an export did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many attestations the folder now holds.
    pub size: u64,
    /// How many it held before.
    pub before: u64,
    /// How many files were written.
    pub files: u64,
}

impl Log {
    /// Writes what is new into a folder, which is made if it is not there. An empty log writes
    /// nothing. The hash and entry files of earlier exports stay as they are.
    ///
    /// # Errors
    /// When the folder holds the export of another log or of a longer one, or cannot be written.
    pub fn export(&self, folder: &Path) -> Result<Exported, LogError> {
        let doing = self.doing("export");
        let (Some(head), Some(device)) = (self.head()?, self.device(&doing)?) else {
            let (size, before, files) = (0, 0, 0);
            return Ok(Exported {
                size,
                before,
                files,
            });
        };
        let mut export = Export {
            connection: &self.connection,
            doing,
            folder,
            files: 0,
        };
        let before = export.size_before(&head, &device)?;
        let size = head.checkpoint.size;
        if before < size {
            export.credentials()?;
            export.tiles(before, size)?;
            export.write(CHECKPOINT, head.note(&device).as_bytes())?;
        }
        export.anchors(size)?;
        Ok(Exported {
            size,
            before,
            files: export.files,
        })
    }

    fn device(&self, doing: &Doing<'_>) -> Result<Option<DevicePublicKey>, LogError> {
        let known = identity(&self.connection).map_err(|e| doing.failed(e))?;
        let key = known.map(|(_, key)| DevicePublicKey::from_bytes(&key));
        key.transpose()
            .map_err(|_| doing.corrupt(Finding::AnotherDevice))
    }
}

struct Export<'l> {
    connection: &'l Connection,
    doing: Doing<'l>,
    folder: &'l Path,
    files: u64,
}

impl Export<'_> {
    /// How far the last export got. Its head must be one of ours: otherwise the folder is
    /// another log's, or this log has lost what it had.
    fn size_before(
        &self,
        head: &SignedCheckpoint,
        device: &DevicePublicKey,
    ) -> Result<u64, LogError> {
        let path = self.folder.join(CHECKPOINT);
        let note = match std::fs::read_to_string(&path) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(0),
            read => read.map_err(|source| self.failed(&path, source))?,
        };
        let another = || LogError::ExportOfAnother {
            path: self.doing.path.to_owned(),
            folder: self.folder.to_owned(),
        };
        let old = SignedCheckpoint::from_note(&note, device).map_err(|_| another())?;
        let old = old.checkpoint;
        if old.origin != head.checkpoint.origin || old.size > head.checkpoint.size {
            return Err(another());
        }
        let root = merkle::root(&SqliteNodes(self.connection), old.size);
        if root.map_err(|e| self.doing.failed(e))? == old.root {
            Ok(old.size)
        } else {
            Err(another())
        }
    }

    fn credentials(&mut self) -> Result<(), LogError> {
        let query = "SELECT cose FROM credentials WHERE id >= ?1 AND id < ?2 ORDER BY id";
        let bundle = self.bundle(query, (0, MAX_CREDENTIALS), 0)?;
        self.write(CREDENTIALS, &bundle)
    }

    fn tiles(&mut self, before: u64, size: u64) -> Result<(), LogError> {
        for row in [Row::Entries].into_iter().chain(tiles::hash_rows(size)) {
            for tile in Tile::all(row, row.count(before), row.count(size)) {
                let bytes = match row {
                    Row::Entries => self.entries(&tile)?,
                    Row::Hashes(level) => self.hashes(level, &tile)?,
                };
                self.write(&tile.path(), &bytes)?;
            }
        }
        Ok(())
    }

    /// Which heads were anchored, for who looks for the first that covers an entry. Anchors come
    /// later than entries, so this file may be new where the others are not.
    fn anchors(&mut self, size: u64) -> Result<(), LogError> {
        let read = || -> rusqlite::Result<String> {
            let query = "SELECT DISTINCT size FROM anchors WHERE size <= ?1 ORDER BY size";
            let mut statement = self.connection.prepare_cached(query)?;
            let sizes = statement.query_map([size], |row| row.get::<_, u64>(0))?;
            sizes.map(|size| Ok(format!("{}\n", size?))).collect()
        };
        let text = read().map_err(|e| self.doing.failed(e))?;
        let known = std::fs::read(self.folder.join(ANCHORS)).unwrap_or_default();
        if text.as_bytes() == known {
            return Ok(());
        }
        self.write(ANCHORS, text.as_bytes())
    }

    fn entries(&self, tile: &Tile) -> Result<Vec<u8>, LogError> {
        let query = "SELECT cose FROM entries WHERE leaf >= ?1 AND leaf < ?2 ORDER BY leaf";
        let range = (tile.start(), tile.start() + tile.width);
        self.bundle(query, range, tile.start())
    }

    fn hashes(&self, level: u32, tile: &Tile) -> Result<Vec<u8>, LogError> {
        let nodes = SqliteNodes(self.connection);
        let mut bytes = Vec::new();
        for position in tile.start()..tile.start() + tile.width {
            let hash = merkle::Nodes::node(&nodes, level * TREE_LEVELS, position);
            bytes.extend_from_slice(&hash.map_err(|e| self.doing.failed(e))?);
        }
        Ok(bytes)
    }

    fn bundle(&self, query: &str, range: (u64, u64), first: u64) -> Result<Vec<u8>, LogError> {
        let read = || -> rusqlite::Result<Vec<Vec<u8>>> {
            let mut statement = self.connection.prepare_cached(query)?;
            statement.query_map(range, |row| row.get(0))?.collect()
        };
        let mut bundle = Vec::new();
        let entries = read().map_err(|e| self.doing.failed(e))?;
        for (index, entry) in (first..).zip(entries) {
            tiles::push_entry(&mut bundle, &entry).ok_or_else(|| {
                let what = "the length of an entry";
                let source = DecodeError::Unknown { what };
                self.doing.corrupt(Finding::Unreadable { index, source })
            })?;
        }
        Ok(bundle)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        let path = self.folder.join(name);
        let folder = path.parent().unwrap_or(self.folder);
        durable::make_folder(folder)
            .and_then(|()| durable::write(&path, bytes))
            .map_err(|source| self.failed(&path, source))?;
        self.files += 1;
        Ok(())
    }

    fn failed(&self, file: &Path, source: io::Error) -> LogError {
        LogError::Export {
            path: self.doing.path.to_owned(),
            file: file.to_owned(),
            source,
        }
    }
}
