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
use crate::tiles::{
    self, ANCHORS, CHECKPOINT, COSIGNED, CREDENTIALS, Cosigned, ENTRIES, Row, TREE_LEVELS, Tile,
};
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

/// What leaves the kiosk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Hashes, head and credentials: tell nobody anything about a visit, and may be published.
    Digests,
    /// The attestations too: for auditors, in safe hands.
    Entries,
}

/// Where files of an export go, by their names in the folder.
pub(crate) trait Sink {
    /// What is there already; none if it is not.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Writes or replaces a file, whole or not at all.
    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
}

/// A folder, which is made if it is not there.
struct Folder<'p>(&'p Path);

impl Sink for Folder<'_> {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(self.0.join(name)) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.0.join(name);
        durable::make_folder(path.parent().unwrap_or(self.0))?;
        durable::write(&path, bytes)
    }
}

impl Log {
    /// Writes what is new into a folder, which is made if it is not there: everything, for auditors.
    /// An empty log writes nothing. The hash and entry files of earlier exports stay as they are.
    ///
    /// # Errors
    /// When the folder holds the export of another log or of a longer one, or cannot be written.
    pub fn export(&self, folder: &Path) -> Result<Exported, LogError> {
        self.export_telling(folder, Scope::Entries, &mut |_, _| ())
    }

    /// As [`Log::export`], with or without the entries; tells after each file how many are written,
    /// of how many. A folder that was begun without entries cannot go on with them: some would be
    /// missing.
    ///
    /// # Errors
    /// As [`Log::export`].
    pub fn export_telling(
        &self,
        folder: &Path,
        scope: Scope,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Exported, LogError> {
        let mut sink = Folder(folder);
        let begun_otherwise = match scope {
            Scope::Entries => folder.join(CHECKPOINT).exists() && !folder.join(ENTRIES).exists(),
            Scope::Digests => folder.join(ENTRIES).exists(),
        };
        if begun_otherwise {
            return Err(LogError::ExportOfOtherScope {
                path: self.path.clone(),
                folder: folder.to_owned(),
            });
        }
        self.export_into(&mut sink, folder, scope, progress)
    }

    pub(crate) fn export_into(
        &self,
        sink: &mut dyn Sink,
        place: &Path,
        scope: Scope,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Exported, LogError> {
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
            sink,
            place,
            files: 0,
            progress,
        };
        let before = export.size_before(&head, &device)?;
        let size = head.checkpoint.size;
        if before < size {
            export.credentials()?;
            export.tiles(scope, before, size)?;
        }
        export.heads(&head, &device, &self.cosigned()?, before)?;
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
    sink: &'l mut dyn Sink,
    place: &'l Path,
    files: u64,
    progress: &'l mut dyn FnMut(u64, u64),
}

impl Export<'_> {
    /// How far the last export got. Its head must be one of ours: otherwise the folder is
    /// another log's, or this log has lost what it had.
    fn size_before(
        &self,
        head: &SignedCheckpoint,
        device: &DevicePublicKey,
    ) -> Result<u64, LogError> {
        let Some(note) = self.read(CHECKPOINT)? else {
            return Ok(0);
        };
        let another = || LogError::ExportOfAnother {
            path: self.doing.path.to_owned(),
            folder: self.place.to_owned(),
        };
        let note = String::from_utf8(note).map_err(|_| another())?;
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

    /// What witnesses said, and last of all the newest head: with their words, where it has some.
    fn heads(
        &mut self,
        head: &SignedCheckpoint,
        device: &DevicePublicKey,
        cosigned: &[Cosigned],
        before: u64,
    ) -> Result<(), LogError> {
        // Words that were added to the folder alone stay there while the head does.
        let there = match self.read(CHECKPOINT)? {
            Some(note) if before == head.checkpoint.size => String::from_utf8(note).ok(),
            _ => None,
        };
        let mut note = there.clone().unwrap_or_else(|| head.note(device));
        for it in cosigned {
            let name = format!("{COSIGNED}/{}", it.cosignature.witness().hint_text());
            self.write_if_new(&name, it.note(device).as_bytes())?;
            let line = it.cosignature.line();
            if it.head == *head && !note.contains(&line) {
                note.push_str(&line);
            }
        }
        if there.as_ref() == Some(&note) {
            return Ok(());
        }
        self.write(CHECKPOINT, note.as_bytes())
    }

    fn credentials(&mut self) -> Result<(), LogError> {
        let query = "SELECT cose FROM credentials WHERE id >= ?1 AND id < ?2 ORDER BY id";
        let bundle = self.bundle(query, (0, MAX_CREDENTIALS), 0)?;
        self.write(CREDENTIALS, &bundle)
    }

    fn tiles(&mut self, scope: Scope, before: u64, size: u64) -> Result<(), LogError> {
        let entries = (scope == Scope::Entries).then_some(Row::Entries);
        let rows = || entries.into_iter().chain(tiles::hash_rows(size));
        let files = |row: Row| Tile::all(row, row.count(before), row.count(size));
        let total = rows().map(|row| files(row).count() as u64).sum();
        for (done, (row, tile)) in
            (1..).zip(rows().flat_map(|row| files(row).map(move |t| (row, t))))
        {
            let bytes = match row {
                Row::Entries => self.entries(&tile)?,
                Row::Hashes(level) => self.hashes(level, &tile)?,
            };
            self.write(&tile.path(), &bytes)?;
            (self.progress)(done, total);
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
        if text.is_empty() && self.read(ANCHORS)?.is_none() {
            return Ok(());
        }
        self.write_if_new(ANCHORS, text.as_bytes())
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

    fn write_if_new(&mut self, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        match self.read(name)? {
            Some(there) if there == bytes => Ok(()),
            _ => self.write(name, bytes),
        }
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        let written = self.sink.write(name, bytes);
        written.map_err(|source| self.failed(name, source))?;
        self.files += 1;
        Ok(())
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, LogError> {
        self.sink
            .read(name)
            .map_err(|source| self.failed(name, source))
    }

    fn failed(&self, name: &str, source: io::Error) -> LogError {
        LogError::Export {
            path: self.doing.path.to_owned(),
            file: self.place.join(name),
            source,
        }
    }
}
