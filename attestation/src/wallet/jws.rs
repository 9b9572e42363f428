//! Compact JWS (RFC 7515 §7.1) with EdDSA over Ed25519 (RFC 8037) or ES256 (RFC 7518 §3.4). The
//! key decides the algorithm, never the message; `none`, every other algorithm, critical
//! extensions and unprotected headers are refused.

use ed25519_dalek::Signature;
#[cfg(feature = "log")]
use ed25519_dalek::{Signer, SigningKey};
use p256::ecdsa::Signature as P256Signature;
use p256::ecdsa::signature::Verifier;
use serde_json::{Map, Value};

use super::{HolderKey, base64url, json};

/// A message and its signature, not yet checked.
#[derive(Clone)]
pub(crate) struct Jws<'t> {
    pub(crate) header: Map<String, Value>,
    pub(crate) payload: Map<String, Value>,
    text: &'t str,
    signing_input: &'t str,
    signature: [u8; 64],
}

impl<'t> Jws<'t> {
    /// Reads a message whose payload is a JSON object.
    pub(crate) fn decode(text: &'t str) -> Option<Self> {
        let (signing_input, signature) = text.rsplit_once('.')?;
        let (header, payload) = signing_input.split_once('.')?;
        Some(Self {
            header: json::object(&base64url::decode(header)?)?,
            payload: json::object(&base64url::decode(payload)?)?,
            text,
            signing_input,
            signature: base64url::decode_array(signature)?,
        })
    }

    pub(crate) const fn text(&self) -> &'t str {
        self.text
    }

    /// Whether this key signed it, and the header says so.
    pub(crate) fn is_signed_by(&self, key: &HolderKey) -> bool {
        let algorithm = self.header_text("alg").unwrap_or_default();
        if self.header.contains_key("crit") || !key.signs_with(algorithm) {
            return false;
        }
        let signed = self.signing_input.as_bytes();
        match key {
            HolderKey::Ed25519(key) => {
                let signature = Signature::from_bytes(&self.signature);
                key.verify_strict(signed, &signature).is_ok()
            }
            HolderKey::P256(key) => P256Signature::from_slice(&self.signature)
                .is_ok_and(|signature| key.verify(signed, &signature).is_ok()),
        }
    }

    pub(crate) fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }
}

impl HolderKey {
    /// `Ed25519` is the name that RFC 9864 gives what everybody calls `EdDSA`.
    fn signs_with(&self, algorithm: &str) -> bool {
        match self {
            Self::Ed25519(_) => matches!(algorithm, "EdDSA" | "Ed25519"),
            Self::P256(_) => algorithm == "ES256",
        }
    }
}

/// Signs a message.
pub(crate) fn sign_with(
    header: &Value,
    payload: &Value,
    sign: impl FnOnce(&[u8]) -> [u8; 64],
) -> String {
    let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
    let signing_input = format!("{}.{}", part(header), part(payload));
    let signature = sign(signing_input.as_bytes());
    format!("{signing_input}.{}", base64url::encode(&signature))
}

/// Signs a message with EdDSA.
#[cfg(feature = "log")]
pub(crate) fn sign(key: &SigningKey, header: &Value, payload: &Value) -> String {
    sign_with(header, payload, |signed| key.sign(signed).to_bytes())
}
