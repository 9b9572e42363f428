//! Tells who waits at a terminal how far long work is.

use std::io::{IsTerminal, Write, stderr};

/// A line on standard error that is written over; none where nobody watches.
pub(super) struct Progress {
    what: &'static str,
    told: Option<u64>,
    is_watched: bool,
}

impl Progress {
    pub(super) fn of(what: &'static str) -> Self {
        Self {
            what,
            told: None,
            is_watched: stderr().is_terminal(),
        }
    }

    pub(super) fn tell(&mut self, done: u64, total: u64) {
        let percent = done.saturating_mul(100) / total.max(1);
        if self.is_watched && self.told != Some(percent) {
            self.told = Some(percent);
            // Who watches can do without, if the terminal is gone.
            let _ = write!(stderr(), "\r{} {percent} % ", self.what);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.told.is_some() {
            let _ = write!(stderr(), "\r{:30}\r", "");
        }
    }
}
