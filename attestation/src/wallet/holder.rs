//! The key that a resident brings: the wallet form is then bound to it, and only who has its
//! secret half can show it. A JWK (RFC 7517, RFC 8037, RFC 7518 §6.2), in a QR code as `KVH1:` and
//! base64url of the JWK.

use ed25519_dalek::VerifyingKey;
use p256::ecdsa::VerifyingKey as P256Key;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{base64url, json};

/// How the QR code of a holder's key begins.
const PREFIX: &str = "KVH1:";

/// Several times what a JWK of these types takes.
const MAX_TEXT_BYTES: usize = 1024;

/// The public key of a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderKey {
    /// Ed25519 (RFC 8037), which signs as `EdDSA`.
    Ed25519(VerifyingKey),
    /// NIST P-256 (RFC 7518 §6.2), which signs as `ES256`.
    P256(P256Key),
}

impl HolderKey {
    /// Reads the text of a QR code.
    ///
    /// # Errors
    /// When it is not a public key of a known type.
    pub fn from_qr_text(text: &str) -> Result<Self, NotAHolderKey> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(NotAHolderKey::NotAKey);
        }
        let encoded = text.strip_prefix(PREFIX).ok_or(NotAHolderKey::NotAKey)?;
        // It may be a secret key, shown by mistake.
        let jwk = Zeroizing::new(base64url::decode(encoded).ok_or(NotAHolderKey::NotAKey)?);
        Self::from_jwk(&jwk)
    }

    /// The text for a QR code.
    #[must_use]
    pub fn to_qr_text(&self) -> String {
        format!("{PREFIX}{}", base64url::encode(self.to_jwk().as_bytes()))
    }

    /// Reads a JWK. Members that say nothing about the key itself are passed over.
    ///
    /// # Errors
    /// When it is not a public key of a known type.
    pub fn from_jwk(jwk: &[u8]) -> Result<Self, NotAHolderKey> {
        if jwk.len() > MAX_TEXT_BYTES {
            return Err(NotAHolderKey::NotAKey);
        }
        Self::from_members(&json::object(jwk).ok_or(NotAHolderKey::NotAKey)?)
    }

    pub(super) fn from_members(jwk: &Map<String, Value>) -> Result<Self, NotAHolderKey> {
        if jwk.contains_key("d") {
            return Err(NotAHolderKey::Secret);
        }
        let text = |name| jwk.get(name).and_then(Value::as_str);
        let part = |name| text(name).and_then(base64url::decode_array::<32>);
        let key = match (text("kty"), text("crv")) {
            (Some("OKP"), Some("Ed25519")) => part("x").and_then(ed25519).map(Self::Ed25519),
            (Some("EC"), Some("P-256")) => part("x").zip(part("y")).and_then(p256).map(Self::P256),
            _ => return Err(NotAHolderKey::UnknownType),
        };
        key.ok_or(NotAHolderKey::NotAKey)
    }

    /// The JWK with its required members only, in the order of RFC 7638.
    #[must_use]
    pub fn to_jwk(&self) -> String {
        match self {
            Self::Ed25519(key) => {
                let x = base64url::encode(key.as_bytes());
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)
            }
            Self::P256(key) => {
                let point = key.to_sec1_point(false);
                let [x, y] = [point.x(), point.y()]
                    .map(|part| part.map(|part| base64url::encode(part)).unwrap_or_default());
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
        }
    }
}

fn ed25519(x: [u8; 32]) -> Option<VerifyingKey> {
    // A weak key would let anybody show what is bound to it.
    let key = VerifyingKey::from_bytes(&x).ok()?;
    (!key.is_weak()).then_some(key)
}

fn p256((x, y): ([u8; 32], [u8; 32])) -> Option<P256Key> {
    P256Key::from_sec1_bytes(&[&[SEC1_UNCOMPRESSED][..], &x, &y].concat()).ok()
}

/// SEC 1 §2.3.3.
const SEC1_UNCOMPRESSED: u8 = 4;

/// Why something is not a holder's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAHolderKey {
    /// Some other text, or numbers that are no key.
    #[error("this is not a wallet's key (those begin with {PREFIX}, and hold a JWK)")]
    NotAKey,
    /// A key of another type.
    #[error("this wallet's key is of a type that is not known here; use Ed25519 or P-256")]
    UnknownType,
    /// The secret half was shown.
    #[error("this is a secret key: never show it to anybody; make a new one in the wallet")]
    Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037 appendix A.2.
    const ED25519: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    /// RFC 7515 appendix A.3.1, the public half.
    const P256: &str = r#"{"kty":"EC","crv":"P-256",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

    #[test]
    fn the_keys_of_the_rfcs_are_read_and_survive_a_qr_code() {
        for jwk in [ED25519, P256] {
            let key = HolderKey::from_jwk(jwk.as_bytes()).unwrap();
            assert_eq!(HolderKey::from_qr_text(&key.to_qr_text()), Ok(key));
            assert!(key.to_qr_text().len() < 200);
        }
        // RFC 8037 appendix A.3: the form that is hashed.
        let key = HolderKey::from_jwk(ED25519.as_bytes()).unwrap();
        assert_eq!(
            key.to_jwk(),
            r#"{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        );
    }

    #[test]
    fn a_secret_a_weak_and_an_unknown_key_are_refused() {
        let refused = |jwk: &str| HolderKey::from_jwk(jwk.as_bytes()).unwrap_err();
        let secret = ED25519.replace(
            "\"x\"",
            "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\"x\"",
        );
        assert_eq!(refused(&secret), NotAHolderKey::Secret);
        assert_eq!(
            refused(r#"{"kty":"RSA","n":"AQ","e":"AQAB"}"#),
            NotAHolderKey::UnknownType
        );
        // The point of small order 1.
        let weak = format!(
            r#"{{"kty":"OKP","crv":"Ed25519","x":"AQ{}"}}"#,
            "A".repeat(41)
        );
        assert_eq!(refused(&weak), NotAHolderKey::NotAKey);
        let off_curve = P256.replace("f83O", "f83P");
        assert_eq!(refused(&off_curve), NotAHolderKey::NotAKey);
        assert_eq!(
            HolderKey::from_qr_text("KVR1:ABC"),
            Err(NotAHolderKey::NotAKey)
        );
        assert_eq!(
            HolderKey::from_qr_text(&format!("KVH1:{}", "A".repeat(1 << 20))),
            Err(NotAHolderKey::NotAKey)
        );
    }
}
