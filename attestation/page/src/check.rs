//! The two questions that the page asks: does this receipt hold, and whose key and list are these?
//! Answers are JSON: `kind` says what to make of them.
//!
//! | `kind` | means | and holds |
//! |---|---|---|
//! | `accepted` | everything holds | what `receipt verify --json` prints, and `steps` |
//! | `refused` | something does not hold | `code`, `message`, `steps` |
//! | `unusable` | nothing could be checked | `code`, `message` |

use attestation::json::{accepted, hex, refused, with_causes};
use attestation::{
    Freshness, NotAKey, OperatorPublicKey, Receipt, TrustList, TrustListError, verify,
};
use base64ct::{Base64, Encoding};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::steps;

/// What was asked, from the page's script.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    /// The text of the code, or a link with it.
    #[serde(default)]
    text: String,
    /// The text of `operator.pub`.
    operator: String,
    /// The trust list in base64, where there is one.
    trust: Option<String>,
    /// Whether a list past its next update is refused.
    #[serde(default)]
    require_fresh: bool,
    /// The visitor's clock, in seconds since 1970.
    now: u64,
}

/// Checks a receipt; the input is the JSON of a request.
#[must_use]
pub fn check(input: &[u8]) -> Value {
    answer(input, |request| {
        let operator = OperatorPublicKey::parse(&request.operator)?;
        let list = trust_list(request, &operator)?;
        let freshness = match request.require_fresh {
            true => Freshness::Required,
            false => Freshness::Any,
        };
        let now = Some(request.now);
        let verified = Receipt::decode(request.text.trim())
            .and_then(|receipt| verify(&receipt, &operator, now))
            .and_then(|verified| match &list {
                Some(list) => verified.with_status(list, freshness, now),
                None => Ok(verified),
            });
        Ok(match verified {
            Ok(verified) => of_kind(
                "accepted",
                accepted(&verified),
                steps::of_accepted(&verified),
            ),
            Err(refusal) => of_kind("refused", refused(&refusal), steps::of_refused(&refusal)),
        })
    })
}

/// Says whose key and list these are, so that a person can compare; the input is the JSON of a
/// request without a text.
#[must_use]
pub fn describe(input: &[u8]) -> Value {
    answer(input, |request| {
        let operator = OperatorPublicKey::parse(&request.operator)?;
        let list = trust_list(request, &operator)?;
        let list = list.map(|list| {
            let overdue = list.next_update() <= request.now;
            json!({
                "sequence": list.sequence(),
                "issued_at": list.issued_at(),
                "next_update": list.next_update(),
                "overdue": overdue,
                "keys": list.keys().len(),
            })
        });
        Ok(json!({
            "kind": "described",
            "fingerprint": fingerprint(&operator),
            "trust": list,
        }))
    })
}

/// Why nothing could be checked.
#[derive(Debug)]
struct Unusable {
    code: &'static str,
    message: String,
}

impl Unusable {
    /// Every code.
    const CODES: &[&str] = &[REQUEST, OPERATOR_KEY];
}

const REQUEST: &str = "request_malformed";
const OPERATOR_KEY: &str = "operator_key_malformed";

/// Every code that an `unusable` answer can have.
pub(crate) fn unusable_codes() -> impl Iterator<Item = &'static str> {
    Unusable::CODES.iter().chain(TrustListError::CODES).copied()
}

impl From<NotAKey> for Unusable {
    fn from(_: NotAKey) -> Self {
        Self {
            code: OPERATOR_KEY,
            message: "this is not an operator's public key (the file operator.pub)".to_owned(),
        }
    }
}

impl From<TrustListError> for Unusable {
    fn from(error: TrustListError) -> Self {
        Self {
            code: error.as_code(),
            message: with_causes(&error),
        }
    }
}

fn answer(input: &[u8], of: impl FnOnce(&Request) -> Result<Value, Unusable>) -> Value {
    let request = serde_json::from_slice(input).map_err(|error| Unusable {
        code: REQUEST,
        message: error.to_string(),
    });
    request
        .and_then(|request| of(&request))
        .unwrap_or_else(|Unusable { code, message }| {
            json!({ "kind": "unusable", "code": code, "message": message })
        })
}

fn trust_list(
    request: &Request,
    operator: &OperatorPublicKey,
) -> Result<Option<TrustList>, Unusable> {
    let Some(text) = &request.trust else {
        return Ok(None);
    };
    let bytes = Base64::decode_vec(text).map_err(|error| Unusable {
        code: REQUEST,
        message: format!("the trust list is not in base64: {error}"),
    })?;
    Ok(Some(TrustList::decode(&bytes, operator)?))
}

/// SHA-256 of the key's SPKI (RFC 8410), as `openssl pkey -pubin -outform DER | sha256sum` says it.
fn fingerprint(operator: &OperatorPublicKey) -> String {
    let pem = operator.to_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    // Our own PEM is base64.
    let der = Base64::decode_vec(&base64).unwrap_or_default();
    hex(&Sha256::digest(der))
}

fn of_kind(kind: &str, mut found: Value, steps: Vec<Value>) -> Value {
    found["kind"] = kind.into();
    found["steps"] = steps.into();
    found
}
