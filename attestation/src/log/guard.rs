//! A log that was set back to an older copy is whole in itself: only something outside the file can
//! tell. That is the key store's counter, which never goes down. It is advanced to the log's size
//! after each commit and before the commit is reported, so:
//!
//! - counter = size: nothing is missing;
//! - counter = size − 1: the power failed between commit and counter. The newest entry is there and
//!   its receipt was never shown; the counter is advanced;
//! - counter > size: entries that were reported are gone: the log was set back;
//! - counter < size − 1: not this counter's log, or it was written without the counter.
//!
//! The one thing it cannot tell apart: an entry whose commit was never reported (second case) may be
//! cut off again, and looks as if it had never been. No receipt of it exists.

use std::error::Error;
use std::fmt;
use std::path::Path;

use super::error::{Doing, LogError};
use super::{Log, schema};

/// The key store's counter: it only grows, and outlives the log's file.
pub trait RollbackGuard: Send {
    /// The counter's value; 0 before it was ever advanced.
    ///
    /// # Errors
    /// When the key store does not answer.
    fn read(&self) -> Result<u64, GuardError>;

    /// Raises the counter to a value, durably before it returns. A lower or equal value changes
    /// nothing and is no error.
    ///
    /// # Errors
    /// When the key store does not answer; the counter may or may not have advanced.
    fn advance_to(&mut self, value: u64) -> Result<(), GuardError>;
}

/// The key store's counter failed; the cause is the key store's own words.
#[derive(Debug, thiserror::Error)]
#[error("the counter cannot be read or advanced")]
pub struct GuardError(#[source] Box<dyn Error + Send + Sync>);

impl GuardError {
    /// Takes the cause.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

/// The counter beside an open log, and how far it is known to have come.
pub(super) struct Guarded {
    counter: Box<dyn RollbackGuard>,
    reached: u64,
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guarded({})", self.reached)
    }
}

impl Guarded {
    /// Brings the counter up to the log's size.
    pub(super) fn cover(&mut self, size: u64, doing: &Doing<'_>) -> Result<(), LogError> {
        if self.reached < size {
            let advanced = self.counter.advance_to(size);
            advanced.map_err(|e| doing.unguarded(e))?;
            self.reached = size;
        }
        Ok(())
    }
}

impl Log {
    /// Opens the log and checks that it is whole and was not set back. From then on each commit
    /// advances the counter before it is reported.
    ///
    /// # Errors
    /// As [`Log::open`]; and when entries that the counter has seen are gone, when it never saw
    /// those that are there, or when it does not answer.
    pub fn open_guarded(path: &Path, guard: Box<dyn RollbackGuard>) -> Result<Self, LogError> {
        let mut log = Self::open(path)?;
        let (size, counter) = log.compare(guard.as_ref(), path)?;
        if counter.saturating_add(1) < size {
            let path = path.to_owned();
            return Err(LogError::NotCounted {
                path,
                size,
                counter,
            });
        }
        log.guard_with(guard, counter, size)?;
        Ok(log)
    }

    /// Puts a log that was written without a counter, or with one that was replaced, under this
    /// counter. An operator's decision: it believes that the log is the newest.
    ///
    /// # Errors
    /// As [`Log::open`]; and when the counter has seen more entries than there are, or does not
    /// answer.
    pub fn adopt_guard(path: &Path, guard: Box<dyn RollbackGuard>) -> Result<Self, LogError> {
        let mut log = Self::open(path)?;
        let (size, counter) = log.compare(guard.as_ref(), path)?;
        log.guard_with(guard, counter, size)?;
        Ok(log)
    }

    /// Brings the guard's counter up to the log. Each commit does so by itself; one whose counter
    /// failed has left it behind.
    ///
    /// # Errors
    /// When the counter does not answer: then no commit can be expected to work.
    pub fn catch_up(&mut self) -> Result<(), LogError> {
        let path = self.path.clone();
        self.cover(&Doing::new("count", &path))
    }

    /// Size and counter, of which the counter is not the larger.
    fn compare(&self, guard: &dyn RollbackGuard, path: &Path) -> Result<(u64, u64), LogError> {
        let doing = Doing::new("open", path);
        let counter = guard.read().map_err(|e| doing.unguarded(e))?;
        let size = self.size()?;
        if counter > size {
            let path = path.to_owned();
            return Err(LogError::RolledBack {
                path,
                size,
                counter,
            });
        }
        Ok((size, counter))
    }

    fn guard_with(
        &mut self,
        counter: Box<dyn RollbackGuard>,
        reached: u64,
        size: u64,
    ) -> Result<(), LogError> {
        // What the counter is to remember must not be lost again: some of it may still be only in
        // the operating system's cache if the process was killed right after its commit.
        schema::flush(&self.connection).map_err(|e| self.doing("open").failed(e))?;
        let mut guarded = Guarded { counter, reached };
        guarded.cover(size, &self.doing("open"))?;
        self.guard = Some(guarded);
        Ok(())
    }
}
