//! A way to lose power in the middle of a change, for tests; never in a device's build.

use std::sync::OnceLock;

use rustix::process::{Signal, getpid, kill_process};

static AFTER: OnceLock<String> = OnceLock::new();

/// Kills this process (SIGKILL) after this step of the next change: `sealed`, `written`,
/// `in force` or `in place`.
pub fn after(step: &str) {
    // A second call changes nothing: power is lost once.
    let _ = AFTER.set(step.to_owned());
}

pub(super) fn here(step: &str) {
    if AFTER.get().is_some_and(|after| after == step) {
        // SIGKILL cannot be refused.
        let _ = kill_process(getpid(), Signal::KILL);
    }
}
