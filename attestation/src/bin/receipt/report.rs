//! What was found, in plain words for people and as JSON for programs.

use std::error::Error;
use std::fmt::Write;

use attestation::{Check, Claims, Decision, DocumentEvidence, Refusal, Verified};
use serde_json::{Value, json};

use crate::status;
use crate::utc::rfc3339;

/// What was found out beside the receipt itself.
#[derive(Default)]
pub(crate) struct More {
    /// Labels and values.
    pub(crate) lines: Vec<(&'static str, String)>,
    /// What else was checked, and held.
    pub(crate) checks: &'static [Check],
    /// For programs.
    pub(crate) ledger: Value,
}

/// A receipt of which everything holds.
pub(crate) fn accepted(verified: &Verified, more: &More) -> String {
    let credential = verified.credential();
    let head = &verified.checkpoint().checkpoint;
    let claims = verified.claims();
    let mut text = format!("{}\n\n{}", headline(claims.decision), lines(claims));
    let validity = credential.validity;
    line(
        &mut text,
        "Credential",
        &format!(
            "from {} until before {}",
            rfc3339(validity.not_before),
            rfc3339(validity.not_after)
        ),
    );
    line(
        &mut text,
        "Log",
        &format!("{}, {} entries", head.origin, head.size),
    );
    status::describe(&mut text, verified);
    for (label, value) in &more.lines {
        line(&mut text, label, value);
    }
    text.push_str("\nChecked:\n");
    for check in verified.checks().iter().chain(more.checks) {
        text.push_str("  + ");
        text.push_str(check.words);
        text.push('\n');
    }
    text
}

/// Genuine is not verified: who reads only this line must see both.
fn headline(decision: Decision) -> String {
    match decision {
        Decision::Verified => "GENUINE RECEIPT: the person was VERIFIED".to_owned(),
        Decision::NotVerified(reason) => {
            format!("GENUINE RECEIPT, but the person was NOT VERIFIED: {reason}")
        }
        Decision::Referred(reason) => {
            format!("GENUINE RECEIPT: referred to an officer, not decided: {reason}")
        }
    }
}

/// A receipt that nobody has checked.
pub(crate) fn unchecked(claims: &Claims) -> String {
    format!(
        "NOT CHECKED: anybody could have written this; use \"receipt verify\"\n\n{}",
        lines(claims)
    )
}

/// `met`: whether the decision is the required one, where one is required.
pub(crate) fn accepted_json(verified: &Verified, more: &More, met: Option<bool>) -> Value {
    let head = &verified.checkpoint().checkpoint;
    let validity = verified.credential().validity;
    let checks = verified.checks();
    let checks: Vec<_> = checks
        .iter()
        .chain(more.checks)
        .map(|check| check.code)
        .collect();
    json!({
        "holds": true,
        "requirement_met": met,
        "checks": checks,
        "claims": claims_json(verified.claims()),
        "credential": {
            "not_before": rfc3339(validity.not_before),
            "not_after": rfc3339(validity.not_after),
            "device": hex(verified.credential().device.as_bytes()),
        },
        "log": { "origin": head.origin, "size": head.size, "root": hex(&head.root) },
        "trust": verified.status().map(status::json),
        "ledger": more.ledger,
    })
}

pub(crate) fn refused_json(refusal: &Refusal) -> Value {
    refusal_json(refusal.as_code(), refusal)
}

pub(crate) fn refusal_json(code: &str, error: &dyn Error) -> Value {
    json!({ "holds": false, "code": code, "message": with_causes(error) })
}

pub(crate) fn unchecked_json(claims: &Claims) -> Value {
    json!({ "checked": false, "claims": claims_json(claims) })
}

/// A message and everything that led to it.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn lines(claims: &Claims) -> String {
    let mut text = String::new();
    let document = claims.document.as_ref().map_or("none".to_owned(), words);
    let officer = claims.officer.as_ref();
    let when = rfc3339(claims.issued_at);
    line(&mut text, "Decision", &claims.decision.to_string());
    line(&mut text, "Who", &format!("kiosk {}", claims.kiosk));
    line(&mut text, "Where", claims.site.as_str());
    line(
        &mut text,
        "When",
        &format!("{when}, {}", claims.time_quality),
    );
    line(&mut text, "Service", claims.service.as_str());
    line(&mut text, "Document", &document);
    line(&mut text, "Liveness", &claims.factors.liveness.to_string());
    line(&mut text, "Face", &claims.factors.face.to_string());
    line(
        &mut text,
        "Officer",
        officer.map_or("none", |name| name.as_str()),
    );
    if let Some(subject) = &claims.subject {
        line(
            &mut text,
            "Person",
            &format!("{} at this provider", hex(&subject.0)),
        );
    }
    line(&mut text, "Software", claims.firmware.as_str());
    line(&mut text, "Models", &hex(&claims.models));
    line(&mut text, "Policy", &hex(&claims.policy));
    line(&mut text, "Identifier", &hex(&claims.id));
    text
}

pub(crate) fn line(text: &mut String, label: &str, value: &str) {
    let spaces = " ".repeat(12_usize.saturating_sub(label.len()).max(1));
    text.push_str(label);
    text.push_str(&spaces);
    text.push_str(value);
    text.push('\n');
}

fn words(document: &DocumentEvidence) -> String {
    format!(
        "{}, {}, {}",
        document.kind, document.validity, document.authenticity
    )
}

fn claims_json(claims: &Claims) -> Value {
    let document = claims.document.map(|document| {
        json!({
            "kind": document.kind.as_code(),
            "authenticity": document.authenticity.as_code(),
            "validity": document.validity.as_code(),
        })
    });
    json!({
        "id": hex(&claims.id),
        "kiosk": claims.kiosk.as_str(),
        "site": claims.site.as_str(),
        "issued_at": rfc3339(claims.issued_at),
        "time_quality": claims.time_quality.as_code(),
        "service": claims.service.as_str(),
        "policy": hex(&claims.policy),
        "document": document,
        "factors": {
            "liveness": claims.factors.liveness.as_code(),
            "face": claims.factors.face.as_code(),
        },
        "decision": claims.decision.as_code(),
        "reason": claims.decision.reason().map(|reason| reason.as_code()),
        "officer": claims.officer.as_ref().map(|officer| officer.as_str()),
        "models": hex(&claims.models),
        "firmware": claims.firmware.as_str(),
        "subject": claims.subject.map(|subject| hex(&subject.0)),
    })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
