//! Public keys in certificates and in data groups 14 and 15 (RFC 3279, RFC 5480): RSA, or a
//! point on one of the supported curves, whether the curve is named or described by its
//! parameters, as ICAO 9303-12, 4.1.1.2 demands.

use crypto_bigint::BoxedUint;
use der::Decode;
use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use rsa::RsaPublicKey;
use rsa::traits::PublicKeyParts;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::card::emrtd::curve::{Curve, Point};
use crate::card::emrtd::tlv;

/// Shortest RSA key taken: active authentication of older chips has 1,024 bits (ICAO 9303-11,
/// 6.1). Those who sign for a state need more: see `strength`.
const MIN_RSA_BITS: usize = 1024;
/// Longest RSA key taken; states use up to 6,144.
const MAX_RSA_BITS: usize = 8192;

const RSA: [ObjectIdentifier; 2] = [
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10"), // restricted to PSS (RFC 4055)
];
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const DER_SEQUENCE: u32 = 0x30;
const DER_INTEGER: u32 = 0x02;
const DER_OCTET_STRING: u32 = 0x04;

/// RFC 5480 and RFC 5639.
const NAMED_CURVES: [(ObjectIdentifier, Curve); 5] = [
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
        Curve::P256,
    ),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), Curve::P384),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), Curve::P521),
    (
        ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.7"),
        Curve::BrainpoolP256r1,
    ),
    (
        ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.11"),
        Curve::BrainpoolP384r1,
    ),
];

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA.
    Rsa(RsaPublicKey),
    /// On an elliptic curve.
    Ec(Point),
}

/// A key of a kind, curve or size that is not supported, or no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the public key is malformed, or of a kind, curve or size that is not supported")]
pub struct KeyError;

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_info(info: &SubjectPublicKeyInfoOwned) -> Result<Self, KeyError> {
        let key = info.subject_public_key.as_bytes().ok_or(KeyError)?;
        if RSA.contains(&info.algorithm.oid) {
            return rsa_key(key).map(Self::Rsa);
        }
        if info.algorithm.oid != EC {
            return Err(KeyError);
        }
        let parameters = info.algorithm.parameters.as_ref().ok_or(KeyError)?;
        let curve = curve(AnyRef::from(parameters)).ok_or(KeyError)?;
        curve.point(key).map(Self::Ec).map_err(|_| KeyError)
    }

    /// Reads the DER of a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoOwned::from_der(bytes).map_err(|_| KeyError)?;
        Self::from_info(&info)
    }

    /// Bytes of a signature that this key makes, where it is not wrapped in DER.
    #[must_use]
    pub fn signature_len(&self) -> usize {
        match self {
            Self::Rsa(key) => key.size(),
            Self::Ec(point) => 2 * point.curve().field_len(),
        }
    }

    /// A word for logs and results.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA {}", key.size() * 8),
            Self::Ec(point) => point.curve().name().to_owned(),
        }
    }
}

fn rsa_key(bytes: &[u8]) -> Result<RsaPublicKey, KeyError> {
    let key = pkcs1::RsaPublicKey::from_der(bytes).map_err(|_| KeyError)?;
    let number = |n: UintRef<'_>| {
        let digits = n.as_bytes();
        (digits.len() * 8 <= MAX_RSA_BITS)
            .then(|| BoxedUint::from_be_slice_vartime(digits))
            .ok_or(KeyError)
    };
    let (n, e) = (number(key.modulus)?, number(key.public_exponent)?);
    RsaPublicKey::new_with_size_limits(n, e, MIN_RSA_BITS..=MAX_RSA_BITS).map_err(|_| KeyError)
}

/// The curve that the parameters name, or describe. Described parameters are recognised by
/// their generator; calculations are always on our own curve, so nothing in the description
/// can weaken them.
fn curve(parameters: AnyRef<'_>) -> Option<Curve> {
    if let Ok(name) = parameters.decode_as::<ObjectIdentifier>() {
        return NAMED_CURVES.iter().find(|c| c.0 == name).map(|c| c.1);
    }
    let mut fields = parameters.value();
    tlv::expect(&mut fields, DER_INTEGER).ok()?; // version
    tlv::expect(&mut fields, DER_SEQUENCE).ok()?; // field
    tlv::expect(&mut fields, DER_SEQUENCE).ok()?; // a and b
    let generator = tlv::expect(&mut fields, DER_OCTET_STRING).ok()?;
    Curve::ALL
        .into_iter()
        .find(|c| c.point(generator).is_ok_and(|g| g == c.generator()))
}
