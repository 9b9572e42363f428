//! EF.SOD (ICAO 9303-10, 4.6.2): the hashes of all data groups, signed by the issuing state.

use der::asn1::ObjectIdentifier;

use super::certificate::Certificate;
use super::cms::{self, CmsError, SignedMessage};
use super::hash::HashAlgorithm;
use super::signature::SignatureAlgorithm;
use crate::card::emrtd::tlv::{self, TlvError};

/// Longest EF.SOD taken; real ones have two to four thousand bytes.
pub const MAX_SOD_LEN: usize = 64 * 1024;
/// There are sixteen data groups.
const MAX_DATA_GROUPS: usize = 16;
const TAG_SOD: u32 = 0x77;
/// id-icao-mrtd-security-ldsSecurityObject.
const LDS_SECURITY_OBJECT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.1");

/// Why an EF.SOD proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SodError {
    /// Longer than any.
    #[error("an EF.SOD of {0} bytes is longer than any")]
    TooLong(usize),
    /// Its data objects are malformed.
    #[error("EF.SOD is malformed")]
    Malformed(#[source] TlvError),
    /// The signed message in it is not acceptable.
    #[error("the signed message in EF.SOD is not acceptable")]
    Message(#[source] CmsError),
    /// The hashes are made with an unknown function.
    #[error("the hashes in EF.SOD are made with an unknown function")]
    Hash,
    /// A data group is listed twice or has an impossible number.
    #[error("the list of hashes in EF.SOD is not in order")]
    List,
}

impl From<TlvError> for SodError {
    fn from(error: TlvError) -> Self {
        Self::Malformed(error)
    }
}

/// Number and hash of each data group.
pub type Hashes = Vec<(u8, Vec<u8>)>;

/// A document security object whose signature is that of `signer`.
#[derive(Debug)]
pub struct SecurityObject {
    /// Who signed it; nothing says yet that the certificate can be trusted.
    pub signer: Certificate,
    /// How it was signed.
    pub algorithm: SignatureAlgorithm,
    /// How the data groups were hashed.
    pub hash: HashAlgorithm,
    /// Number and hash of each data group.
    pub hashes: Hashes,
}

impl SecurityObject {
    /// Reads EF.SOD and checks the signature in it.
    ///
    /// # Errors
    /// [`SodError`].
    pub fn parse(file: &[u8]) -> Result<Self, SodError> {
        let message =
            SignedMessage::open(message(file)?, LDS_SECURITY_OBJECT).map_err(SodError::Message)?;
        let (hash, hashes) = security_object(&message.content)?;
        Ok(Self {
            signer: message.signer,
            algorithm: message.algorithm,
            hash,
            hashes,
        })
    }

    /// The hash that a data group should have.
    #[must_use]
    pub fn hash_of(&self, data_group: u8) -> Option<&[u8]> {
        let found = self.hashes.iter().find(|h| h.0 == data_group);
        found.map(|h| h.1.as_slice())
    }
}

/// The data groups that EF.SOD lists, before anybody has asked who signed it: what to read.
///
/// # Errors
/// [`SodError`].
pub fn data_groups_in(file: &[u8]) -> Result<Vec<u8>, SodError> {
    let message = message(file)?;
    let content = cms::content(message, LDS_SECURITY_OBJECT).map_err(SodError::Message)?;
    let (_, hashes) = security_object(content)?;
    Ok(hashes.iter().map(|hash| hash.0).collect())
}

/// The signed message in the file.
fn message(file: &[u8]) -> Result<&[u8], SodError> {
    if file.len() > MAX_SOD_LEN {
        return Err(SodError::TooLong(file.len()));
    }
    Ok(tlv::only(file, TAG_SOD)?)
}

/// LDSSecurityObject ::= SEQUENCE { version, hashAlgorithm, dataGroupHashValues, … } (ICAO
/// 9303-10, 4.6.2.3).
fn security_object(content: &[u8]) -> Result<(HashAlgorithm, Hashes), SodError> {
    let mut fields = tlv::only(content, 0x30)?;
    tlv::expect(&mut fields, 0x02)?;
    let mut algorithm = tlv::expect(&mut fields, 0x30)?;
    let oid = ObjectIdentifier::from_bytes(tlv::expect(&mut algorithm, 0x06)?);
    let hash = oid
        .ok()
        .and_then(|oid| HashAlgorithm::from_oid(&oid))
        .ok_or(SodError::Hash)?;
    let mut hashes = Hashes::new();
    for entry in tlv::objects(tlv::expect(&mut fields, 0x30)?) {
        let mut entry = entry?.value;
        let [number @ 1..=16] = *tlv::expect(&mut entry, 0x02)? else {
            return Err(SodError::List);
        };
        let value = tlv::expect(&mut entry, 0x04)?;
        if hashes.len() == MAX_DATA_GROUPS || hashes.iter().any(|h| h.0 == number) {
            return Err(SodError::List);
        }
        hashes.push((number, value.to_vec()));
    }
    Ok((hash, hashes))
}
