//! What was found about a receipt, as JSON for programs: what `receipt --json` prints and what the
//! verification page shows. Codes are stable; times are RFC 3339 in UTC; digests are in hex.

use std::error::Error;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::any::AnyReceipt;
use crate::claims::Claims;
use crate::credential::Credential;
use crate::grounds::Found;
use crate::refusal::Refusal;
use crate::status::KeyStatus;
use crate::status_list::ListedStatus;
use crate::utc::rfc3339;
use crate::wallet::Disclosure;

/// A receipt of which everything holds.
#[must_use]
pub fn accepted(found: &Found) -> Value {
    let checks: Vec<_> = found.checks().iter().map(|check| check.as_code()).collect();
    let mut value = json!({
        "holds": true,
        "form": found.form(),
        "checks": checks,
        "not_proven": found.not_proven(),
        "claims": claims(found.claims()),
    });
    match found {
        Found::Full(found) => {
            let log = &found.log().part;
            value["credential"] = credential(found.credential());
            value["log"] = json!({
                "origin": log.origin,
                "index": found.index(),
                "start": log.start,
                "size": log.end,
                "root": hex(&log.root),
            });
            value["trust"] = found.status().map(key_status).into();
            value["status"] = found.listed().map(listed_status).into();
        }
        Found::Plain(found) => {
            value["credential"] = found.credential().map(credential).into();
            value["device"] = hex(found.device().as_bytes()).into();
            value["trust"] = found.status().map(key_status).into();
        }
        Found::Wallet(found) => {
            value["fields"] = fields(found.fields());
            value["holder"] = found.holder().as_code().into();
            value["credential"] = credential(found.credential());
            value["log"] = json!({ "index": found.index() });
            value["status_uri"] = found.status_uri().as_str().into();
            value["trust"] = found.status().map(key_status).into();
            value["status"] = found.listed().map(listed_status).into();
        }
    }
    value
}

/// A receipt that is refused.
#[must_use]
pub fn refused(refusal: &Refusal) -> Value {
    not_held(refusal.as_code(), refusal)
}

/// Something else that was asked about a receipt and does not hold, under its stable code.
#[must_use]
pub fn not_held(code: &str, why: &dyn Error) -> Value {
    json!({ "holds": false, "code": code, "message": with_causes(why) })
}

/// What a receipt says that nobody has checked.
#[must_use]
pub fn unchecked(receipt: &AnyReceipt) -> Value {
    let mut value = json!({
        "checked": false,
        "form": receipt.form(),
        "claims": claims(receipt.unverified_claims()),
    });
    if let AnyReceipt::Wallet(token) = receipt {
        value["fields"] = fields(token.unverified_fields());
    }
    value
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
        "software": claims.software.map(|software| hex(&software)),
        "disclosable": claims.disclosable.iter().map(|digest| hex(digest)).collect::<Vec<_>>(),
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

/// What a status list said about one verification.
#[must_use]
pub fn listed_status(status: &ListedStatus) -> Value {
    json!({
        "status": "valid",
        "issued_at": rfc3339(status.issued_at),
        "next_update": status.next_update.map(rfc3339),
        "age_s": status.age_s(),
        "overdue": status.is_overdue(),
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

fn credential(credential: &Credential) -> Value {
    json!({
        "not_before": rfc3339(credential.validity.not_before),
        "not_after": rfc3339(credential.validity.not_after),
        "device": hex(credential.device.as_bytes()),
    })
}

fn fields(fields: &[Disclosure]) -> Value {
    fields
        .iter()
        .map(|shown| (shown.field().as_code().to_owned(), shown.value().into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
