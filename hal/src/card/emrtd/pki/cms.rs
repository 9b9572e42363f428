//! Signed messages (CMS, RFC 5652): the form of the document security object (ICAO 9303-10,
//! 4.6.2) and of master lists (ICAO 9303-12, 8). Bytes in, content out once its signature has
//! been checked; whether the signer may be trusted is for others to say.

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{ObjectIdentifier, OctetString};
use der::{Decode, Encode};

use super::certificate::Certificate;
use super::hash::HashAlgorithm;
use super::signature::{SignatureAlgorithm, SignatureError};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");

/// Why a message counts as unsigned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CmsError {
    /// It is malformed.
    #[error("the signed message is malformed")]
    Malformed(#[source] der::Error),
    /// It is not signed data, or of another type than it should be.
    #[error("the message is of the type {0}")]
    Type(ObjectIdentifier),
    /// It has no content, no signer or no certificate of its signer.
    #[error("the signed message has no {0}")]
    Missing(&'static str),
    /// The digest in the signed attributes is not that of the content, or they are for another
    /// content.
    #[error("the signed attributes are not those of the content")]
    Attributes,
    /// The signature is wrong or of an unknown kind.
    #[error("the signature over the message is not acceptable")]
    Signature(#[source] SignatureError),
}

impl From<der::Error> for CmsError {
    fn from(error: der::Error) -> Self {
        Self::Malformed(error)
    }
}

/// A message whose signature is that of `signer`.
#[derive(Debug)]
pub struct SignedMessage {
    /// What was signed.
    pub content: Vec<u8>,
    /// The certificate of who signed it; nothing says yet that it can be trusted.
    pub signer: Certificate,
    /// How it was signed.
    pub algorithm: SignatureAlgorithm,
}

impl SignedMessage {
    /// Reads a message with content of this type and checks its signature.
    ///
    /// # Errors
    /// [`CmsError`].
    pub fn open(bytes: &[u8], content_type: ObjectIdentifier) -> Result<Self, CmsError> {
        let data = signed_data(bytes)?;
        let content = content_of(&data, content_type)?;
        let info = data.signer_infos.0.as_slice().first();
        let info = info.ok_or(CmsError::Missing("signer"))?;
        let signer = certificate_of(&data, &info.sid)?;
        let algorithm = check(info, &signer, content_type, &content)?;
        Ok(Self {
            content,
            signer,
            algorithm,
        })
    }
}

/// The content of a message, before anybody has asked who signed it.
///
/// # Errors
/// [`CmsError`].
pub fn content(bytes: &[u8], content_type: ObjectIdentifier) -> Result<Vec<u8>, CmsError> {
    content_of(&signed_data(bytes)?, content_type)
}

fn signed_data(bytes: &[u8]) -> Result<SignedData, CmsError> {
    let info = ContentInfo::from_der(bytes)?;
    match info.content_type {
        SIGNED_DATA => Ok(info.content.decode_as()?),
        other => Err(CmsError::Type(other)),
    }
}

fn content_of(data: &SignedData, content_type: ObjectIdentifier) -> Result<Vec<u8>, CmsError> {
    let encapsulated = &data.encap_content_info;
    if encapsulated.econtent_type != content_type {
        return Err(CmsError::Type(encapsulated.econtent_type));
    }
    let content = encapsulated.econtent.as_ref();
    let content: OctetString = content.ok_or(CmsError::Missing("content"))?.decode_as()?;
    Ok(content.into_bytes().into_vec())
}

/// The certificate that the signer names, among those that came with the message.
fn certificate_of(data: &SignedData, sid: &SignerIdentifier) -> Result<Certificate, CmsError> {
    let missing = CmsError::Missing("usable certificate of its signer");
    let set = data.certificates.as_ref().ok_or(missing.clone())?;
    for choice in set.0.as_slice() {
        let CertificateChoices::Certificate(certificate) = choice else {
            continue;
        };
        let Ok(certificate) = Certificate::from_der(&certificate.to_der()?) else {
            continue;
        };
        let is_meant = match sid {
            SignerIdentifier::IssuerAndSerialNumber(named) => {
                named.issuer == *certificate.issuer()
                    && named.serial_number.as_bytes() == certificate.serial()
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => {
                certificate.key_identifier().as_deref() == Some(id.0.as_bytes())
            }
        };
        if is_meant {
            return Ok(certificate);
        }
    }
    Err(missing)
}

fn check(
    info: &SignerInfo,
    signer: &Certificate,
    content_type: ObjectIdentifier,
    content: &[u8],
) -> Result<SignatureAlgorithm, CmsError> {
    let unknown = SignatureError::Algorithm(info.digest_alg.oid);
    let hash = HashAlgorithm::from_oid(&info.digest_alg.oid);
    let hash = hash.ok_or(CmsError::Signature(unknown))?;
    let algorithm = SignatureAlgorithm::find(&info.signature_algorithm, Some(hash))
        .map_err(CmsError::Signature)?;
    let message = match &info.signed_attrs {
        None => content.to_vec(),
        Some(attributes) => {
            let value = |oid| {
                let found = attributes.iter().find(|a| a.oid == oid);
                found.and_then(|a| a.values.as_slice().first())
            };
            let digest: OctetString = value(MESSAGE_DIGEST)
                .ok_or(CmsError::Attributes)?
                .decode_as()?;
            let of_type: ObjectIdentifier = value(CONTENT_TYPE)
                .ok_or(CmsError::Attributes)?
                .decode_as()?;
            if digest.as_bytes() != hash.digest(content) || of_type != content_type {
                return Err(CmsError::Attributes);
            }
            attributes.to_der()?
        }
    };
    algorithm
        .verify(signer.key(), &message, info.signature.as_bytes())
        .map_err(CmsError::Signature)?;
    Ok(algorithm)
}
