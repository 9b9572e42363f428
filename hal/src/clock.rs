//! The one place where this room reads a clock: CLOCK_MONOTONIC, the clock with which Linux
//! camera drivers stamp their frames. Wall time does not exist in here.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Time since the epoch of CLOCK_MONOTONIC (on Linux: since boot, without suspend).
#[must_use]
pub fn monotonic_now() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    // Both parts are non-negative for this clock, by POSIX.
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}
