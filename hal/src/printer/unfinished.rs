//! Whether a slip was begun and not finished, so that what there is of it may still hang in the printer
//! or lie in its buffer. Kept in a file as well: a power cut or a crash must not leave one person's half
//! receipt to come out on top of the next one's.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What is known of the last slip.
pub(super) struct Unfinished {
    file: Option<PathBuf>,
    is: bool,
}

impl Unfinished {
    /// As it was when the kiosk ended; nothing is where nothing is kept.
    pub(super) fn remembered(file: Option<PathBuf>) -> Self {
        Self {
            is: file.as_ref().is_some_and(|file| file.exists()),
            file,
        }
    }

    pub(super) fn get(&self) -> bool {
        self.is
    }

    pub(super) fn set(&mut self, unfinished: bool) {
        if self.is == unfinished {
            return;
        }
        self.is = unfinished;
        let Some(file) = &self.file else { return };
        let kept = if unfinished {
            create(file)
        } else {
            fs::remove_file(file)
        };
        if let Err(error) = kept {
            // Nobody is kept from a receipt by this; after a crash it may come out struck out.
            tracing::warn!(%error, file = %file.display(), "an unfinished slip is not remembered");
        }
    }
}

/// Durably: it is for the moment after a power cut.
fn create(file: &Path) -> io::Result<()> {
    File::create(file)?.sync_all()?;
    file.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
