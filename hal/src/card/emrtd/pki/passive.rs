//! Passive authentication (ICAO 9303-11, 5.1): that the data groups are those that a state
//! signed, by a signer that the state's certification authority certified, whom the operator
//! trusts and whose certificate is neither expired nor revoked.

use std::time::SystemTime;

use super::certificate::Certificate;
use super::cms::CmsError;
use super::hash::HashAlgorithm;
use super::signature::{SignatureAlgorithm, SignatureError};
use super::sod::{SecurityObject, SodError};
use super::strength::{is_strong_hash, is_strong_key};
use super::trust::{TrustStore, fingerprint};

/// The data groups with the chip's keys. A document that has them and does not show them is a copy
/// that hides what it cannot answer for.
const CHIP_KEYS: [u8; 2] = [14, 15];

/// What passive authentication has proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassiveProof {
    /// The country of the certification authority, as its certificate writes it (two letters).
    pub country: String,
    /// The name of the certification authority.
    pub authority: String,
    /// SHA-256 of the authority's name and key.
    pub authority_fingerprint: Vec<u8>,
    /// How the document security object was signed.
    pub algorithm: SignatureAlgorithm,
    /// The kind and size of the signer's key.
    pub key: String,
    /// How the data groups were hashed.
    pub hash: HashAlgorithm,
    /// The data groups that were compared with their hashes.
    pub data_groups: Vec<u8>,
    /// What is known about the revocation of the signer.
    pub revocation: Revocation,
}

/// What is known about the revocation of a signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The newest list of its authority, not out of date, does not name it.
    NotRevoked,
    /// The same, but a newer list should have come.
    StaleList,
    /// There is no list of its authority.
    NoList,
}

impl Revocation {
    /// A stable word for records.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotRevoked => "not_revoked",
            Self::StaleList => "stale_list",
            Self::NoList => "no_list",
        }
    }
}

/// Why a document is not authentic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassiveFault {
    /// EF.SOD is malformed or not signed properly.
    #[error("the document's signature is not acceptable")]
    SecurityObject(#[source] SodError),
    /// No authority that the operator trusts has certified the signer.
    #[error("no trusted authority certified the signer of the document (country {country})")]
    UnknownAuthority {
        /// The country that the signer's certificate names; `?` where it names none.
        country: String,
    },
    /// The signer's certificate is for something else.
    #[error("the certificate of the document's signer is not for signing documents")]
    NotADocumentSigner,
    /// A key of the signer or its authority is too short, or a signer of today uses SHA-1.
    #[error("the document is signed with a key or hash function that is too weak")]
    Weak,
    /// The signer's certificate has expired or is not valid yet.
    #[error("the certificate of the document's signer is not valid now")]
    SignerExpired,
    /// The authority's certificate has expired or is not valid yet.
    #[error("the certificate of the signer's authority is not valid now")]
    AuthorityExpired,
    /// The signer's certificate was revoked.
    #[error("the certificate of the document's signer was revoked")]
    SignerRevoked,
    /// The operator demands a current revocation list, and there is none.
    #[error("there is no current revocation list of the signer's authority")]
    RevocationUnknown,
    /// A data group is not the one that was signed.
    #[error("data group {0} is not the one that was signed")]
    Altered(u8),
    /// The chip was opened in a way that its signed data group 14 does not list: its unsigned list of access protocols was changed.
    #[error("the chip's list of access protocols is not the one that was signed")]
    AccessDowngraded,
    /// The document says that another state issued it than the one whose authority vouches for
    /// its signer.
    #[error("the document is of another state than its signer (country {country})")]
    ForeignSigner {
        /// The authority's country.
        country: String,
    },
    /// The state signed a data group with a key of the chip, and the chip did not show it.
    #[error("data group {0} was signed, but is not there")]
    Missing(u8),
    /// A data group was read that is not among the signed ones.
    #[error("data group {0} is not among the signed ones")]
    Unsigned(u8),
}

