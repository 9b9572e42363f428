//! Active authentication (ICAO 9303-11, 6.1): that the chip knows the private key to the public
//! key in data group 15, shown by its signature over a random number of the reader.

use rsa::RsaPublicKey;
use rsa::traits::PublicKeyParts;

use super::cipher::same;
use super::pki::PublicKey;
use super::pki::hash::HashAlgorithm;
use super::pki::signature::SignatureAlgorithm;

/// Bytes of RND.IFD.
pub const CHALLENGE_LEN: usize = 8;

/// Checks the chip's answer to INTERNAL AUTHENTICATE; returns how it was signed.
#[must_use]
pub fn check(
    key: &PublicKey,
    announced: Option<SignatureAlgorithm>,
    challenge: &[u8],
    answer: &[u8],
) -> Option<SignatureAlgorithm> {
    match key {
        PublicKey::Rsa(rsa) => message_recovery(rsa, challenge, answer),
        PublicKey::Ec(point) => {
            let hash = announced.map_or_else(|| usual_hash(point.x().len()), |a| a.hash());
            let algorithm = SignatureAlgorithm::EcdsaPlain(hash);
            algorithm
                .verify(key, challenge, answer)
                .is_ok()
                .then_some(algorithm)
        }
    }
}

/// Where the chip does not announce a hash function: the one as long as its key.
fn usual_hash(field_len: usize) -> HashAlgorithm {
    match field_len {
        0..=32 => HashAlgorithm::Sha256,
        33..=48 => HashAlgorithm::Sha384,
        _ => HashAlgorithm::Sha512,
    }
}

/// ISO/IEC 9796-2, digital signature scheme 1 with partial recovery: `6A`, random bytes of the
/// chip, hash of those and the challenge, trailer.
fn message_recovery(
    key: &RsaPublicKey,
    challenge: &[u8],
    answer: &[u8],
) -> Option<SignatureAlgorithm> {
    if answer.len() != key.size() {
        return None;
    }
    let signature = crypto_bigint::BoxedUint::from_be_slice(answer, key.n_bits_precision()).ok()?;
    let opened = rsa::hazmat::rsa_encrypt(key, &signature)
        .ok()?
        .to_be_bytes();
    let start = opened.len().checked_sub(key.size())?;
    let hash = recovered(&opened[start..], challenge)?;
    Some(SignatureAlgorithm::RsaRecovery(hash))
}

/// With which hash function the opened signature is one over the challenge, if it is.
fn recovered(opened: &[u8], challenge: &[u8]) -> Option<HashAlgorithm> {
    let (hash, rest) = trailer(opened)?;
    let hash_at = rest.len().checked_sub(hash.digest(&[]).len())?;
    let (recovered, digest) = rest.split_at(hash_at);
    let (0x6A, recovered) = recovered.split_first().map(|(head, rest)| (*head, rest))? else {
        return None;
    };
    let message = [recovered, challenge].concat();
    same(&hash.digest(&message), digest).then_some(hash)
}

/// ISO/IEC 9796-2, 8.1.3 and ISO/IEC 10118: which hash function the last bytes name.
fn trailer(opened: &[u8]) -> Option<(HashAlgorithm, &[u8])> {
    match opened {
        [rest @ .., 0xBC] => Some((HashAlgorithm::Sha1, rest)),
        [rest @ .., 0x38, 0xCC] => Some((HashAlgorithm::Sha224, rest)),
        [rest @ .., 0x34, 0xCC] => Some((HashAlgorithm::Sha256, rest)),
        [rest @ .., 0x36, 0xCC] => Some((HashAlgorithm::Sha384, rest)),
        [rest @ .., 0x35, 0xCC] => Some((HashAlgorithm::Sha512, rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::emrtd::hex::hex;

    /// ICAO 9303-11 (8th edition), worked example of active authentication: the random number of the
    /// reader, and the message representative of 1,024 bits that the chip signs.
    const CHALLENGE: &str = "F173589974BF40C6";
    const REPRESENTATIVE: &str = "6A
        9D2784A67F8E7C659973EA1AEA25D95B 6C8F91E5002F369F0FBDCE8A3CEC1991
        B543F1696546C5524CF23A5303CD6C98 599F40B79F377B5F3A1406B3B4D8F967
        84D23AA88DB7E1032A405E69325FA91A 6E86F5C71AEA978264C4A207446DAD4E
        7292E2DCDA3024B47DA8
        C063AA1E6D22FBD976AB0FE73D94D2D9C6D88127 BC";

    #[test]
    fn the_worked_example_is_recovered() {
        let (opened, challenge) = (hex(REPRESENTATIVE), hex(CHALLENGE));
        assert_eq!(opened.len(), 128);
        assert_eq!(recovered(&opened, &challenge), Some(HashAlgorithm::Sha1));
    }

    #[test]
    fn not_one_byte_of_it_may_be_another() {
        let (opened, challenge) = (hex(REPRESENTATIVE), hex(CHALLENGE));
        for at in 0..opened.len() {
            let mut changed = opened.clone();
            changed[at] ^= 1;
            assert_eq!(recovered(&changed, &challenge), None, "byte {at}");
        }
        assert_eq!(recovered(&opened, &hex("F173589974BF40C7")), None);
        assert_eq!(recovered(&opened[..20], &challenge), None);
        assert_eq!(recovered(&[0xBC], &challenge), None);
        assert_eq!(recovered(&[], &challenge), None);
    }
}
