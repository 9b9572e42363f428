//! Filling a log faster than a disk can flush, for measurements (feature `sim` only).

use super::{Log, LogError};

impl Log {
    /// While in a hurry, a commit does not wait for the disk: a power cut may lose it. Afterwards
    /// everything is on the disk.
    ///
    /// # Errors
    /// When SQLite does not take the setting, or the file cannot be written.
    pub fn set_hurry(&mut self, is_in_a_hurry: bool) -> Result<(), LogError> {
        let synchronous = if is_in_a_hurry { "OFF" } else { "FULL" };
        let set = self
            .connection
            .pragma_update(None, "synchronous", synchronous);
        set.and_then(|()| super::schema::flush(&self.connection))
            .map_err(|e| self.doing("prepare a measurement of").failed(e))
    }
}
