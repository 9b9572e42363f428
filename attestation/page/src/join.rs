//! A wallet proof that was shown as several codes: the texts read so far go in, and what they are
//! together comes out. Nothing is kept between two questions.

use attestation::wallet::parts::{Joiner, PartError, is_part};
use serde_json::{Value, json};

/// More texts than anybody reads for one proof.
const MAX_TEXTS: usize = 128;

/// Takes a JSON array of texts, the newest last. The answer is `{"kind": "whole", "text": …}`,
/// `{"kind": "parts", "read": …, "count": …}`, or `unusable` with a code. A text that is no part
/// is whole by itself, whatever was read before.
#[must_use]
pub fn join(input: &[u8]) -> Value {
    let Ok(texts) = serde_json::from_slice::<Vec<String>>(input) else {
        return unusable(PartError::Malformed);
    };
    let Some(last) = texts.last().filter(|_| texts.len() <= MAX_TEXTS) else {
        return unusable(PartError::Malformed);
    };
    if !is_part(last) {
        return json!({ "kind": "whole", "text": last });
    }
    let mut joiner = Joiner::new();
    let mut whole = None;
    for text in &texts {
        match joiner.take(text) {
            Ok(found) => whole = found,
            Err(error) => return unusable(error),
        }
    }
    match whole {
        Some(text) => json!({ "kind": "whole", "text": text.as_str() }),
        None => json!({ "kind": "parts", "read": joiner.read(), "count": joiner.count() }),
    }
}

fn unusable(error: PartError) -> Value {
    json!({ "kind": "unusable", "code": error.as_code(), "message": error.to_string() })
}
