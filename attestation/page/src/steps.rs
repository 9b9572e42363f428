//! What is checked about a receipt, in order, in steps that a person can follow; each code of
//! refusal belongs to one of them.

use attestation::{Refusal, Verified};
use serde_json::{Value, json};

/// A step, and the codes of refusal that end in it. The order is that of `attestation::verify`.
pub(crate) const STEPS: &[(&str, &[&str])] = &[
    ("form", &["not_a_receipt", "unknown_version", "malformed"]),
    ("operator", &["credential_signature"]),
    ("validity", &["credential_not_valid_at_time"]),
    ("kiosk", &["attestation_signature"]),
    ("log", &["inclusion_proof", "checkpoint_signature"]),
    ("clock", &["issued_in_future"]),
    (
        STATUS,
        &[
            "key_not_listed",
            "key_not_valid_at_time",
            "key_rotated",
            "key_suspended",
            "key_revoked",
            "status_not_fresh",
        ],
    ),
];

const STATUS: &str = "status";

/// Each step of a receipt that holds: passed, but for the list where there was none.
pub(crate) fn of_accepted(verified: &Verified) -> Vec<Value> {
    let state = |name| match name {
        STATUS if verified.status().is_none() => "not_asked",
        _ => "passed",
    };
    STEPS
        .iter()
        .map(|(name, _)| step(name, state(name)))
        .collect()
}

/// Each step of a receipt that is refused: passed, then one failed, then not reached.
pub(crate) fn of_refused(refusal: &Refusal) -> Vec<Value> {
    let code = refusal.as_code();
    let mut before = true;
    let state = |codes: &[&str]| match (before, codes.contains(&code)) {
        (_, true) => {
            before = false;
            "failed"
        }
        (true, false) => "passed",
        (false, false) => "not_reached",
    };
    let states = STEPS.iter().map(|(_, codes)| *codes).map(state);
    let names = STEPS.iter().map(|(name, _)| name);
    names
        .zip(states)
        .map(|(name, state)| step(name, state))
        .collect()
}

fn step(name: &str, state: &str) -> Value {
    json!({ "name": name, "state": state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_ends_in_exactly_one_step() {
        let mut of_steps: Vec<_> = STEPS.iter().flat_map(|(_, codes)| *codes).collect();
        let mut of_crate: Vec<_> = Refusal::CODES.iter().collect();
        of_steps.sort();
        of_crate.sort();
        assert_eq!(of_steps, of_crate);
    }

    #[test]
    fn what_comes_after_the_failed_step_was_not_reached() {
        let steps = of_refused(&Refusal::AttestationSignature);
        let states: Vec<_> = steps.iter().map(|step| step["state"].as_str()).collect();
        let words = ["passed", "passed", "passed", "failed"];
        let words = words.into_iter().chain(["not_reached"; 3]);
        assert_eq!(states, words.map(Some).collect::<Vec<_>>());
    }
}
