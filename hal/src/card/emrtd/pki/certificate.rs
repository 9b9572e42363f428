//! X.509 certificates of signers and of certification authorities (RFC 5280; profile in ICAO
//! 9303-12, 7.1). Signatures are checked over the bytes as they came, never over a re-encoding.

use der::asn1::ObjectIdentifier;
use der::oid::AssociatedOid;
use der::{Decode, Encode};
use std::time::SystemTime;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, ExtendedKeyUsage, KeyUsage,
    SubjectKeyIdentifier,
};
use x509_cert::name::Name;

use super::PublicKey;
use super::signature::{SignatureAlgorithm, SignatureError};
use crate::card::emrtd::tlv;

/// Longest certificate taken; those of states have about 1,500 bytes.
pub const MAX_CERTIFICATE_LEN: usize = 16 * 1024;
const DER_SEQUENCE: u32 = 0x30;
const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
/// id-icao-cscaMasterListSigningKey (ICAO 9303-12, 7.1.1.3).
const MASTER_LIST_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.3");
/// The extensions that are looked at. Policies are: any is taken (ICAO 9303-12, D.2.1).
const UNDERSTOOD: [ObjectIdentifier; 6] = [
    AuthorityKeyIdentifier::OID,
    SubjectKeyIdentifier::OID,
    BasicConstraints::OID,
    KeyUsage::OID,
    ExtendedKeyUsage::OID,
    CertificatePolicies::OID,
];

/// A certificate whose key is of a supported kind.
#[derive(Clone, Debug)]
pub struct Certificate {
    parsed: CertificateInner<Raw>,
    /// What its issuer signed, as it came.
    signed: Vec<u8>,
    key: PublicKey,
}