impl PassiveFault {
    /// A stable word for records.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::SecurityObject(SodError::Message(CmsError::Signature(SignatureError::Wrong)))
            | Self::SecurityObject(SodError::Message(CmsError::Attributes)) => {
                "document_signature_wrong"
            }
            Self::SecurityObject(SodError::Message(CmsError::Signature(_))) => {
                "document_signature_unsupported"
            }
            Self::SecurityObject(_) => "security_object_malformed",
            Self::UnknownAuthority { .. } => "authority_unknown",
            Self::NotADocumentSigner => "signer_not_entitled",
            Self::Weak => "signature_too_weak",
            Self::SignerExpired => "signer_expired",
            Self::AuthorityExpired => "authority_expired",
            Self::SignerRevoked => "signer_revoked",
            Self::RevocationUnknown => "revocation_unknown",
            Self::Altered(_) => "data_group_altered",
            Self::Missing(_) => "data_group_missing",
            Self::Unsigned(_) => "data_group_unsigned",
            Self::ForeignSigner { .. } => "signer_of_another_state",
            Self::AccessDowngraded => "access_downgraded",
        }
    }
}

/// How strict to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassivePolicy {
    /// Refuse documents whose signer's authority has no current revocation list.
    pub require_revocation_list: bool,
}

/// Authenticates data groups, each with its number, by EF.SOD. Those with the chip's keys must be
/// among them where the state signed them.
///
/// # Errors
/// [`PassiveFault`].
pub fn authenticate(
    sod: &[u8],
    data_groups: &[(u8, &[u8])],
    trust: &TrustStore,
    policy: PassivePolicy,
    now: SystemTime,
) -> Result<PassiveProof, PassiveFault> {
    let object = SecurityObject::parse(sod).map_err(PassiveFault::SecurityObject)?;
    let authority = check_signer(&object.signer, trust, now)?;
    check_strength(&object, authority)?;
    let revocation = check_revocation(&object.signer, authority, trust, policy, now)?;
    for (number, bytes) in data_groups {
        let signed = object
            .hash_of(*number)
            .ok_or(PassiveFault::Unsigned(*number))?;
        if object.hash.digest(bytes) != signed {
            return Err(PassiveFault::Altered(*number));
        }
    }
    let is_read = |number: u8| data_groups.iter().any(|group| group.0 == number);
    let hidden = |number: &u8| object.hash_of(*number).is_some() && !is_read(*number);
    if let Some(number) = CHIP_KEYS.into_iter().find(hidden) {
        return Err(PassiveFault::Missing(number));
    }
    Ok(PassiveProof {
        country: country(authority),
        authority: authority.subject().to_string(),
        authority_fingerprint: fingerprint(authority),
        algorithm: object.algorithm,
        key: object.signer.key().name(),
        hash: object.hash,
        data_groups: data_groups.iter().map(|group| group.0).collect(),
        revocation,
    })
}

fn check_signer<'a>(
    signer: &Certificate,
    trust: &'a TrustStore,
    now: SystemTime,
) -> Result<&'a Certificate, PassiveFault> {
    let authority = trust.issuer_of(signer, now);
    let authority = authority.ok_or_else(|| PassiveFault::UnknownAuthority {
        country: country(signer),
    })?;
    if !signer.may_sign_documents() {
        return Err(PassiveFault::NotADocumentSigner);
    }
    if !signer.is_valid_at(now) {
        return Err(PassiveFault::SignerExpired);
    }
    if !authority.is_valid_at(now) {
        return Err(PassiveFault::AuthorityExpired);
    }
    Ok(authority)
}

fn check_strength(object: &SecurityObject, authority: &Certificate) -> Result<(), PassiveFault> {
    let signer = &object.signer;
    let certified = signer.algorithm().map(SignatureAlgorithm::hash);
    let mut hashes = [Some(object.hash), Some(object.algorithm.hash()), certified]
        .into_iter()
        .flatten();
    let strong = is_strong_key(signer.key())
        && is_strong_key(authority.key())
        && hashes.all(|hash| is_strong_hash(hash, signer));
    strong.then_some(()).ok_or(PassiveFault::Weak)
}

fn check_revocation(
    signer: &Certificate,
    authority: &Certificate,
    trust: &TrustStore,
    policy: PassivePolicy,
    now: SystemTime,
) -> Result<Revocation, PassiveFault> {
    let known = match trust.list_of(authority) {
        // Revoked stays revoked, however old the list.
        Some(list) if list.lists(signer.serial()) => return Err(PassiveFault::SignerRevoked),
        Some(list) if list.is_stale_at(now) => Revocation::StaleList,
        Some(_) => Revocation::NotRevoked,
        None => Revocation::NoList,
    };
    if policy.require_revocation_list && known != Revocation::NotRevoked {
        return Err(PassiveFault::RevocationUnknown);
    }
    Ok(known)
}

fn country(certificate: &Certificate) -> String {
    certificate.country().unwrap_or_else(|| String::from("?"))
}
