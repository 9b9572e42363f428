//! The kiosk's own key: 32 bytes that the key store keeps (sealed to the device where it can),
//! held in memory only while the kiosk runs.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::claims::Claims;
use crate::cose::{Purpose, SIGNATURE_BYTES, Sign1};

/// How a head of the log begins: the origin of every kiosk's log.
pub(crate) const HEAD: &str = "kiosk-log/";
/// How a part of the log begins; the newline makes it unlike any origin.
pub(crate) const LOG_PART: &str = "kiosk-log-subtree/v1\n";
/// How the report of a self-test begins.
pub(crate) const SELF_TEST: &str = "kiosk-self-test/1\n";
/// How the kiosk's word for its sender on a chain begins.
pub(crate) const SENDER: &str = "kiosk-sender-binding-v1\0";
/// How an attestation begins: `Sig_structure`, RFC 9052 §4.4, an array of four and its first text.
const ATTESTATION: &[u8] = b"\x84\x6aSignature1";
/// How the wallet form begins: the base64url of `{"` (JWS signing input, RFC 7515 §5.1).
const WALLET: &str = "eyJ";

/// Everything that a device key signs begins with exactly one of these, and none of them with another:
/// so a signature for one purpose holds for no other. What is new to be signed is entered here.
const CONTEXTS: [&[u8]; 6] = [
    ATTESTATION,
    HEAD.as_bytes(),
    LOG_PART.as_bytes(),
    SELF_TEST.as_bytes(),
    SENDER.as_bytes(),
    WALLET.as_bytes(),
];

/// The kiosk's Ed25519 key; wiped from memory on drop. It signs by [`DeviceKey::sign`] alone.
pub struct DeviceKey(SigningKey);

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
            signature: self.sign(&Purpose::Attestation.to_be_signed(&payload)),
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

    /// Signs bytes that begin as the table says.
    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let begins = CONTEXTS.iter().filter(|context| bytes.starts_with(context));
        debug_assert_eq!(begins.count(), 1, "this is nothing that a device key signs");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_context_begins_with_another() {
        for (number, context) in CONTEXTS.iter().enumerate() {
            let others = CONTEXTS.iter().enumerate();
            let mut others = others.filter(|(other, _)| *other != number);
            let clash = others.find(|(_, other)| context.starts_with(other));
            assert_eq!(clash, None, "{}", context.escape_ascii());
        }
    }

    /// Otherwise the table is not all that is signed.
    #[test]
    #[should_panic(expected = "nothing that a device key signs")]
    fn nothing_else_is_signed() {
        DeviceKey::from_seed(&[1; 32]).sign(b"kiosk-log");
    }
}
