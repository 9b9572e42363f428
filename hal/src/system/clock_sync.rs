//! How well the kernel knows the time: adjtimex(2), which every time service keeps (timesyncd, chrony,
//! ntpd). Only read, never set.

#![allow(
    unsafe_code,
    reason = "adjtimex has no safe wrapper in the crates we use"
)]

use std::time::Duration;

/// What the kernel says of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSync {
    /// A time service set it, and not too long ago: the kernel gives up after some nine hours without
    /// a word from one (at 500 ppm its own bound then passes 16 s).
    pub synchronised: bool,
    /// How far it may be off at most, by that service's estimate; none if it is not synchronised.
    pub max_error: Option<Duration>,
}

/// Asks the kernel.
pub(super) fn look() -> ClockSync {
    // SAFETY: `timex` is plain numbers, for which all bits zero is a value; with `modes` 0 the kernel
    // only writes to it, within its size, and it lives until the call returns.
    let (state, status, max_error_us) = unsafe {
        let mut timex: libc::timex = std::mem::zeroed();
        let state = libc::adjtimex(&raw mut timex);
        (state, timex.status, timex.maxerror)
    };
    judge(state, status, max_error_us)
}

fn judge(state: i32, status: i32, max_error_us: i64) -> ClockSync {
    let synchronised = state >= 0 && state != libc::TIME_ERROR && status & libc::STA_UNSYNC == 0;
    ClockSync {
        synchronised,
        max_error: u64::try_from(max_error_us)
            .ok()
            .filter(|_| synchronised)
            .map(Duration::from_micros),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_synchronised_only_if_the_kernel_says_so_in_every_way() {
        assert_eq!(
            judge(libc::TIME_OK, 0, 25_000),
            ClockSync {
                synchronised: true,
                max_error: Some(Duration::from_millis(25)),
            }
        );
        assert!(!judge(libc::TIME_ERROR, 0, 0).synchronised);
        assert!(!judge(libc::TIME_OK, libc::STA_UNSYNC, 0).synchronised);
        assert!(!judge(-1, 0, 0).synchronised, "the call failed");
        assert_eq!(judge(libc::TIME_ERROR, 0, 16_000_000).max_error, None);
    }
}
