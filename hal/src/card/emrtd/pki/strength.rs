//! What is too weak for a state's signature to be believed. Old enough documents are the exception:
//! they are valid for ten years and cannot be signed anew.
//!
//! *Keys.* ICAO 9303-12 names no sizes since its seventh edition (4.1.6: "suitable cryptographic
//! catalogues SHOULD be taken into account"); the sixth recommended 2,048 bits for signers of
//! documents and 3,072 for authorities. Less than 2,048 was never meant for either, only for active
//! authentication. The elliptic curves that are supported have 256 bits and more.
//!
//! *Hash functions.* SHA-2 is the only one permitted (4.1.6.4). The sixth edition permitted SHA-1, too,
//! and states went on signing with it for some time. Nobody can make another document for such a
//! signature, but since 2020 somebody who gets a state to sign something new can have two things
//! signed with one signature. So it is what a signer signs *now* that must not be SHA-1.
//!
//! Revocation lists are exempt: without a weak one there would be none.

use std::time::{Duration, SystemTime};

use super::PublicKey;
use super::certificate::Certificate;
use super::hash::HashAlgorithm;

/// Shortest RSA key of a signer or an authority.
const MIN_RSA_BITS: usize = 2048;
/// 1 January 2018 after 1970: who was certified from then on does not sign with SHA-1. Our choice: two
/// years after the edition that ended it, so that the last such documents end in 2027.
const SHA_1_ENDED: Duration = Duration::from_secs(1_514_764_800);

/// Whether a key is long enough to sign documents, certificates and lists with.
pub fn is_strong_key(key: &PublicKey) -> bool {
    match key {
        PublicKey::Rsa(_) => key.signature_len() * 8 >= MIN_RSA_BITS,
        PublicKey::Ec(_) => true,
    }
}

/// Whether what this signer signed may be hashed so.
pub fn is_strong_hash(hash: HashAlgorithm, signer: &Certificate) -> bool {
    hash != HashAlgorithm::Sha1 || signer.valid_from() < SystemTime::UNIX_EPOCH + SHA_1_ENDED
}
