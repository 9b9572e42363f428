//! Lists of revoked certificates (RFC 5280; profile in ICAO 9303-12, 7.2).

use std::time::SystemTime;

use der::Decode;
use der::asn1::ObjectIdentifier;
use der::oid::AssociatedOid;
use x509_cert::certificate::Raw;
use x509_cert::crl::{CertificateList, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BaseCrlNumber, CrlNumber, IssuingDistributionPoint,
};

use super::PublicKey;
use super::certificate::{Certificate, same_name};
use super::signature::{SignatureAlgorithm, SignatureError};
use crate::card::emrtd::tlv;

/// Longest list taken.
pub const MAX_CRL_LEN: usize = 4 * 1024 * 1024;
const DER_SEQUENCE: u32 = 0x30;
/// With these a list does not say everything about its authority's certificates: it only tells what
/// is new, or is one of several. States make neither (ICAO 9303-12, 4.1.5 and table 10).
const PARTIAL: [ObjectIdentifier; 2] = [BaseCrlNumber::OID, IssuingDistributionPoint::OID];
/// These may be marked as critical.
const UNDERSTOOD: [ObjectIdentifier; 2] = [AuthorityKeyIdentifier::OID, CrlNumber::OID];

/// Why bytes are no usable revocation list.
#[derive(Debug, thiserror::Error)]
pub enum CrlError {
    /// They are malformed.
    #[error("the revocation list is malformed")]
    Malformed(#[from] der::Error),
    /// It is a part of a list, or has an extension that must be understood and is not.
    #[error("the revocation list is only a part of one, or of a kind that is not known ({0})")]
    Extension(ObjectIdentifier),
}

/// A list of revoked certificates.
#[derive(Clone, Debug)]
pub struct RevocationList {
    parsed: CertificateList<Raw>,
    signed: Vec<u8>,
}

impl RevocationList {
    /// Reads the DER of a list.
    ///
    /// # Errors
    /// [`CrlError`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, CrlError> {
        let parsed = CertificateList::<Raw>::from_der(bytes)?;
        check_extensions(&parsed.tbs_cert_list)?;
        let signed = tlv::only(bytes, DER_SEQUENCE)
            .and_then(|mut fields| tlv::take(&mut fields))
            .map(|first| first.encoded.to_vec())
            .unwrap_or_default(); // just parsed: never empty
        Ok(Self { parsed, signed })
    }

    /// Whether `authority` may have issued it, by name.
    #[must_use]
    pub fn names_issuer(&self, authority: &Certificate) -> bool {
        same_name(&self.parsed.tbs_cert_list.issuer, authority.subject())
    }

    /// Checks that `authority`'s key signed it.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn check_signature(&self, authority: &PublicKey) -> Result<(), SignatureError> {
        let algorithm = SignatureAlgorithm::find(&self.parsed.signature_algorithm, None)?;
        let signature = self.parsed.signature.as_bytes();
        algorithm.verify(
            authority,
            &self.signed,
            signature.ok_or(SignatureError::Wrong)?,
        )
    }

    /// Whether it lists a certificate with this serial number.
    #[must_use]
    pub fn lists(&self, serial: &[u8]) -> bool {
        let revoked = self.parsed.tbs_cert_list.revoked_certificates.as_ref();
        revoked.is_some_and(|all| all.iter().any(|r| r.serial_number.as_bytes() == serial))
    }

    /// When it was issued.
    #[must_use]
    pub fn issued(&self) -> SystemTime {
        self.parsed.tbs_cert_list.this_update.to_system_time()
    }

    /// Whether a newer one should have been there at `at`.
    #[must_use]
    pub fn is_stale_at(&self, at: SystemTime) -> bool {
        let next = self.parsed.tbs_cert_list.next_update;
        next.is_none_or(|next| next.to_system_time() < at)
    }
}

/// RFC 5280, 5.2 and 5.3.
fn check_extensions(list: &TbsCertList<Raw>) -> Result<(), CrlError> {
    let revoked = list.revoked_certificates.iter().flatten();
    let of_entries = revoked.flat_map(|entry| entry.crl_entry_extensions.iter().flatten());
    let mut extensions = list.crl_extensions.iter().flatten().chain(of_entries);
    let strange = |extension: &&Extension| {
        let kind = extension.extn_id;
        PARTIAL.contains(&kind) || (extension.critical && !UNDERSTOOD.contains(&kind))
    };
    match extensions.find(strange) {
        Some(extension) => Err(CrlError::Extension(extension.extn_id)),
        None => Ok(()),
    }
}
