//! What is looked at before a log is used, in O(log n): that the newest entries, their places in
//! the tree and the newest head belong together and are signed. It catches a file that was cut off,
//! put together from parts, or lost what a disk only promised to have written. Damage elsewhere is
//! found by the patrol while the kiosk runs ([`Log::patrol`]) and by [`Log::audit`].

use super::error::{Doing, LogError};
use super::finding::Finding;
use super::patrol::Round;
use super::{Log, identity, nodes};

/// How many of the newest entries are looked at: more than a disk can have lost of its cache
/// without having lost the write-ahead log too.
const ENTRIES: u64 = 32;

impl Log {
    pub(super) fn check_recent(&self, doing: &Doing<'_>) -> Result<(), LogError> {
        let sql = |e| doing.failed(e);
        let size = nodes::size(&self.connection).map_err(sql)?;
        for (what, query) in [
            ("heads", "SELECT coalesce(max(size), 0) FROM heads"),
            (
                "nodes",
                "SELECT coalesce(max(position) + 1, 0) FROM nodes WHERE level = 0",
            ),
        ] {
            let found = self.connection.query_one(query, (), |row| row.get(0));
            let found: u64 = found.map_err(sql)?;
            if found != size {
                return Err(doing.corrupt(Finding::Count {
                    what,
                    found,
                    expected: size,
                }));
            }
        }
        let Some((origin, _)) = identity(&self.connection).map_err(sql)? else {
            return match size {
                0 => Ok(()),
                _ => Err(doing.corrupt(Finding::AnotherDevice)),
            };
        };
        let round = Round {
            connection: &self.connection,
            origin: &origin,
        };
        round.walk(size.saturating_sub(ENTRIES)..size, doing)
    }
}
