//! What was found about a receipt, as JSON for programs: what `receipt --json` prints and what the
//! verification page shows. Codes are stable; times are RFC 3339 in UTC; digests are in hex.

use std::error::Error;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::claims::Claims;
use crate::status::KeyStatus;
use crate::utc::rfc3339;
use crate::verify::{Refusal, Verified};

/// A receipt of which everything holds.
#[must_use]
pub fn accepted(verified: &Verified) -> Value {
    let head = &verified.checkpoint().checkpoint;
    let validity = verified.credential().validity;
    let checks: Vec<_> = verified.checks().iter().map(|check| check.code).collect();
    json!({
        "holds": true,
        "checks": checks,
        "claims": claims(verified.claims()),
        "credential": {
            "not_before": rfc3339(validity.not_before),
            "not_after": rfc3339(validity.not_after),
            "device": hex(verified.credential().device.as_bytes()),
        },
        "log": { "origin": head.origin, "size": head.size, "root": hex(&head.root) },
        "trust": verified.status().map(key_status),
    })
}

/// A receipt that is refused.
#[must_use]
pub fn refused(refusal: &Refusal) -> Value {
    json!({ "holds": false, "code": refusal.as_code(), "message": with_causes(refusal) })
}

/// What a receipt says. Nothing in it tells whether somebody checked it.
#[must_use]
pub fn claims(claims: &Claims) -> Value {
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

/// What a trust list said about a key.
#[must_use]
pub fn key_status(status: &KeyStatus) -> Value {
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

/// A message and everything that led to it.
#[must_use]
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Bytes in lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
