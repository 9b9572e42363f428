//! What the trust list said about a receipt's key, and the status list about the receipt itself,
//! and how much that is worth by now.

use attestation::{Claims, KeyState, KeyStatus, ListedStatus};
use serde_json::{Value, json};

use crate::report::line;
use crate::utc::rfc3339;

/// Longest units first.
const UNITS_S: &[(u64, &str)] = &[
    (86_400, "day"),
    (3600, "hour"),
    (60, "minute"),
    (1, "second"),
];

/// What was found about the key, and how old that knowledge is.
pub(crate) fn describe(text: &mut String, status: Option<&KeyStatus>, claims: &Claims) {
    let Some(status) = status else {
        let none = "not looked at: no trust list was given, so a withdrawn key is not noticed";
        line(text, "Key status", none);
        return;
    };
    line(text, "Key status", &state(&status.state));
    let list = format!(
        "number {}, of {}, {}",
        status.sequence,
        rfc3339(status.issued_at),
        age_of(status.age_s())
    );
    line(text, "Trust list", &list);
    let due = Some(status.next_update);
    warn(text, "trust", status.is_overdue(), due, status.age_s());
    warn_earlier(text, "trust", status.issued_at, claims);
}

/// What was found about this one verification, and how old that knowledge is.
pub(crate) fn describe_listed(text: &mut String, listed: Option<&ListedStatus>, claims: &Claims) {
    let Some(status) = listed else {
        let none = "not looked at: no status list was given, so it is not noticed if the operator \
                    has taken back this verification";
        line(text, "Status", none);
        return;
    };
    line(text, "Status", "valid");
    let list = format!(
        "of {}, {}",
        rfc3339(status.issued_at),
        age_of(status.age_s())
    );
    line(text, "Status list", &list);
    warn(
        text,
        "status",
        status.is_overdue(),
        status.next_update,
        status.age_s(),
    );
    warn_earlier(text, "status", status.issued_at, claims);
}

pub(crate) fn listed_json(status: &ListedStatus) -> Value {
    json!({
        "status": "valid",
        "issued_at": rfc3339(status.issued_at),
        "next_update": status.next_update.map(rfc3339),
        "age_s": status.age_s(),
        "overdue": status.is_overdue(),
    })
}

pub(crate) fn json(status: &KeyStatus) -> Value {
    json!({
        "sequence": status.sequence,
        "issued_at": rfc3339(status.issued_at),
        "next_update": rfc3339(status.next_update),
        "age_s": status.age_s(),
        "overdue": status.is_overdue(),
        "state": status.state.as_code(),
        "state_from": status.state.ended().map(rfc3339),
    })
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

pub(crate) fn age_of(seconds: Option<u64>) -> String {
    match seconds {
        Some(seconds) => format!("{} old", duration(seconds)),
        None => "of unknown age".to_owned(),
    }
}

fn warn(text: &mut String, list: &str, overdue: Option<bool>, due: Option<u64>, age: Option<u64>) {
    let due = due.map(rfc3339);
    let warning = match (overdue, due, age) {
        (Some(true), Some(due), _) => {
            format!("the {list} list is out of date: a newer one was due at {due}")
        }
        (_, _, None) => format!("by this machine's clock the {list} list is not issued yet"),
        _ => return,
    };
    line(text, "WARNING", &warning);
}

fn warn_earlier(text: &mut String, list: &str, issued_at: u64, claims: &Claims) {
    if issued_at < claims.issued_at {
        let warning = format!(
            "the {list} list is from before the verification: it cannot know what came after"
        );
        line(text, "WARNING", &warning);
    }
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
