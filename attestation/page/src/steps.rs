//! What is checked about a receipt, in the order of its form, in steps that a person can follow;
//! each code of refusal belongs to one of them.

use attestation::{AnyReceipt, Check, Found, Grounds, Refusal};
use serde_json::{Value, json};

/// Before any check: the text must be a receipt.
const FORM: &str = "form";
const FORM_CODES: &[&str] = &["not_a_receipt", "unknown_version", "malformed"];

/// No check has a name for this: it is about the verifier's clock as much as about the receipt.
const CLOCK: &str = "clock";
const CLOCK_CODES: &[&str] = &["issued_in_future"];

const OPERATOR: &str = Check::OperatorVouches.as_code();
const IN_TIME: &str = Check::CredentialInTime.as_code();
const KIOSK: &str = Check::KioskSigned.as_code();
const FIELDS: &str = Check::FieldsAsSigned.as_code();
const PROOF: &str = Check::ProofLeadsToLog.as_code();
const LOG: &str = Check::KioskSignedLog.as_code();
const HOLDER: &str = Check::HolderPresent.as_code();
const KEY: &str = Check::KeyCounts.as_code();
const STATUS: &str = Check::NotTakenBack.as_code();

/// The checks of each form, in the order in which [`Grounds::check`] makes them. The page asks for
/// no holder's proof; one that is wrong is refused all the same.
const FULL: &[&str] = &[
    FORM, OPERATOR, IN_TIME, KIOSK, PROOF, LOG, CLOCK, KEY, STATUS,
];
const WALLET: &[&str] = &[
    FORM, OPERATOR, IN_TIME, KIOSK, FIELDS, CLOCK, HOLDER, KEY, STATUS,
];
const PLAIN: &[&str] = &[FORM, STATUS, KEY, KIOSK, CLOCK];

const ALL_CHECKS: &[Check] = &[
    Check::OperatorVouches,
    Check::CredentialInTime,
    Check::KioskSigned,
    Check::FieldsAsSigned,
    Check::ProofLeadsToLog,
    Check::KioskSignedLog,
    Check::HolderPresent,
    Check::KeyCounts,
    Check::NotTakenBack,
];

/// Every step, and the codes of refusal that end in it.
pub(crate) fn steps() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let ours = [(FORM, FORM_CODES), (CLOCK, CLOCK_CODES)];
    let checks = ALL_CHECKS.iter();
    ours.into_iter()
        .chain(checks.map(|check| (check.as_code(), check.refusals())))
}

/// The steps of a receipt that holds.
pub(crate) fn of_accepted(found: &Found, grounds: &Grounds) -> Vec<Value> {
    let names = order(found.form()).iter().filter(|name| **name != HOLDER);
    names
        .map(|name| match is_asked(name, grounds) {
            true => step(name, "passed"),
            false => step(name, "not_asked"),
        })
        .collect()
}

/// The steps of a receipt that is refused: passed, then one failed, then not reached.
pub(crate) fn of_refused(refusal: &Refusal, receipt: &AnyReceipt, grounds: &Grounds) -> Vec<Value> {
    let failed = failed_step(refusal);
    let mut reached = true;
    let state = |name: &&str| {
        if *name == failed {
            reached = false;
            return Some(step(name, "failed"));
        }
        match (*name, is_asked(name, grounds), reached) {
            (HOLDER, ..) => None,
            (_, false, _) => Some(step(name, "not_asked")),
            (_, _, true) => Some(step(name, "passed")),
            (_, _, false) => Some(step(name, "not_reached")),
        }
    };
    order(receipt.form()).iter().filter_map(state).collect()
}

/// The only step of a text that is no receipt.
pub(crate) fn of_no_receipt() -> Vec<Value> {
    vec![step(FORM, "failed")]
}

fn order(form: &str) -> &'static [&'static str] {
    match form {
        "plain" => PLAIN,
        "wallet" => WALLET,
        _ => FULL,
    }
}

/// Lists are asked only where there are any.
fn is_asked(name: &str, grounds: &Grounds) -> bool {
    match name {
        KEY => grounds.trust.is_some(),
        STATUS => grounds.status.is_some(),
        _ => true,
    }
}

fn failed_step(refusal: &Refusal) -> &'static str {
    let code = refusal.as_code();
    let mut found = steps().filter(|(_, codes)| codes.contains(&code));
    found.next().map_or(FORM, |(name, _)| name)
}

fn step(name: &str, state: &str) -> Value {
    json!({ "name": name, "state": state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_ends_in_exactly_one_step() {
        let mut of_steps: Vec<_> = steps().flat_map(|(_, codes)| codes).collect();
        let mut of_crate: Vec<_> = Refusal::CODES.iter().collect();
        of_steps.sort();
        of_crate.sort();
        assert_eq!(of_steps, of_crate);
    }
}
