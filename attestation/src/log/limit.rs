//! How large the log may become. Nothing is ever removed from it: an attestation must be there when
//! somebody asks for it years later. So it is refused in time, with its own reason, before a full
//! disk stops other things; and who runs the kiosk is told long before.

use super::error::{Doing, LogError};
use super::{Log, nodes};

/// 8 GiB: some forty years of a busy kiosk (1,000 attestations a day; `examples/log_scale.rs`
/// measures the bytes of one).
pub const DEFAULT_LIMIT_BYTES: u64 = 8 << 30;

/// The part of the limit from which on the operator should be told, in percent.
const SHORT_PERCENT: u64 = 90;

/// How much of its room a log has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What the file takes.
    pub used_bytes: u64,
    /// What it may take.
    pub limit_bytes: u64,
    /// How many attestations are in it.
    pub entries: u64,
}

impl Room {
    /// Whether it is time to tell the operator.
    #[must_use]
    pub const fn is_short(&self) -> bool {
        self.used_bytes / SHORT_PERCENT >= self.limit_bytes / 100
    }

    /// How many more attestations fit, by the size of those that are there; none if there are too
    /// few to tell.
    #[must_use]
    pub fn entries_left(&self) -> Option<u64> {
        // The empty tables weigh less than 1 % of this many.
        const ENOUGH: u64 = 10_000;
        let bytes_each = (self.used_bytes / self.entries.max(1)).max(1);
        let left = self.limit_bytes.saturating_sub(self.used_bytes);
        (self.entries >= ENOUGH).then_some(left / bytes_each)
    }
}

impl Log {
    /// Sets how large the file may become ([`DEFAULT_LIMIT_BYTES`] if it is never set). A log that
    /// is larger already is read as before, and takes no more attestations.
    pub const fn set_limit(&mut self, bytes: u64) {
        self.limit_bytes = bytes;
    }

    /// How much of its room the log has taken.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn room(&self) -> Result<Room, LogError> {
        self.measure(&self.doing("read"))
    }

    pub(super) fn check_room(&self, doing: &Doing<'_>) -> Result<(), LogError> {
        let room = self.measure(doing)?;
        if room.used_bytes < room.limit_bytes {
            Ok(())
        } else {
            Err(LogError::LimitReached {
                path: self.path.clone(),
                used: room.used_bytes,
                limit: room.limit_bytes,
            })
        }
    }

    fn measure(&self, doing: &Doing<'_>) -> Result<Room, LogError> {
        let number = |name| {
            self.connection
                .pragma_query_value(None, name, |row| row.get(0))
        };
        let measure = || {
            let (pages, bytes): (u64, u64) = (number("page_count")?, number("page_size")?);
            Ok(Room {
                used_bytes: pages.saturating_mul(bytes),
                limit_bytes: self.limit_bytes,
                entries: nodes::size(&self.connection)?,
            })
        };
        measure().map_err(|e| doing.failed(e))
    }
}
