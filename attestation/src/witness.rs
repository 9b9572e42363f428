//! Witnesses: others who saw a head of the log, checked that it only grew, and signed that with the
//! time (c2sp.org/tlog-cosignature, Ed25519). A kiosk whose heads are witnessed cannot show two
//! histories, also not to somebody who never saw the chain.
//!
//! In: a witness's verifier key, and notes with its signature lines. Out: a [`Cosignature`] that
//! holds; only checking makes one.

use std::fmt;
use std::path::Path;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::checkpoint::Checkpoint;
use crate::cose::SIGNATURE_BYTES;
use crate::note::{Note, NoteError, SIGNATURE_LINE};
use crate::operator::{OperatorKey, OperatorKeyError};

/// Signature type "timestamped Ed25519 cosignature" of C2SP signed-note.
const COSIGNATURE_V1: u8 = 4;

/// Longer than any verifier key, in bytes.
const MAX_KEY_CHARS: usize = 512;

/// What a witness's line carries: the hint at the key, the time, the signature.
const STAMP_BYTES: usize = 4 + 8 + SIGNATURE_BYTES;

/// Times are POSIX seconds below 2⁶³ (c2sp.org/tlog-cosignature).
const MAX_TIME: u64 = i64::MAX as u64;

/// A witness as who checks knows it: a name and an Ed25519 key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessPublicKey {
    name: String,
    key: VerifyingKey,
}

impl WitnessPublicKey {
    /// Reads a verifier key of c2sp.org/signed-note: `name+hint+base64(4 ‖ key)`.
    ///
    /// # Errors
    /// When it is not one, or one for another type of signature.
    pub fn parse(text: &str) -> Result<Self, NotAWitness> {
        if text.len() > MAX_KEY_CHARS {
            return Err(NotAWitness);
        }
        let mut parts = text.trim().splitn(3, '+');
        let mut part = || parts.next().ok_or(NotAWitness);
        let (name, hint, encoded) = (part()?, part()?, part()?);
        let mut typed = [0; 33];
        let decoded = Base64::decode(encoded, &mut typed).map_err(|_| NotAWitness)?;
        let key: [u8; 32] = match decoded {
            [COSIGNATURE_V1, key @ ..] => key.try_into().map_err(|_| NotAWitness)?,
            _ => return Err(NotAWitness),
        };
        let key = VerifyingKey::from_bytes(&key).map_err(|_| NotAWitness)?;
        let witness = Self::new(name, key)?;
        if witness.hint_text() == hint {
            Ok(witness)
        } else {
            Err(NotAWitness)
        }
    }

    fn new(name: &str, key: VerifyingKey) -> Result<Self, NotAWitness> {
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
        if name.is_empty() || name.len() > MAX_KEY_CHARS / 2 || !name.chars().all(plain) {
            return Err(NotAWitness);
        }
        let name = name.to_owned();
        Ok(Self { name, key })
    }

    /// Its name; by convention a URL without a scheme.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The verifier key, as others are told it.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        let typed = [&[COSIGNATURE_V1][..], self.key.as_bytes()].concat();
        let typed = Base64::encode_string(&typed);
        format!("{}+{}+{typed}", self.name, self.hint_text())
    }

    /// This witness's word on a note; none if it is silent. Of several, the latest.
    ///
    /// # Errors
    /// When a line that claims to be this witness's does not hold.
    pub fn find(&self, note: &Note<'_>) -> Result<Option<Cosignature>, NoteError> {
        let mut latest: Option<Cosignature> = None;
        for (name, stamp) in &note.signatures {
            if *name != self.name || stamp.get(..4) != Some(&self.hint()[..]) {
                continue;
            }
            let found = self.check(&note.checkpoint, stamp);
            let found = found.ok_or(NoteError::Cosignature)?;
            if latest.as_ref().is_none_or(|known| known.time < found.time) {
                latest = Some(found);
            }
        }
        Ok(latest)
    }

    fn check(&self, checkpoint: &Checkpoint, stamp: &[u8]) -> Option<Cosignature> {
        let stamp: &[u8; STAMP_BYTES] = stamp.try_into().ok()?;
        let time = u64::from_be_bytes(*stamp[4..].first_chunk()?);
        let signature = *stamp.last_chunk()?;
        self.holds(checkpoint, time, &signature)
    }

    /// The word put together from its parts, if this witness gave it.
    pub(crate) fn holds(
        &self,
        checkpoint: &Checkpoint,
        time: u64,
        signature: &[u8; SIGNATURE_BYTES],
    ) -> Option<Cosignature> {
        let text = signed_text(checkpoint, time);
        let strictly = |signature| self.key.verify_strict(text.as_bytes(), signature);
        let it_does = time <= MAX_TIME && strictly(&Signature::from_bytes(signature)).is_ok();
        it_does.then(|| Cosignature {
            witness: self.clone(),
            time,
            signature: *signature,
        })
    }

    /// The note's hint at the key: SHA-256(name ‖ 0x0A ‖ type ‖ key)[..4].
    fn hint(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', COSIGNATURE_V1])
            .chain_update(self.key.as_bytes())
            .finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    pub(crate) fn hint_text(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(self.hint()))
    }
}

