//! The signature algorithms of ICAO 9303-12, 4.1.1: RSA with PKCS #1 v1.5 or PSS padding, and
//! ECDSA; by algorithm identifier, checked with the RustCrypto crates.

use der::Any;
use der::asn1::{AnyRef, ObjectIdentifier};
use pkcs1::RsaPssParams;
use rsa::{Pkcs1v15Sign, Pss, RsaPublicKey};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::PublicKey;
use super::hash::HashAlgorithm;
use crate::card::emrtd::curve::Point;

/// How something was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017).
    RsaPkcs1(HashAlgorithm),
    /// RSASSA-PSS (RFC 8017), the mask generated with the same hash function.
    RsaPss(HashAlgorithm, u8),
    /// ECDSA, the signature as DER (ANSI X9.62).
    Ecdsa(HashAlgorithm),
    /// ECDSA, the signature as r followed by s (BSI TR-03111, 5.2.1), as chips sign.
    EcdsaPlain(HashAlgorithm),
    /// RSA with message recovery (ISO/IEC 9796-2, scheme 1), only in active authentication.
    RsaRecovery(HashAlgorithm),
}

/// Why a signature proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// An algorithm that is not supported.
    #[error("the signature algorithm {0} is not supported")]
    Algorithm(ObjectIdentifier),
    /// The parameters of the algorithm are malformed or not supported.
    #[error("the parameters of the signature algorithm are not supported")]
    Parameters,
    /// The key is for another algorithm than the signature.
    #[error("the key is not for the algorithm of the signature")]
    KeyMismatch,
    /// The signature is not one of this key over this message.
    #[error("the signature is wrong")]
    Wrong,
}

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// RFC 8017, RFC 5758, BSI TR-03111 (plain format).
const TABLE: [(ObjectIdentifier, SignatureAlgorithm); 15] = {
    use HashAlgorithm::{Sha1, Sha224, Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, EcdsaPlain, RsaPkcs1};
    const fn oid(text: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(text)
    }
    [
        (oid("1.2.840.113549.1.1.5"), RsaPkcs1(Sha1)),
        (oid("1.2.840.113549.1.1.14"), RsaPkcs1(Sha224)),
        (oid("1.2.840.113549.1.1.11"), RsaPkcs1(Sha256)),
        (oid("1.2.840.113549.1.1.12"), RsaPkcs1(Sha384)),
        (oid("1.2.840.113549.1.1.13"), RsaPkcs1(Sha512)),
        (oid("1.2.840.10045.4.1"), Ecdsa(Sha1)),
        (oid("1.2.840.10045.4.3.1"), Ecdsa(Sha224)),
        (oid("1.2.840.10045.4.3.2"), Ecdsa(Sha256)),
        (oid("1.2.840.10045.4.3.3"), Ecdsa(Sha384)),
        (oid("1.2.840.10045.4.3.4"), Ecdsa(Sha512)),
        (oid("0.4.0.127.0.7.1.1.4.1.1"), EcdsaPlain(Sha1)),
        (oid("0.4.0.127.0.7.1.1.4.1.2"), EcdsaPlain(Sha224)),
        (oid("0.4.0.127.0.7.1.1.4.1.3"), EcdsaPlain(Sha256)),
        (oid("0.4.0.127.0.7.1.1.4.1.4"), EcdsaPlain(Sha384)),
        (oid("0.4.0.127.0.7.1.1.4.1.5"), EcdsaPlain(Sha512)),
    ]
};

