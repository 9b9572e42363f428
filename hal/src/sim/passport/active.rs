//! What the chip proves with active authentication (ICAO 9303-11, 6.1): a key for ECDSA, or one for RSA
//! with message recovery (ISO/IEC 9796-2, digital signature scheme 1), as most older passports have it.

use crypto_bigint::BoxedUint;
use crypto_bigint::modular::BoxedMontyForm;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use rsa::RsaPublicKey;
use rsa::traits::PublicKeyParts;
use x509_cert::builder;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::pki::{PkiError, draw_key, public_key};
use crate::card::emrtd::pki::hash::HashAlgorithm;
use crate::card::emrtd::random::{Random, RandomError};

/// How a chip does active authentication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Active {
    /// ECDSA over P-256 with SHA-256.
    #[default]
    Ecdsa,
    /// RSA of 1,024 bits with SHA-1, whose answer fits a short APDU.
    #[value(name = "rsa-1024")]
    Rsa1024,
    /// RSA of 2,048 bits with SHA-256, whose answer needs an extended APDU.
    #[value(name = "rsa-2048")]
    Rsa2048,
}

/// The key of a chip.
pub(super) enum ActiveKey {
    Ecdsa(SigningKey),
    Rsa(RsaKey),
}

/// Modulus and private exponent, one behind the other. To draw them takes a program that is not
/// optimised half a minute, so these are fixed (`openssl genrsa`): everybody knows them, as everybody
/// knows everything about this country.
const RSA_1024: &[u8] = include_bytes!("active-rsa-1024.nd");
const RSA_2048: &[u8] = include_bytes!("active-rsa-2048.nd");
/// The public exponent of both.
const EXPONENT: u64 = 65_537;

/// A key with message recovery.
pub(super) struct RsaKey {
    public: RsaPublicKey,
    secret: BoxedUint,
    hash: HashAlgorithm,
    /// What names the hash function at the end (ISO/IEC 9796-2, 8.1.3).
    trailer: &'static [u8],
}

impl ActiveKey {
    pub(super) fn new(kind: Active) -> Result<Self, PkiError> {
        Ok(match kind {
            Active::Ecdsa => Self::Ecdsa(draw_key()?),
            Active::Rsa1024 => Self::Rsa(RsaKey::new(RSA_1024, HashAlgorithm::Sha1, &[0xBC])),
            Active::Rsa2048 => {
                Self::Rsa(RsaKey::new(RSA_2048, HashAlgorithm::Sha256, &[0x34, 0xCC]))
            }
        })
    }

    /// The key of a copy, whose maker could not read the chip's.
    pub(super) fn copied(self) -> Result<Self, PkiError> {
        Ok(match self {
            Self::Ecdsa(_) => Self::Ecdsa(draw_key()?),
            Self::Rsa(key) => Self::Rsa(RsaKey {
                secret: key.secret.wrapping_sub(BoxedUint::from(2_u8)),
                ..key
            }),
        })
    }

    /// As data group 15 holds it.
    pub(super) fn public(&self) -> Result<SubjectPublicKeyInfoOwned, PkiError> {
        match self {
            Self::Ecdsa(key) => public_key(key),
            Self::Rsa(key) => {
                Ok(SubjectPublicKeyInfoOwned::from_key(&key.public)
                    .map_err(builder::Error::from)?)
            }
        }
    }

    /// The answer to INTERNAL AUTHENTICATE.
    pub(super) fn sign(
        &self,
        challenge: &[u8],
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, RandomError> {
        match self {
            Self::Ecdsa(key) => {
                let signature: Signature = key.sign(challenge);
                Ok(signature.to_bytes().to_vec())
            }
            Self::Rsa(key) => key.sign(challenge, random),
        }
    }
}

impl RsaKey {
    fn new(parts: &[u8], hash: HashAlgorithm, trailer: &'static [u8]) -> Self {
        let (modulus, secret) = parts.split_at(parts.len() / 2);
        Self {
            public: RsaPublicKey::new_unchecked(
                BoxedUint::from_be_slice_vartime(modulus),
                BoxedUint::from(EXPONENT),
            ),
            secret: BoxedUint::from_be_slice_vartime(secret),
            hash,
            trailer,
        }
    }

    /// `6A`, as many random bytes as fit, the hash of those and of the challenge, the trailer; signed
    /// (ICAO 9303-11, 6.1.3).
    fn sign(&self, challenge: &[u8], random: &mut dyn Random) -> Result<Vec<u8>, RandomError> {
        let hash_len = self.hash.digest(&[]).len();
        let mut own = vec![0; self.public.size() - 1 - hash_len - self.trailer.len()];
        random.fill(&mut own)?;
        let digest = self.hash.digest(&[&own, challenge].concat());
        let representative = [&[0x6A], &*own, &*digest, self.trailer].concat();
        let number = BoxedUint::from_be_slice_vartime(&representative);
        let signed = BoxedMontyForm::new(number, self.public.n_params()).pow(&self.secret);
        Ok(signed.retrieve().to_be_bytes().to_vec())
    }
}