/// A witness's word that a head is the largest it saw of a log, and that the log only grew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    witness: WitnessPublicKey,
    time: u64,
    signature: [u8; SIGNATURE_BYTES],
}

impl Cosignature {
    /// Who gave it.
    #[must_use]
    pub const fn witness(&self) -> &WitnessPublicKey {
        &self.witness
    }

    /// When, by the witness's clock, in seconds since 1970.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.time
    }

    /// The signature's 64 bytes.
    #[must_use]
    pub const fn signature(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.signature
    }

    /// The line of a note, with its end.
    #[must_use]
    pub fn line(&self) -> String {
        let time = self.time.to_be_bytes();
        let stamp = [&self.witness.hint()[..], &time, &self.signature].concat();
        let stamp = Base64::encode_string(&stamp);
        format!("{SIGNATURE_LINE}{} {stamp}\n", self.witness.name)
    }
}

/// A witness's own key; wiped from memory on drop.
pub struct WitnessKey {
    public: WitnessPublicKey,
    secret: SigningKey,
}

impl WitnessKey {
    /// The key for a seed (RFC 8032 §5.1.5), under a name. The caller wipes its own copy.
    ///
    /// # Errors
    /// When a note cannot hold the name.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NotAWitness> {
        Self::new(name, OperatorKey(SigningKey::from_bytes(seed)))
    }

    /// Makes a new key.
    ///
    /// # Errors
    /// When the system has no randomness; or a note cannot hold the name.
    #[cfg(feature = "log")]
    pub fn generate(name: &str) -> Result<Result<Self, NotAWitness>, OperatorKeyError> {
        OperatorKey::generate().map(|key| Self::new(name, key))
    }

    /// Reads a PKCS#8 PEM file.
    ///
    /// # Errors
    /// When it cannot be read, or is not such a file; or a note cannot hold the name.
    pub fn load(name: &str, path: &Path) -> Result<Result<Self, NotAWitness>, OperatorKeyError> {
        OperatorKey::load(path).map(|key| Self::new(name, key))
    }

    /// Writes a new PKCS#8 PEM file that only its owner may read and write (mode 0600).
    ///
    /// # Errors
    /// When it cannot be written, or is already there: a key is never overwritten.
    pub fn save(&self, path: &Path) -> Result<(), OperatorKeyError> {
        OperatorKey(self.secret.clone()).save(path)
    }

    fn new(name: &str, OperatorKey(secret): OperatorKey) -> Result<Self, NotAWitness> {
        let public = WitnessPublicKey::new(name, secret.verifying_key())?;
        Ok(Self { public, secret })
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &WitnessPublicKey {
        &self.public
    }

    /// Signs a head. The caller has checked that the log only grew to it.
    #[must_use]
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Cosignature {
        let time = time.min(MAX_TIME);
        let text = signed_text(checkpoint, time);
        Cosignature {
            witness: self.public.clone(),
            time,
            signature: self.secret.sign(text.as_bytes()).to_bytes(),
        }
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessKey({}, …)", self.public.name)
    }
}

/// The text is not a witness's verifier key, or the name cannot stand in a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a witness: name+hint+key of c2sp.org/signed-note for Ed25519 cosignatures (type 4)"
)]
pub struct NotAWitness;

fn signed_text(checkpoint: &Checkpoint, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{}", checkpoint.body())
}

#[cfg(test)]
mod tests;
