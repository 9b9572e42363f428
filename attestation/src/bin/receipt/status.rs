//! What the trust list said about a receipt's key, and how much that is worth by now.

use attestation::utc::rfc3339;
use attestation::{KeyState, KeyStatus, Verified};

use crate::report::line;

/// Longest units first.
const UNITS_S: &[(u64, &str)] = &[
    (86_400, "day"),
    (3600, "hour"),
    (60, "minute"),
    (1, "second"),
];

pub(crate) fn describe(text: &mut String, verified: &Verified) {
    let Some(status) = verified.status() else {
        let none = "not looked at: no trust list was given, so a withdrawn key is not noticed";
        line(text, "Key status", none);
        return;
    };
    line(text, "Key status", &state(&status.state));
    let list = format!(
        "number {}, of {}, {}",
        status.sequence,
        rfc3339(status.issued_at),
        age(status)
    );
    line(text, "Trust list", &list);
    for warning in warnings(verified, status) {
        line(text, "WARNING", &warning);
    }
}

/// The state of a key in plain words.
pub(crate) fn state(state: &KeyState) -> String {
    let words = match state {
        KeyState::Active => return "in use".to_owned(),
        KeyState::Rotated { .. } => "replaced by another key",
        KeyState::Suspended { .. } => "suspended",
        KeyState::Revoked { .. } => "revoked",
    };
    let from = state.ended().map(rfc3339).unwrap_or_default();
    format!("{words} from {from} on")
}

fn age(status: &KeyStatus) -> String {
    match status.age_s() {
        Some(seconds) => format!("{} old", duration(seconds)),
        None => "of unknown age".to_owned(),
    }
}

fn warnings(verified: &Verified, status: &KeyStatus) -> Vec<String> {
    let due = rfc3339(status.next_update);
    let overdue = match status.is_overdue() {
        Some(false) => None,
        Some(true) => Some(format!(
            "the trust list is out of date: a newer one was due at {due}"
        )),
        None => Some("by this machine's clock the trust list is not issued yet".to_owned()),
    };
    let earlier = status.issued_at < verified.claims().issued_at;
    let earlier = earlier.then(|| {
        "the trust list is from before the verification: it cannot know what came after".to_owned()
    });
    overdue.into_iter().chain(earlier).collect()
}

/// `3 days`: one unit says enough.
fn duration(seconds: u64) -> String {
    let fits = |&&(unit, _): &&(u64, &str)| seconds >= unit;
    let (unit, name) = UNITS_S.iter().find(fits).copied().unwrap_or((1, "second"));
    let count = seconds / unit;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {name}{plural}")
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn ages_are_told_in_one_unit() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "1 minute"),
            (7200, "2 hours"),
            (86_399, "23 hours"),
            (3 * 86_400, "3 days"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }
}
