//! The kiosk's own key: 32 bytes that the key store keeps (sealed to the device where it can),
//! held in memory only while the kiosk runs.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::claims::Claims;
use crate::cose::{Purpose, SIGNATURE_BYTES, Sign1};

/// The kiosk's Ed25519 key; wiped from memory on drop.
pub struct DeviceKey(pub(crate) SigningKey);

impl DeviceKey {
    /// The key for a seed (RFC 8032 §5.1.5). The caller wipes its own copy.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> DevicePublicKey {
        DevicePublicKey(self.0.verifying_key())
    }

    /// Signs claims: a tagged COSE_Sign1 over a CWT. Only a commit to the log makes it count.
    #[must_use]
    pub fn attest(&self, claims: &Claims) -> Vec<u8> {
        let payload = claims.to_cwt();
        let message = Sign1 {
            signature: Purpose::Attestation.sign(&self.0, &payload),
            payload: &payload,
        };
        message.encode(Purpose::Attestation)
    }

    /// Signs a head of the log.
    #[must_use]
    pub fn sign_checkpoint(&self, checkpoint: Checkpoint) -> SignedCheckpoint {
        SignedCheckpoint {
            signature: self.sign(checkpoint.body().as_bytes()),
            checkpoint,
        }
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(…)")
    }
}

/// The public half of a kiosk's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevicePublicKey(pub(crate) VerifyingKey);

impl DevicePublicKey {
    /// Takes the 32 bytes of a public key (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// When they are not a point of the curve.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, NotAKey> {
        VerifyingKey::from_bytes(bytes)
            .map(Self)
            .map_err(|_| NotAKey)
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether this key signed the text (strict verification).
    pub(crate) fn signed_text(&self, text: &str, signature: &[u8; SIGNATURE_BYTES]) -> bool {
        self.signed(text.as_bytes(), signature)
    }

    /// Whether this key signed the bytes (strict verification).
    pub(crate) fn signed(&self, bytes: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        self.0
            .verify_strict(bytes, &Signature::from_bytes(signature))
            .is_ok()
    }

    /// Whether this key signed these claims (as a CWT).
    pub(crate) fn attested(&self, cwt: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        Purpose::Attestation.verify(&self.0, cwt, signature)
    }
}

/// The bytes are not an Ed25519 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the 32 bytes are not an Ed25519 public key")]
pub struct NotAKey;
