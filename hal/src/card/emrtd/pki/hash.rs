//! The hash functions of ICAO 9303-12, 4.1.2, by object identifier.

use der::asn1::ObjectIdentifier;
use sha1::{Digest, Sha1};
use sha2::{Sha224, Sha256, Sha384, Sha512};

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-1; only old documents and active authentication use it.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// Object identifiers (RFC 3279, RFC 5754) and names.
const TABLE: [(HashAlgorithm, ObjectIdentifier, &str); 5] = {
    use HashAlgorithm::{Sha1, Sha224, Sha256, Sha384, Sha512};
    const fn oid(text: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(text)
    }
    [
        (Sha1, oid("1.3.14.3.2.26"), "SHA-1"),
        (Sha224, oid("2.16.840.1.101.3.4.2.4"), "SHA-224"),
        (Sha256, oid("2.16.840.1.101.3.4.2.1"), "SHA-256"),
        (Sha384, oid("2.16.840.1.101.3.4.2.2"), "SHA-384"),
        (Sha512, oid("2.16.840.1.101.3.4.2.3"), "SHA-512"),
    ]
};

impl HashAlgorithm {
    /// The function with this object identifier.
    #[must_use]
    pub fn from_oid(oid: &ObjectIdentifier) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == *oid).map(|row| row.0)
    }

    /// A word for logs and results.
    #[must_use]
    pub fn name(self) -> &'static str {
        TABLE
            .iter()
            .find(|row| row.0 == self)
            .map_or("", |row| row.2)
    }

    /// Hashes a message.
    #[must_use]
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(message).to_vec(),
            Self::Sha224 => Sha224::digest(message).to_vec(),
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}
