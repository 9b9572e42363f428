//! Reading what an endpoint answers. It may be anything: a proxy's page, another node's answer, a
//! lie. In: bytes, already bounded by [`MAX_BYTES`]. Out: the result, or what is wrong.

use serde_json::Value;

use super::endpoint::RpcError;

/// The largest answer that is read: some hundred times what any answer we ask for takes.
pub(crate) const MAX_BYTES: usize = 64 << 10;

/// How much of a node's own words is kept for people.
const MAX_MESSAGE_CHARS: usize = 160;

/// Reads the answer to the request with this number (JSON-RPC 2.0).
///
/// # Errors
/// When it is no such answer, or the node refused.
pub fn parse_answer(body: &[u8], id: u64) -> Result<Value, RpcError> {
    let malformed = RpcError::Malformed { what: "an answer" };
    if body.len() > MAX_BYTES {
        return Err(RpcError::TooLarge);
    }
    let Ok(Value::Object(mut answer)) = serde_json::from_slice(body) else {
        return Err(malformed);
    };
    if answer.get("id").and_then(Value::as_u64) != Some(id) {
        return Err(malformed);
    }
    match answer.get("error") {
        None | Some(Value::Null) => answer.remove("result").ok_or(malformed),
        Some(error) => Err(RpcError::Refused {
            code: error.get("code").and_then(Value::as_i64).unwrap_or(0),
            message: printable(error.get("message").and_then(Value::as_str).unwrap_or("")),
            data: returned(error.get("data")),
        }),
    }
}

/// What a contract gave back with its refusal: nodes have it as a text, or as a member of an object.
fn returned(data: Option<&Value>) -> Vec<u8> {
    let data = data.map(|data| data.get("data").unwrap_or(data));
    data.and_then(|data| bytes(data, "why a contract refused").ok())
        .unwrap_or_default()
}

/// "0x" and up to 16 hexadecimal digits.
pub(crate) fn number(value: &Value, what: &'static str) -> Result<u64, RpcError> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let digits = digits.filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
    digits
        .and_then(|text| u64::from_str_radix(text, 16).ok())
        .ok_or(RpcError::Malformed { what })
}

/// "0x" and hexadecimal digits, two to a byte.
pub(crate) fn bytes(value: &Value, what: &'static str) -> Result<Vec<u8>, RpcError> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    digits
        .and_then(|text| alloy_primitives::hex::decode(text).ok())
        .ok_or(RpcError::Malformed { what })
}

/// A foreign text that can do no harm on a terminal or in a record.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_graphic() { c } else { ' ' })
        .take(MAX_MESSAGE_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_answer_to_the_question_counts() {
        let read = |text: &str| parse_answer(text.as_bytes(), 7);
        let right = r#"{"jsonrpc":"2.0","id":7,"result":"0x1"}"#;
        assert_eq!(read(right).unwrap(), json!("0x1"));
        for wrong in [
            "",
            "<html>502</html>",
            "[]",
            "7",
            r#"{"jsonrpc":"2.0","id":8,"result":"0x1"}"#,
            r#"{"jsonrpc":"2.0","id":"7","result":"0x1"}"#,
            r#"{"jsonrpc":"2.0","result":"0x1"}"#,
            r#"{"jsonrpc":"2.0","id":7}"#,
            &"[".repeat(100_000),
        ] {
            assert!(read(wrong).is_err(), "{}", &wrong[..wrong.len().min(60)]);
        }
    }

    #[test]
    fn a_refusal_is_told_in_characters_that_do_no_harm() {
        let refused = r#"{"id":7,"error":{"code":-32000,"message":"nonce\u001b[2J too low"}}"#;
        let error = parse_answer(refused.as_bytes(), 7).unwrap_err();
        let RpcError::Refused { code, message, .. } = error else {
            panic!("{error}");
        };
        assert_eq!((code, &*message), (-32000, "nonce [2J too low"));
    }

    #[test]
    fn numbers_and_bytes_have_one_form() {
        let is = |text| number(&json!(text), "n").ok();
        assert_eq!(is("0x"), None);
        assert_eq!(is("0x0"), Some(0));
        assert_eq!(is("0xffffffffffffffff"), Some(u64::MAX));
        assert_eq!(is("0x10000000000000000"), None);
        assert_eq!(is("12"), None);
        assert_eq!(is("0x+1"), None);
        assert!(bytes(&json!("0x0"), "b").is_err());
        assert!(bytes(&json!("0x"), "b").unwrap().is_empty());
        assert!(bytes(&json!(1), "b").is_err());
    }
}
