//! Is the clock set, and can it be right? Receipts carry its time, and nobody can correct them.

use attestation::{TimeQuality, Validity};

use super::Finding;
use crate::clock::WallTime;

const SET_IT: &str = "Connect the kiosk to the network so that it can set its clock, or set it by \
                      hand (`sudo timedatectl set-time`), then repeat the self-test. If the clock \
                      is wrong again after the kiosk was without power, replace the clock's battery.";

/// Judges the clock by what is signed: the credential and the newest attestation.
pub fn judge(
    now: WallTime,
    quality: TimeQuality,
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
    match quality {
        TimeQuality::Synchronised => Finding::passed(format!("{says}, set from a time server.")),
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

    #[test]
    fn a_clock_behind_the_newest_attestation_or_the_credential_fails() {
        let validity = Some(Validity {
            not_before: 1_000,
            not_after: 9_000,
        });
        let judged = |now, newest: Option<u64>| {
            judge(
                WallTime::at(now),
                TimeQuality::Synchronised,
                validity,
                newest.map(WallTime::at),
            )
            .code()
        };
        assert_eq!(judged(5_000, Some(4_999)), "passed");
        assert_eq!(judged(5_000, Some(5_001)), "failed");
        assert_eq!(judged(999, None), "failed");
        let unset = judge(WallTime::at(5_000), TimeQuality::Unsynchronised, None, None);
        assert_eq!(unset.code(), "warning");
    }
}
