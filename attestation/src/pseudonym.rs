//! The person as one service provider knows them. HKDF-SHA256 (RFC 5869) makes one key for each
//! provider out of the operator's secret; HMAC-SHA256 (RFC 2104) under that key makes the pseudonym
//! out of the document number.
//!
//! What it protects: the same person has the same pseudonym at one provider and unrelated ones at
//! two, so providers who compare their records learn nothing. There are only some 10¹¹ possible
//! numbers, so an unkeyed digest could be reversed by trying them all; without the key this cannot.
//!
//! What it does not protect: who holds the operator's secret, or a provider's key, can try all
//! numbers and link what that key covers. So the secret belongs into the kiosk's key store, is never
//! written to the log or a receipt, and changing it (or the provider's identifier) makes everybody
//! a new person for that provider. A provider who knows a person's number from elsewhere still
//! cannot compute the pseudonym; it learns the pair when that person uses its service.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::name::Name;

/// Ties the derived keys to this use and version.
const INFO: &[u8] = b"kiosk pairwise pseudonym v1\0";

/// A pairwise pseudonym: the first 128 bits of an HMAC.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pseudonym(pub [u8; 16]);

impl fmt::Debug for Pseudonym {
    /// Linkable within a provider, so it does not go into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonym(…)")
    }
}

/// The key that makes the pseudonyms for one provider.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PseudonymKey([u8; 32]);

impl PseudonymKey {
    /// Derives the key for a provider from the operator's secret.
    #[must_use]
    pub fn for_provider(secret: &[u8; 32], provider: &Name) -> Self {
        let mut key = Self([0; 32]);
        let info = [INFO, provider.as_str().as_bytes()].concat();
        expand(secret, &info, &mut key.0);
        key
    }

    /// The pseudonym of the holder of a document. Spaces around the number and the case of its
    /// letters (the check character X) do not matter.
    #[must_use]
    pub fn pseudonym(&self, document_number: &str) -> Pseudonym {
        let number = Zeroizing::new(document_number.trim().to_ascii_uppercase());
        let mac = keyed(&self.0).chain_update(number.as_bytes()).finalize();
        let mut pseudonym = [0; 16];
        pseudonym.copy_from_slice(&mac.into_bytes()[..16]);
        Pseudonym(pseudonym)
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(…)")
    }
}

#[expect(clippy::expect_used, reason = "32 bytes are within HKDF's 255 blocks")]
fn expand(secret: &[u8; 32], info: &[u8], key: &mut [u8; 32]) {
    Hkdf::<Sha256>::new(None, secret)
        .expand(info, key)
        .expect("one block can always be expanded");
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: u8, provider: &str) -> PseudonymKey {
        PseudonymKey::for_provider(&[secret; 32], &Name::new(provider).unwrap())
    }

    /// Not a real person's number: region 110101, born 1900-01-01, sequence 001.
    const NUMBER: &str = "11010119000101001X";

    #[test]
    fn one_person_is_one_at_a_provider_and_another_at_the_next() {
        let library = key(1, "library").pseudonym(NUMBER);
        assert!(library == key(1, "library").pseudonym(" 11010119000101001x\u{3000}"));
        assert!(library != key(1, "clinic").pseudonym(NUMBER));
        assert!(library != key(2, "library").pseudonym(NUMBER));
        assert!(library != key(1, "library").pseudonym("110101190001010028"));
    }

    #[test]
    fn nothing_is_shown_by_debug() {
        let key = key(1, "library");
        assert_eq!(format!("{key:?}"), "PseudonymKey(…)");
        assert_eq!(format!("{:?}", key.pseudonym(NUMBER)), "Pseudonym(…)");
    }
}
