//! The operator's trust list: what has become of each kiosk's key since the operator vouched for
//! it. A credential alone cannot be taken back; the list says which keys no longer count, and from
//! when.
//!
//! In: a COSE_Sign1 (RFC 9052) by the operator over deterministic CBOR (`trust-list` in
//! `claims.cddl`). Out: [`TrustList`], which only exists signed. A verifier keeps the highest
//! sequence number that it has seen and refuses lower ones; this room has no memory for that.
//!
//! **What the time of a revocation can do.** A receipt's time is the kiosk's own word. Who has
//! stolen a key can write an earlier one, so a revocation for theft should count from the last
//! moment at which the key was surely not stolen, if need be from 0. An honest copy of the kiosk's
//! log then tells which earlier receipts it made itself.

mod content;
#[cfg(feature = "log")]
mod draft;
#[cfg(test)]
mod tests;

pub use content::{KeyState, ListedKey};
#[cfg(feature = "log")]
pub use draft::{DraftError, TrustDraft};

use crate::cbor::{DecodeError, decode_strictly};
use crate::codes::codes_of;
use crate::cose::{Purpose, SIGNATURE_BYTES, Sign1};
use crate::device::DevicePublicKey;
use crate::name::Name;
use crate::operator::OperatorPublicKey;
use content::Content;

/// The most keys in a list.
const MAX_KEYS: usize = 10_000;

/// A list of [`MAX_KEYS`] keys takes at most 1.6 MB; nothing longer is looked at.
const MAX_BYTES: usize = 2 << 20;

/// A list that the operator signed. Only [`TrustList::decode`] and `TrustDraft::issue` make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustList {
    content: Content,
    operator: OperatorPublicKey,
    signature: [u8; SIGNATURE_BYTES],
}

impl TrustList {
    /// The most bytes of a list: read no more than one more than this from a file.
    pub const MAX_BYTES: usize = MAX_BYTES;

    /// Reads a list and checks that this operator signed it. How old it is, is not looked at here.
    ///
    /// # Errors
    /// When it is too large, damaged, or not this operator's.
    pub fn decode(bytes: &[u8], operator: &OperatorPublicKey) -> Result<Self, TrustListError> {
        if bytes.len() > MAX_BYTES {
            return Err(TrustListError::TooLarge);
        }
        let message = Sign1::decode(bytes, Purpose::TrustList)?;
        if !Purpose::TrustList.verify(&operator.0, message.payload, &message.signature) {
            return Err(TrustListError::Signature);
        }
        Ok(Self {
            content: decode_strictly(message.payload, Content::read, Content::payload)?,
            operator: *operator,
            signature: message.signature,
        })
    }

    /// The list as a tagged COSE_Sign1, for a file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let message = Sign1 {
            payload: &self.content.payload(),
            signature: self.signature,
        };
        message.encode(Purpose::TrustList)
    }

    /// Writes the list into a file, at once or not at all.
    ///
    /// # Errors
    /// When the system cannot write there.
    #[cfg(feature = "log")]
    pub fn save(&self, path: &std::path::Path) -> std::io::Result<()> {
        crate::durable::write(path, &self.encode())
    }

    /// Grows by one with each list of this operator.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.content.sequence
    }

    /// When it was signed, in seconds since 1970.
    #[must_use]
    pub const fn issued_at(&self) -> u64 {
        self.content.issued_at
    }

    /// From when on there should be a newer one, in seconds since 1970.
    #[must_use]
    pub const fn next_update(&self) -> u64 {
        self.content.next_update
    }

    /// Every key, in the order of its bytes.
    #[must_use]
    pub fn keys(&self) -> &[ListedKey] {
        &self.content.keys
    }

    /// Who signed it.
    #[must_use]
    pub const fn operator(&self) -> &OperatorPublicKey {
        &self.operator
    }

    /// What the list says about a kiosk's key, if it is in it.
    #[must_use]
    pub fn find(&self, kiosk: &Name, key: &DevicePublicKey) -> Option<&ListedKey> {
        let keys = &self.content.keys;
        let place = keys.binary_search_by(|listed| listed.key.as_bytes().cmp(key.as_bytes()));
        let listed = keys.get(place.ok()?)?;
        (listed.kiosk == *kiosk).then_some(listed)
    }
}

/// Why bytes are not a trust list to go by.
#[derive(Debug, thiserror::Error)]
pub enum TrustListError {
    /// More bytes than any list has.
    #[error("the trust list is larger than {MAX_BYTES} bytes; ask the operator for the right file")]
    TooLarge,
    /// Not a list, or damaged.
    #[error("the trust list is damaged, or is some other file; fetch it again from the operator")]
    Malformed(#[from] DecodeError),
    /// Signed by someone else, or changed.
    #[error("this operator did not sign the trust list: it is another operator's, or was changed")]
    Signature,
}

codes_of! {
    TrustListError {
        TooLarge = "trust_list_too_large",
        Malformed = "trust_list_malformed",
        Signature = "trust_list_signature",
    }
}
