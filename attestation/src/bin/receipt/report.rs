//! What was found, in plain words for people; `attestation::json` says it for programs.

use attestation::json;
pub(crate) use attestation::json::{hex, with_causes};
use attestation::utc::rfc3339;
use attestation::{Claims, Decision, DocumentEvidence, Verified};
use serde_json::{Value, json};

use crate::status;

/// A receipt of which everything holds.
pub(crate) fn accepted(verified: &Verified) -> String {
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
    text.push_str("\nChecked:\n");
    for check in verified.checks() {
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
pub(crate) fn accepted_json(verified: &Verified, met: Option<bool>) -> Value {
    let mut found = json::accepted(verified);
    found["requirement_met"] = met.into();
    found
}

pub(crate) fn unchecked_json(claims: &Claims) -> Value {
    json!({ "checked": false, "claims": json::claims(claims) })
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
