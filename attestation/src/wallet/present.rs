//! What a wallet does: leaves out the disclosures that its holder does not want to show, and proves
//! to have the key. For tools and tests; residents use the wallet of their choice.

use std::fmt;

use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};
use p256::ecdsa::{Signature as P256Signature, SigningKey as P256SigningKey};
use serde_json::json;

use super::disclosure::{CardField, Disclosure};
use super::holder::HolderKey;
use super::key_binding::TYP;
use super::sd_jwt::SdJwt;
use super::{base64url, jws};

/// The token with the disclosures of these fields only, and without any proof.
///
/// # Errors
/// When the text is not a token, or does not hold one of the fields.
pub fn select(token: &str, fields: &[CardField]) -> Result<String, PresentError> {
    let token = SdJwt::decode(token).ok_or(PresentError::NotAToken)?;
    let mut shown = format!("{}~", token.jwt.text());
    for field in fields {
        let is_it = |text: &&&str| Disclosure::decode(text).is_some_and(|d| d.field() == *field);
        let disclosure = token.disclosures.iter().find(is_it);
        let disclosure = disclosure.ok_or(PresentError::NoSuchField { field: *field })?;
        shown.push_str(disclosure);
        shown.push('~');
    }
    Ok(shown)
}

/// The token with the holder's proof for one verifier and request. `now` is in seconds since 1970.
///
/// # Errors
/// When the text is not a token, or already has a proof.
pub fn bind(
    token: &str,
    holder: &HolderSecret,
    nonce: &str,
    audience: &str,
    now: u64,
) -> Result<String, PresentError> {
    let shown = SdJwt::decode(token).ok_or(PresentError::NotAToken)?;
    if shown.key_binding.is_some() {
        return Err(PresentError::AlreadyBound);
    }
    let header = json!({ "alg": holder.algorithm(), "typ": TYP });
    let payload = json!({
        "nonce": nonce,
        "aud": audience,
        "iat": now,
        "sd_hash": base64url::encode(&shown.shown_digest()),
    });
    let proof = jws::sign_with(&header, &payload, |signed| holder.sign(signed));
    Ok(format!("{token}{proof}"))
}

/// The secret half of a holder's key; wiped from memory on drop.
pub enum HolderSecret {
    /// Ed25519.
    Ed25519(SigningKey),
    /// NIST P-256.
    P256(P256SigningKey),
}

impl HolderSecret {
    /// Reads a PKCS#8 PEM file, as `openssl genpkey` writes it.
    ///
    /// # Errors
    /// When it is not a key of these types.
    pub fn from_pem(pem: &str) -> Result<Self, PresentError> {
        let ed25519 = SigningKey::from_pkcs8_pem(pem).map(Self::Ed25519);
        ed25519
            .or_else(|_| P256SigningKey::from_pkcs8_pem(pem).map(Self::P256))
            .map_err(|_| PresentError::NotASecretKey)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> HolderKey {
        match self {
            Self::Ed25519(key) => HolderKey::Ed25519(key.verifying_key()),
            Self::P256(key) => HolderKey::P256(*key.verifying_key()),
        }
    }

    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
        }
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        match self {
            Self::Ed25519(key) => key.sign(message).to_bytes(),
            Self::P256(key) => {
                let signature: P256Signature = key.sign(message);
                signature.to_bytes().into()
            }
        }
    }
}

impl fmt::Debug for HolderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderSecret(…)")
    }
}

/// Why a presentation cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PresentError {
    /// Not the wallet form of a verification.
    #[error("cannot present what is not an SD-JWT")]
    NotAToken,
    /// Nothing to show there.
    #[error("the token does not hold the field {}: the resident did not share it", field.as_code())]
    NoSuchField {
        /// The field.
        field: CardField,
    },
    /// A proof holds for one request.
    #[error("the token already carries a proof; take the one without it")]
    AlreadyBound,
    /// Another kind of file.
    #[error("this is not an Ed25519 or P-256 key in PKCS#8 PEM")]
    NotASecretKey,
}