/// Why bytes are no usable certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// They are too long.
    #[error("a certificate of {0} bytes is longer than any")]
    TooLong(usize),
    /// They are malformed.
    #[error("the certificate is malformed")]
    Malformed(#[source] der::Error),
    /// Its public key is not supported.
    #[error("the certificate's public key is not supported")]
    Key(#[source] super::key::KeyError),
}

impl Certificate {
    /// Reads the DER of a certificate.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.len() > MAX_CERTIFICATE_LEN {
            return Err(CertificateError::TooLong(bytes.len()));
        }
        let parsed =
            CertificateInner::<Raw>::from_der(bytes).map_err(CertificateError::Malformed)?;
        let key = PublicKey::from_info(parsed.tbs_certificate().subject_public_key_info())
            .map_err(CertificateError::Key)?;
        let signed = tlv::only(bytes, DER_SEQUENCE)
            .and_then(|mut fields| tlv::take(&mut fields))
            .map(|first| first.encoded.to_vec())
            .unwrap_or_default(); // just parsed: never empty
        Ok(Self {
            parsed,
            signed,
            key,
        })
    }

    /// Whose it is.
    #[must_use]
    pub fn subject(&self) -> &Name {
        self.parsed.tbs_certificate().subject()
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        self.parsed.tbs_certificate().issuer()
    }

    /// Its serial number, big-endian.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.parsed.tbs_certificate().serial_number().as_bytes()
    }

    /// Its public key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Its public key as SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn key_info(&self) -> Vec<u8> {
        let info = self.parsed.tbs_certificate().subject_public_key_info();
        info.to_der().unwrap_or_default() // just parsed: it can be written again
    }

    /// The subject's country code in capital letters.
    #[must_use]
    pub fn country(&self) -> Option<String> {
        country_of(self.subject())
    }

    /// Whether it says that its holder may sign certificates.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        let tbs = self.parsed.tbs_certificate();
        let is_ca = matches!(tbs.get_extension::<BasicConstraints>(), Ok(Some((_, b))) if b.ca);
        is_ca && self.allows(KeyUsage::key_cert_sign)
    }

    /// Whether it says that its holder may sign documents. Signers of anything else (master lists,
    /// visas, bar codes) are told by an extended key usage, which those of documents must not have
    /// (ICAO 9303-12, tables 6 to 8; also in the sixth edition's profile).
    #[must_use]
    pub fn may_sign_documents(&self) -> bool {
        self.is_signer() && self.purposes().is_some_and(|purposes| purposes.is_empty())
    }

    /// Whether it says that its holder may sign master lists (ICAO 9303-12, 7.1.1.3).
    #[must_use]
    pub fn may_sign_master_lists(&self) -> bool {
        let purposes = self.purposes().unwrap_or_default();
        self.is_signer() && purposes.contains(&MASTER_LIST_SIGNING)
    }

    fn is_signer(&self) -> bool {
        !self.is_authority() && self.is_understood() && self.allows(KeyUsage::digital_signature)
    }

    /// Whether nothing in it that must be understood is not (RFC 5280, 6.1.5).
    fn is_understood(&self) -> bool {
        let extensions = self.parsed.tbs_certificate().extensions();
        let mut critical = extensions.into_iter().flatten().filter(|e| e.critical);
        critical.all(|extension| UNDERSTOOD.contains(&extension.extn_id))
    }

    /// Whether its key may be used so. One without this extension may be used for everything, one
    /// whose extension cannot be read, for nothing.
    fn allows(&self, usage: impl Fn(&KeyUsage) -> bool) -> bool {
        let found = self.parsed.tbs_certificate().get_extension::<KeyUsage>();
        found.is_ok_and(|found| found.is_none_or(|(_, allowed)| usage(&allowed)))
    }

    /// Its extended key usages; `None` where they cannot be read.
    fn purposes(&self) -> Option<Vec<ObjectIdentifier>> {
        let tbs = self.parsed.tbs_certificate();
        let found = tbs.get_extension::<ExtendedKeyUsage>().ok()?;
        Some(found.map(|(_, usage)| usage.0).unwrap_or_default())
    }

    /// The identifier of its key.
    #[must_use]
    pub fn key_identifier(&self) -> Option<Vec<u8>> {
        let tbs = self.parsed.tbs_certificate();
        let (_, id) = tbs.get_extension::<SubjectKeyIdentifier>().ok()??;
        Some(id.0.as_bytes().to_vec())
    }

    /// The identifier of its issuer's key.
    #[must_use]
    pub fn issuer_key_identifier(&self) -> Option<Vec<u8>> {
        let tbs = self.parsed.tbs_certificate();
        let (_, id) = tbs.get_extension::<AuthorityKeyIdentifier>().ok()??;
        Some(id.key_identifier?.as_bytes().to_vec())
    }

    /// When its validity begins.
    #[must_use]
    pub fn valid_from(&self) -> SystemTime {
        let validity = self.parsed.tbs_certificate().validity();
        validity.not_before.to_system_time()
    }

    /// How its issuer signed it; `None` if that is not supported.
    #[must_use]
    pub fn algorithm(&self) -> Option<SignatureAlgorithm> {
        SignatureAlgorithm::find(self.parsed.signature_algorithm(), None).ok()
    }

    /// Whether `at` lies within its validity.
    #[must_use]
    pub fn is_valid_at(&self, at: SystemTime) -> bool {
        let validity = self.parsed.tbs_certificate().validity();
        validity.not_before.to_system_time() <= at && at <= validity.not_after.to_system_time()
    }

    /// Whether `authority` may have issued it: by name, and by key identifier where both have
    /// one. The signature is another matter.
    #[must_use]
    pub fn names_issuer(&self, authority: &Self) -> bool {
        let identifiers = (self.issuer_key_identifier(), authority.key_identifier());
        let same_key = match identifiers {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => true,
        };
        same_key && same_name(self.issuer(), authority.subject())
    }

    /// Checks that `authority`'s key signed it.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn check_signature(&self, authority: &PublicKey) -> Result<(), SignatureError> {
        let algorithm = SignatureAlgorithm::find(self.parsed.signature_algorithm(), None)?;
        let signature = self.parsed.signature().as_bytes();
        algorithm.verify(
            authority,
            &self.signed,
            signature.ok_or(SignatureError::Wrong)?,
        )
    }
}

/// Whether two names are the same. States write a name now as PrintableString, now as
/// UTF8String, and in varying case, so what is compared is the text.
#[must_use]
pub fn same_name(a: &Name, b: &Name) -> bool {
    let text = |name: &Name| name.to_string().to_lowercase();
    a == b || text(a) == text(b) || a.to_der().ok() == b.to_der().ok()
}

/// The country code in a name, in capital letters.
#[must_use]
pub fn country_of(name: &Name) -> Option<String> {
    name.iter_rdn()
        .flat_map(|rdn| rdn.iter())
        .find(|part| part.oid == COUNTRY)
        .and_then(|part| std::str::from_utf8(part.value.value()).ok())
        .map(str::to_ascii_uppercase)
}
