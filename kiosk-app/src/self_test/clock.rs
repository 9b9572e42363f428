//! Is the clock set, and can it be right? Receipts carry its time, and nobody can correct them.

use std::time::Duration;

use attestation::{TimeQuality, Validity};
use hal::system::Machine;

use super::Finding;
use crate::clock::WallTime;

const SET_IT: &str = "Connect the kiosk to the network so that it can set its clock, or set it by \
                      hand, as root: `timedatectl set-ntp false`, then `timedatectl set-time \
                      '2026-01-31 13:45:00'` with the right time, then `timedatectl set-ntp true`. \
                      Repeat the self-test. If the clock is wrong again after the kiosk was without \
                      power, replace the clock's battery.";

/// How well the clock is known, and how far it may be off where a time service says so.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    quality: TimeQuality,
    max_error: Option<Duration>,
}

/// Asks the kernel.
pub fn known() -> Known {
    Known {
        quality: crate::clock::time_quality(),
        max_error: Machine::here().clock().max_error,
    }
}

/// Judges the clock by what is signed: the credential and the newest attestation.
pub fn judge(
    now: WallTime,
    known: Known,
    validity: Option<Validity>,
    newest: Option<WallTime>,
) -> Finding {
    let says = format!("The clock says {}", now.words());
    if let Some(newest) = newest.filter(|newest| now.unix_seconds() < newest.unix_seconds()) {
        return Finding::failed(
            format!(
                "{says}, but the newest attestation was made at {}: the clock was set back.",
                newest.words()
            ),
            SET_IT,
        );
    }
    if let Some(start) = validity.map(|validity| WallTime::at(validity.not_before))
        && now.unix_seconds() < start.unix_seconds()
    {
        return Finding::failed(
            format!(
                "{says}, but the operator enrolled this kiosk at {}: the clock is behind.",
                start.words()
            ),
            SET_IT,
        );
    }
    match known.quality {
        TimeQuality::Synchronised => {
            let within = known.max_error.map_or_else(String::new, |error| {
                format!(" and right within {} ms", error.as_millis().max(1))
            });
            Finding::passed(format!("{says}, set from a time server{within}."))
        }
        TimeQuality::Unsynchronised => Finding::warning(
            format!("{says}. That can be right, but it was not set from a time server."),
            "Compare it with your watch. Connect the kiosk to the network so that it can set its \
             clock.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(quality: TimeQuality) -> Known {
        Known {
            quality,
            max_error: Some(Duration::from_millis(25)),
        }
    }

    #[test]
    fn a_clock_behind_the_newest_attestation_or_the_credential_fails() {
        let validity = Some(Validity {
            not_before: 1_000,
            not_after: 9_000,
        });
        let judged = |now, newest: Option<u64>| {
            judge(
                WallTime::at(now),
                set(TimeQuality::Synchronised),
                validity,
                newest.map(WallTime::at),
            )
            .code()
        };
        assert_eq!(judged(5_000, Some(4_999)), "passed");
        assert_eq!(judged(5_000, Some(5_001)), "failed");
        assert_eq!(judged(999, None), "failed");
        let unset = judge(
            WallTime::at(5_000),
            set(TimeQuality::Unsynchronised),
            None,
            None,
        );
        assert_eq!(unset.code(), "warning");
    }
}
