//! The event file, `events.jsonl`: written by a thread of its own, so that a slow disk holds up no
//! resident's screen. The queue is bounded, and so is the space on the disk: a full file is kept
//! under a number, and the oldest goes.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use crate::clock::WallTime;
use crate::record::{self, Record};

/// Events that wait for the disk; a busy minute has some twenty.
const QUEUE: usize = 1_024;

/// A file that is larger is put away: about 5,000 residents, at some 1,500 bytes each.
const FULL_BYTES: u64 = 8 << 20;

/// Files put away, `events.1.jsonl` being the newest.
const KEPT: usize = 4;

/// The way into the file. Dropping it writes what still waits.
pub struct EventFile {
    queue: Option<SyncSender<(u64, Record)>>,
    /// Events that found the queue full, and are not told of yet.
    lost: u64,
    writer: Option<JoinHandle<()>>,
}

impl EventFile {
    /// Opens the file and starts its thread.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = append(path)?;
        let (queue, waiting) = sync_channel(QUEUE);
        let writer = Writer {
            bytes: file.metadata()?.len(),
            file,
            path: path.into(),
            full: FULL_BYTES,
        };
        let writer = std::thread::Builder::new()
            .name("events".into())
            .spawn(move || writer.run(&waiting))?;
        Ok(Self {
            queue: Some(queue),
            lost: 0,
            writer: Some(writer),
        })
    }

    /// Hands an event over with the present time; never waits.
    pub fn write(&mut self, record: &Record) {
        if self.lost > 0 && self.send(Record::EventsLost { count: self.lost }) {
            self.lost = 0;
        }
        if !self.send(record.clone()) {
            self.lost += 1;
        }
    }

    /// Whether there was room.
    fn send(&self, record: Record) -> bool {
        let now = WallTime::now().unix_milliseconds();
        let sent = self
            .queue
            .as_ref()
            .map(|queue| queue.try_send((now, record)));
        !matches!(sent, Some(Err(TrySendError::Full(_))))
    }
}

impl Drop for EventFile {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the event file's thread had panicked");
        }
    }
}

struct Writer {
    file: File,
    path: PathBuf,
    bytes: u64,
    /// Bytes from which on the file is put away.
    full: u64,
}

impl Writer {
    fn run(mut self, waiting: &Receiver<(u64, Record)>) {
        while let Ok((unix_ms, record)) = waiting.recv() {
            if let Err(error) = self.write(unix_ms, &record) {
                // Residents are served all the same; the log of attestations has its own checks.
                tracing::error!(%error, "an event could not be written");
            }
        }
    }

    fn write(&mut self, unix_ms: u64, record: &Record) -> io::Result<()> {
        if self.bytes >= self.full {
            self.put_away()?;
        }
        let mut line = Vec::new();
        record::write_line(&mut line, unix_ms, record)?;
        // One call for one line: a power cut leaves at most the last one incomplete.
        io::Write::write_all(&mut self.file, &line)?;
        self.bytes += line.len() as u64;
        Ok(())
    }

    fn put_away(&mut self) -> io::Result<()> {
        for older in (1..KEPT).rev() {
            let (from, to) = (self.numbered(older), self.numbered(older + 1));
            if from.exists() {
                fs::rename(from, to)?;
            }
        }
        fs::rename(&self.path, self.numbered(1))?;
        self.file = append(&self.path)?;
        self.bytes = 0;
        Ok(())
    }

    /// `events.jsonl` → `events.1.jsonl`.
    fn numbered(&self, number: usize) -> PathBuf {
        self.path.with_extension(format!("{number}.jsonl"))
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &Path) -> usize {
        fs::read_to_string(path).map_or(0, |text| text.lines().count())
    }

    #[test]
    fn what_was_handed_over_is_in_the_file_when_the_kiosk_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        for _ in 0..2 {
            let mut events = EventFile::open(&path).unwrap();
            for _ in 0..100 {
                events.write(&Record::Begun);
            }
        }
        assert_eq!(lines(&path), 200, "a new start goes on with the same file");
    }

    #[test]
    fn full_files_are_put_away_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut writer = Writer {
            file: append(&path).unwrap(),
            path: path.clone(),
            bytes: 0,
            full: 100,
        };
        for index in 0..60 {
            writer.write(index, &Record::Committed { index }).unwrap();
        }
        let newest = fs::read_to_string(&path).unwrap();
        assert!(newest.contains("\"index\":59"));
        for number in 1..=KEPT {
            assert!(lines(&writer.numbered(number)) > 0);
        }
        assert!(!writer.numbered(KEPT + 1).exists());
    }

    #[test]
    fn a_full_queue_loses_events_and_says_how_many() {
        let (queue, waiting) = sync_channel(2);
        let mut events = EventFile {
            queue: Some(queue),
            lost: 0,
            writer: None,
        };
        for _ in 0..5 {
            events.write(&Record::Begun);
        }
        assert_eq!(waiting.try_iter().count(), 2);
        events.write(&Record::Consented);
        let said: Vec<Record> = waiting.try_iter().map(|(_, record)| record).collect();
        assert_eq!(said, [Record::EventsLost { count: 3 }, Record::Consented]);
    }
}
