//! Base64url without padding (RFC 7515 §2), read only in its one spelling: no other bits in the
//! last character, no padding.

use base64ct::{Base64UrlUnpadded, Encoding};

pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
    (encode(&bytes) == text).then_some(bytes)
}

/// Exactly so many bytes.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_is_read() {
        assert_eq!(decode("AQ"), Some(vec![1]));
        for other in ["AR", "AQ==", "AQ=", "A", "A+", " AQ"] {
            assert_eq!(decode(other), None, "{other}");
        }
        assert_eq!(decode_array("AQ"), Some([1]));
        assert_eq!(decode_array::<2>("AQ"), None);
    }
}
