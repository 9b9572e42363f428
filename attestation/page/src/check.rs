//! The two questions that the page asks: does this receipt hold, and whose key and lists are these?
//! Answers are JSON: `kind` says what to make of them.
//!
//! | `kind` | means | and holds |
//! |---|---|---|
//! | `accepted` | everything holds | what `receipt verify --json` prints, and `steps` |
//! | `refused` | something does not hold | `code`, `message`, `steps` |
//! | `unusable` | nothing could be checked | `code`, `message` |
//! | `described` | key and lists can be gone by | `fingerprint`, `trust`, `statuses` |

use attestation::json::{accepted, hex, refused, with_causes};
use attestation::utc::rfc3339;
use attestation::wallet::parts::PartError;
use attestation::{
    AnyReceipt, Freshness, Grounds, NotAKey, NotAccepted, OperatorPublicKey, StatusList,
    StatusListError, TrustList, TrustListError,
};
use base64ct::{Base64, Encoding};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::steps::{of_accepted, of_no_receipt, of_refused};

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
    /// The status lists, as they are (JWT): one for each kiosk.
    #[serde(default)]
    statuses: Vec<String>,
    /// Whether lists past their next update are refused.
    #[serde(default)]
    require_fresh: bool,
    /// The visitor's clock, in seconds since 1970.
    now: u64,
}

/// Checks a receipt; the input is the JSON of a request.
#[must_use]
pub fn check(input: &[u8]) -> Value {
    answer(input, |request| {
        let (mut grounds, statuses) = request.grounds()?;
        let receipt = match AnyReceipt::decode(request.text.trim()) {
            Ok(receipt) => receipt,
            Err(refusal) => return Ok(of_kind("refused", refused(&refusal), of_no_receipt())),
        };
        grounds.status = chosen(statuses, &receipt);
        match grounds.check(&receipt, None) {
            Ok(found) => {
                let steps = of_accepted(&found, &grounds);
                Ok(of_kind("accepted", accepted(&found), steps))
            }
            Err(NotAccepted::Refused(refusal)) => {
                let steps = of_refused(&refusal, &receipt, &grounds);
                Ok(of_kind("refused", refused(&refusal), steps))
            }
            Err(missing @ NotAccepted::PlainNeedsKey) => Err(Unusable {
                code: PLAIN_NEEDS_LIST,
                message: missing.to_string(),
            }),
        }
    })
}

/// Says whose key and lists these are, so that a person can compare; the input is the JSON of a
/// request without a text.
#[must_use]
pub fn describe(input: &[u8]) -> Value {
    answer(input, |request| {
        let (grounds, statuses) = request.grounds()?;
        let statuses: Vec<_> = statuses.iter().map(describe_status).collect();
        Ok(json!({
            "kind": "described",
            "fingerprint": fingerprint(&grounds.operator),
            "trust": grounds.trust.map(|list| describe_trust(&list, request.now)),
            "statuses": statuses,
        }))
    })
}

impl Request {
    /// Everything but the choice of a status list, which needs the receipt.
    fn grounds(&self) -> Result<(Grounds, Vec<StatusList>), Unusable> {
        let operator = OperatorPublicKey::parse(&self.operator)?;
        let trust = self.trust.as_deref();
        let trust = trust.map(|text| trust_list(text, &operator)).transpose()?;
        let statuses = self.statuses.iter();
        let statuses = statuses.map(|text| StatusList::decode(text.as_bytes(), &operator));
        let statuses = statuses.collect::<Result<_, _>>()?;
        let grounds = Grounds {
            operator,
            trust,
            status: None,
            credential: None,
            freshness: match self.require_fresh {
                true => Freshness::Required,
                false => Freshness::Any,
            },
            now: Some(self.now),
        };
        Ok((grounds, statuses))
    }
}

/// The newest list that tells about this receipt: a visitor may bring one that is older than the one
/// beside the page, which knows what was taken back since. A plain receipt has no place in any, so that none can say that
/// it was not taken back: with any list it is refused, as the program refuses it.
fn chosen(lists: Vec<StatusList>, receipt: &AnyReceipt) -> Option<StatusList> {
    let tells = |list: &StatusList| match receipt {
        AnyReceipt::Plain(_) => true,
        AnyReceipt::Full(_) | AnyReceipt::Wallet(_) => receipt.would_stand_in(list),
    };
    let telling = lists.into_iter().filter(tells);
    telling.max_by_key(StatusList::issued_at)
}

fn trust_list(text: &str, operator: &OperatorPublicKey) -> Result<TrustList, Unusable> {
    let bytes = Base64::decode_vec(text).map_err(|error| Unusable {
        code: REQUEST,
        message: format!("the trust list is not in base64: {error}"),
    })?;
    Ok(TrustList::decode(&bytes, operator)?)
}

fn describe_trust(list: &TrustList, now: u64) -> Value {
    json!({
        "sequence": list.sequence(),
        "issued_at": rfc3339(list.issued_at()),
        "overdue": list.next_update() <= now,
    })
}

fn describe_status(list: &StatusList) -> Value {
    json!({ "of": list.log(), "uri": list.uri(), "issued_at": rfc3339(list.issued_at()) })
}

/// SHA-256 of the key's SPKI (RFC 8410), as `openssl pkey -pubin -outform DER | sha256sum` says it.
fn fingerprint(operator: &OperatorPublicKey) -> String {
    let pem = operator.to_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    // Our own PEM is base64.
    let der = Base64::decode_vec(&base64).unwrap_or_default();
    hex(&Sha256::digest(der))
}

/// Why nothing could be checked.
#[derive(Debug)]
struct Unusable {
    code: &'static str,
    message: String,
}

const REQUEST: &str = "request_malformed";
const OPERATOR_KEY: &str = "operator_key_malformed";
const PLAIN_NEEDS_LIST: &str = "plain_needs_list";

/// Every code that an `unusable` answer can have.
pub(crate) fn unusable_codes() -> impl Iterator<Item = &'static str> {
    let lists = TrustListError::CODES.iter().chain(StatusListError::CODES);
    let ours = [REQUEST, OPERATOR_KEY, PLAIN_NEEDS_LIST].into_iter();
    let parts = PartError::CODES.iter();
    ours.chain(lists.chain(parts).copied())
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

impl From<StatusListError> for Unusable {
    fn from(error: StatusListError) -> Self {
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

fn of_kind(kind: &str, mut found: Value, steps: Vec<Value>) -> Value {
    found["kind"] = kind.into();
    found["steps"] = steps.into();
    found
}
