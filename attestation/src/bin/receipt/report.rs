//! What was found, in plain words for people and as JSON for programs.

use std::error::Error;
use std::fmt::Write;

use attestation::wallet::Holder;
use attestation::{
    AnyReceipt, Claims, Credential, Decision, Disclosure, DocumentEvidence, Refusal,
};
use serde_json::{Value, json};

use crate::check::Found;
use crate::status;
use crate::utc::rfc3339;

/// A receipt of which everything holds.
pub(crate) fn accepted(found: &Found) -> String {
    let claims = found.claims();
    let mut text = format!("{}\n\n{}", headline(claims.decision), lines(claims));
    match found {
        Found::Full(found) => {
            let head = &found.checkpoint().checkpoint;
            credential_line(&mut text, found.credential());
            let place = format!("{}, entry {} of {}", head.origin, found.index(), head.size);
            line(&mut text, "Log", &place);
            status::describe(&mut text, found.status(), claims);
            status::describe_listed(&mut text, found.listed(), claims);
        }
        Found::Plain(found) => {
            match found.credential() {
                Some(credential) => credential_line(&mut text, credential),
                None => line(
                    &mut text,
                    "Credential",
                    "not looked at: the trust list names the key",
                ),
            }
            status::describe(&mut text, found.status(), claims);
        }
        Found::Wallet(found) => {
            field_lines(&mut text, found.fields(), found.disclosable());
            line(&mut text, "Holder", holder_words(found.holder()));
            credential_line(&mut text, found.credential());
            let place = format!("entry {}, by the kiosk's word", found.index());
            line(&mut text, "Log", &place);
            status::describe(&mut text, found.status(), claims);
            status::describe_listed(&mut text, found.listed(), claims);
        }
    }
    text.push_str("\nChecked:\n");
    for check in found.checks() {
        text.push_str(&format!("  + {}\n", check.words()));
    }
    if let Some(words) = found.not_proven() {
        text.push_str(&format!("\nNOT PROVEN: {words}\n"));
    }
    text
}

fn credential_line(text: &mut String, credential: &Credential) {
    let validity = credential.validity;
    let from = rfc3339(validity.not_before);
    let until = rfc3339(validity.not_after);
    line(
        text,
        "Credential",
        &format!("from {from} until before {until}"),
    );
}

fn field_lines(text: &mut String, fields: &[Disclosure], disclosable: usize) {
    for shown in fields {
        let field = format!("{}: {}", shown.field().as_code(), shown.value());
        line(text, "Field", &field);
    }
    let withheld = disclosable.saturating_sub(fields.len());
    line(
        text,
        "Not shown",
        &format!("{withheld} of {disclosable} fields to share"),
    );
}

const fn holder_words(holder: Holder) -> &'static str {
    match holder {
        Holder::NotBound => "not bound to a key: whoever has a copy can show this",
        Holder::Bound => "bound to a key, but no proof was asked for: this may be a copy",
        Holder::Present => "proved just now to have the key that this is bound to",
    }
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
pub(crate) fn unchecked(receipt: &AnyReceipt) -> String {
    let claims = receipt.unverified_claims();
    let mut text = format!(
        "NOT CHECKED: anybody could have written this; use \"receipt verify\"\n\n{}",
        lines(claims)
    );
    if let AnyReceipt::Wallet(token) = receipt {
        field_lines(
            &mut text,
            token.unverified_fields(),
            claims.disclosable.len(),
        );
    }
    text
}

/// `met`: whether the decision is the required one, where one is required.
pub(crate) fn accepted_json(found: &Found, met: Option<bool>) -> Value {
    let checks: Vec<_> = found.checks().iter().map(|check| check.as_code()).collect();
    let mut json = json!({
        "holds": true,
        "requirement_met": met,
        "form": found.form(),
        "checks": checks,
        "not_proven": found.not_proven(),
        "claims": claims_json(found.claims()),
    });
    match found {
        Found::Full(found) => {
            let head = &found.checkpoint().checkpoint;
            json["credential"] = credential_json(found.credential());
            json["log"] = json!({
                "origin": head.origin,
                "index": found.index(),
                "size": head.size,
                "root": hex(&head.root),
            });
            json["trust"] = found.status().map(status::json).into();
            json["status"] = found.listed().map(status::listed_json).into();
        }
        Found::Plain(found) => {
            json["credential"] = found.credential().map(credential_json).into();
            json["device"] = hex(found.device().as_bytes()).into();
            json["trust"] = found.status().map(status::json).into();
        }
        Found::Wallet(found) => {
            json["fields"] = fields_json(found.fields());
            json["holder"] = found.holder().as_code().into();
            json["credential"] = credential_json(found.credential());
            json["log"] = json!({ "index": found.index() });
            json["status_uri"] = found.status_uri().as_str().into();
            json["trust"] = found.status().map(status::json).into();
            json["status"] = found.listed().map(status::listed_json).into();
        }
    }
    json
}

fn credential_json(credential: &Credential) -> Value {
    json!({
        "not_before": rfc3339(credential.validity.not_before),
        "not_after": rfc3339(credential.validity.not_after),
        "device": hex(credential.device.as_bytes()),
    })
}

fn fields_json(fields: &[Disclosure]) -> Value {
    let fields = fields.iter();
    fields
        .map(|shown| (shown.field().as_code().to_owned(), shown.value().into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

pub(crate) fn refused_json(refusal: &Refusal) -> Value {
    json!({ "holds": false, "code": refusal.as_code(), "message": with_causes(refusal) })
}

pub(crate) fn unchecked_json(receipt: &AnyReceipt) -> Value {
    let mut json = json!({
        "checked": false,
        "form": receipt.form(),
        "claims": claims_json(receipt.unverified_claims()),
    });
    if let AnyReceipt::Wallet(token) = receipt {
        json["fields"] = fields_json(token.unverified_fields());
    }
    json
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
    if let Some(program) = &claims.software {
        line(&mut text, "Program", &hex(program));
    }
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
        "software": claims.software.map(|software| hex(&software)),
        "disclosable": claims.disclosable.iter().map(|digest| hex(digest)).collect::<Vec<_>>(),
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
