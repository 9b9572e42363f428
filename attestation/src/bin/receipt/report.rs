//! What was found, in plain words for people; `attestation::json` says it for programs.

#[cfg(feature = "evm")]
use std::error::Error;
#[cfg(feature = "evm")]
use std::process::ExitCode;

#[cfg(feature = "evm")]
use attestation::json::not_held;
pub(crate) use attestation::json::{hex, with_causes};
use attestation::utc::rfc3339;
use attestation::wallet::Holder;
use attestation::{AnyReceipt, Claims, Credential, Decision, Disclosure, DocumentEvidence, Found};
use serde_json::Value;

use crate::status;

/// What a chain, or the kiosk's exported log, said about a receipt that holds; nothing where none was
/// asked.
#[derive(Default)]
pub(crate) struct OnLedger {
    /// Labels and values.
    pub(crate) lines: Vec<(&'static str, String)>,
    /// What was checked, and held: code and words.
    pub(crate) checks: &'static [(&'static str, &'static str)],
    /// What the chain said, for programs.
    pub(crate) json: Value,
    /// What the exported log said, for programs.
    pub(crate) export: Value,
}

/// A receipt of which everything holds.
pub(crate) fn accepted(found: &Found, ledger: &OnLedger) -> String {
    let claims = found.claims();
    let mut text = format!("{}\n\n{}", headline(claims.decision), lines(claims));
    match found {
        Found::Full(found) => {
            let log = &found.log().part;
            credential_line(&mut text, found.credential());
            let mut place = format!("{}, entry {} of {}", log.origin, found.index(), log.end);
            if log.start > 0 {
                place.push_str(&format!(" (proven among those from {} on)", log.start));
            }
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
    for (label, value) in &ledger.lines {
        line(&mut text, label, value);
    }
    text.push_str("\nChecked:\n");
    let checks = found.checks();
    let in_part = matches!(found, Found::Full(found) if found.log().part.start > 0);
    let words = checks.iter().map(|check| match in_part {
        true => check.words_in_part(),
        false => check.words(),
    });
    for words in words.chain(ledger.checks.iter().map(|(_, words)| *words)) {
        text.push_str(&format!("  + {words}\n"));
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

impl OnLedger {
    /// Adds it to what is said of the receipt.
    pub(crate) fn add_to(&self, said: &mut Value) {
        if let Some(checks) = said["checks"].as_array_mut() {
            checks.extend(self.checks.iter().map(|(code, _)| Value::from(*code)));
        }
        said["ledger"] = self.json.clone();
        said["export"] = self.export.clone();
    }
}

/// Says why a receipt that holds was not found where it was looked for. That nothing could be found
/// out is no refusal of it: exit code 2.
#[cfg(feature = "evm")]
pub(crate) fn not_found(code: &str, why: &dyn Error, is_unknown: bool, json: bool) -> ExitCode {
    if json {
        println!("{:#}", not_held(code, why));
    } else {
        let title = if is_unknown {
            "NOT FOUND OUT"
        } else {
            "REFUSED"
        };
        println!("{title} ({code})\n{}", with_causes(why));
    }
    ExitCode::from(if is_unknown { 2 } else { 1 })
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
