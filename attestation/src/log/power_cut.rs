//! Cutting the power at the worst moment, for demonstrations and tests (feature `sim` only).

use rustix::process::{Signal, getpid, kill_process};

use super::{Log, LogError};

impl Log {
    /// Kills this process, as a power cut would, inside the next commit: all rows are written to
    /// the transaction, and it is not committed.
    ///
    /// # Errors
    /// When SQLite does not take the hook.
    pub fn kill_at_next_commit(&mut self) -> Result<(), LogError> {
        let hook = || {
            // SIGKILL cannot be caught: nothing after this line runs, so nothing is undone
            // either. If it could not be sent, the commit is rolled back.
            kill_process(getpid(), Signal::KILL).ok();
            true
        };
        let hooked = self.connection.commit_hook(Some(hook));
        hooked.map_err(|e| self.doing("prepare a power cut in").failed(e))
    }
}