impl SignatureAlgorithm {
    /// The algorithm that an identifier names. In CMS, the identifier may be only "RSA"; then
    /// the hash function is that of the signer's digest.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn find(
        identifier: &AlgorithmIdentifierOwned,
        signer_digest: Option<HashAlgorithm>,
    ) -> Result<Self, SignatureError> {
        let unknown = SignatureError::Algorithm(identifier.oid);
        match identifier.oid {
            RSA_ENCRYPTION => signer_digest.map(Self::RsaPkcs1).ok_or(unknown),
            RSA_PSS => pss(identifier),
            oid => Self::from_oid(&oid).ok_or(unknown),
        }
    }

    /// The algorithm with this object identifier, where that says everything.
    #[must_use]
    pub fn from_oid(oid: &ObjectIdentifier) -> Option<Self> {
        TABLE.iter().find(|row| row.0 == *oid).map(|row| row.1)
    }

    /// The hash function.
    #[must_use]
    pub fn hash(self) -> HashAlgorithm {
        match self {
            Self::RsaPkcs1(h) | Self::RsaPss(h, _) | Self::RsaRecovery(h) => h,
            Self::Ecdsa(h) | Self::EcdsaPlain(h) => h,
        }
    }

    /// A word for logs and results.
    #[must_use]
    pub fn name(self) -> String {
        let scheme = match self {
            Self::RsaPkcs1(_) => "RSA PKCS#1 v1.5",
            Self::RsaPss(..) => "RSA PSS",
            Self::RsaRecovery(_) => "RSA ISO 9796-2",
            Self::Ecdsa(_) | Self::EcdsaPlain(_) => "ECDSA",
        };
        format!("{scheme}, {}", self.hash().name())
    }

    /// Checks a signature.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(
        self,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let digest = self.hash().digest(message);
        let good = match (self, key) {
            (Self::RsaPkcs1(hash), PublicKey::Rsa(key)) => pkcs1(hash, key, &digest, signature),
            (Self::RsaPss(hash, salt), PublicKey::Rsa(key)) => {
                is_pss(hash, salt, key, &digest, signature)
            }
            (Self::Ecdsa(_), PublicKey::Ec(key)) => key.has_signed(&digest, signature, true),
            (Self::EcdsaPlain(_), PublicKey::Ec(key)) => key.has_signed(&digest, signature, false),
            _ => return Err(SignatureError::KeyMismatch),
        };
        good.then_some(()).ok_or(SignatureError::Wrong)
    }
}

/// RFC 4055, 3.1: the mask must be generated with the function that hashes the message.
fn pss(identifier: &AlgorithmIdentifierOwned) -> Result<SignatureAlgorithm, SignatureError> {
    let parameters = || {
        let parameters = AnyRef::from(identifier.parameters.as_ref()?);
        let parameters = parameters.decode_as::<RsaPssParams<Any>>().ok()?;
        let hash = HashAlgorithm::from_oid(&parameters.hash.oid)?;
        let mask_hash = parameters.mask_gen.parameters?.oid;
        let salt = parameters.salt_len;
        (HashAlgorithm::from_oid(&mask_hash)? == hash)
            .then_some(SignatureAlgorithm::RsaPss(hash, salt))
    };
    parameters().ok_or(SignatureError::Parameters)
}

fn pkcs1(hash: HashAlgorithm, key: &RsaPublicKey, digest: &[u8], signature: &[u8]) -> bool {
    let scheme = match hash {
        HashAlgorithm::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
        HashAlgorithm::Sha224 => Pkcs1v15Sign::new::<Sha224>(),
        HashAlgorithm::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
        HashAlgorithm::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
        HashAlgorithm::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
    };
    key.verify(scheme, digest, signature).is_ok()
}

fn is_pss(
    hash: HashAlgorithm,
    salt: u8,
    key: &RsaPublicKey,
    digest: &[u8],
    signature: &[u8],
) -> bool {
    let salt = usize::from(salt);
    let checked = match hash {
        HashAlgorithm::Sha1 => key.verify(Pss::<Sha1>::new_with_salt(salt), digest, signature),
        HashAlgorithm::Sha224 => key.verify(Pss::<Sha224>::new_with_salt(salt), digest, signature),
        HashAlgorithm::Sha256 => key.verify(Pss::<Sha256>::new_with_salt(salt), digest, signature),
        HashAlgorithm::Sha384 => key.verify(Pss::<Sha384>::new_with_salt(salt), digest, signature),
        HashAlgorithm::Sha512 => key.verify(Pss::<Sha512>::new_with_salt(salt), digest, signature),
    };
    checked.is_ok()
}

impl Point {
    /// Whether this public key signed what has this digest (SEC 1, 4.1.4); the signature as DER
    /// or plain.
    fn has_signed(&self, digest: &[u8], signature: &[u8], as_der: bool) -> bool {
        self.curve()
            .is_signature(self.bytes(), digest, signature, as_der)
    }
}
