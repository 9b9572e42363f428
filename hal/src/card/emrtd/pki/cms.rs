//! Signed messages (CMS, RFC 5652): the form of the document security object (ICAO 9303-10,
//! 4.6.2) and of master lists (ICAO 9303-12, 9). Bytes in, content out once its signature has
//! been checked; whether the signer may be trusted is for others to say.
//!
//! What was signed by somebody is cut out of the bytes as they came and never coded anew: states
//! write certificates in ways that no encoder would repeat.

use der::asn1::ObjectIdentifier;
use der::{Decode, Sequence};
use x509_cert::certificate::Raw;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::certificate::Certificate;
use super::hash::HashAlgorithm;
use super::signature::{SignatureAlgorithm, SignatureError};
use crate::card::emrtd::tlv::{self, Tlv, TlvError};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const DER_INTEGER: u32 = 0x02;
const DER_OCTET_STRING: u32 = 0x04;
const DER_OID: u32 = 0x06;
const DER_SEQUENCE: u32 = 0x30;
const DER_SET: u32 = 0x31;
/// Context-specific tags: what they stand for depends on where they are.
const FIRST: u32 = 0xA0;
const SECOND: u32 = 0xA1;
/// A signer named by the identifier of its key.
const KEY_IDENTIFIER: u32 = 0x80;

/// Why a message counts as unsigned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CmsError {
    /// Its data objects are malformed.
    #[error("the signed message is malformed")]
    Malformed(#[from] TlvError),
    /// A name, number or algorithm in it is malformed.
    #[error("a name, number or algorithm in the signed message is malformed")]
    Coding(#[from] der::Error),
    /// It is not signed data, or of another type than it should be.
    #[error("the message is of the type {0}")]
    Type(ObjectIdentifier),
    /// It has no content, no signer or no certificate of its signer.
    #[error("the signed message has no {0}")]
    Missing(&'static str),
    /// The digest in the signed attributes is not that of the content, or they are for another
    /// content, or there are none.
    #[error("the signed attributes are not those of the content")]
    Attributes,
    /// The signature is wrong or of an unknown kind.
    #[error("the signature over the message is not acceptable")]
    Signature(#[source] SignatureError),
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
        let data = SignedData::parse(bytes, content_type)?;
        let info = SignerInfo::parse(data.signers)?;
        let signer = certificate_of(data.certificates, info.signer)?;
        let algorithm = check(&info, &signer, content_type, data.content)?;
        Ok(Self {
            content: data.content.to_vec(),
            signer,
            algorithm,
        })
    }
}

/// The content of a message, before anybody has asked who signed it.
///
/// # Errors
/// [`CmsError`].
pub fn content(bytes: &[u8], content_type: ObjectIdentifier) -> Result<&[u8], CmsError> {
    Ok(SignedData::parse(bytes, content_type)?.content)
}

/// SignedData (RFC 5652, 5.1).
struct SignedData<'a> {
    content: &'a [u8],
    /// One after another; empty where there are none.
    certificates: &'a [u8],
    /// One after another.
    signers: &'a [u8],
}

impl<'a> SignedData<'a> {
    fn parse(bytes: &'a [u8], content_type: ObjectIdentifier) -> Result<Self, CmsError> {
        let mut info = tlv::only(bytes, DER_SEQUENCE)?;
        expect_type(&mut info, SIGNED_DATA)?;
        let mut data = tlv::only(tlv::only(info, FIRST)?, DER_SEQUENCE)?;
        tlv::expect(&mut data, DER_INTEGER)?; // version
        tlv::expect(&mut data, DER_SET)?; // digest algorithms, which the signers repeat
        let mut encapsulated = tlv::expect(&mut data, DER_SEQUENCE)?;
        expect_type(&mut encapsulated, content_type)?;
        if encapsulated.is_empty() {
            return Err(CmsError::Missing("content"));
        }
        let content = tlv::only(tlv::only(encapsulated, FIRST)?, DER_OCTET_STRING)?;
        let certificates = optional(&mut data, FIRST)?.unwrap_or_default();
        optional(&mut data, SECOND)?; // revocation lists: those of the operator count
        Ok(Self {
            content,
            certificates,
            signers: tlv::only(data, DER_SET)?,
        })
    }
}

/// SignerInfo (RFC 5652, 5.3).
struct SignerInfo<'a> {
    /// SignerIdentifier.
    signer: Tlv<'a>,
    digest: AlgorithmIdentifierOwned,
    /// One after another, without the tag of the set. They may be missing only where the content is
    /// "data" (RFC 5652, 5.3), which neither EF.SOD nor a master list is.
    attributes: &'a [u8],
    algorithm: AlgorithmIdentifierOwned,
    signature: &'a [u8],
}

impl<'a> SignerInfo<'a> {
    /// The first of several: states use one (ICAO 9303-12, table 18).
    fn parse(mut signers: &'a [u8]) -> Result<Self, CmsError> {
        if signers.is_empty() {
            return Err(CmsError::Missing("signer"));
        }
        let mut info = tlv::expect(&mut signers, DER_SEQUENCE)?;
        tlv::expect(&mut info, DER_INTEGER)?; // version
        Ok(Self {
            signer: tlv::take(&mut info)?,
            digest: AlgorithmIdentifierOwned::from_der(tlv::take(&mut info)?.encoded)?,
            attributes: optional(&mut info, FIRST)?.ok_or(CmsError::Attributes)?,
            algorithm: AlgorithmIdentifierOwned::from_der(tlv::take(&mut info)?.encoded)?,
            signature: tlv::expect(&mut info, DER_OCTET_STRING)?,
        })
    }
}

/// IssuerAndSerialNumber (RFC 5652, 10.2.4).
#[derive(Sequence)]
struct IssuerAndSerialNumber {
    issuer: Name,
    serial_number: SerialNumber<Raw>,
}

/// The certificate that the signer names, among those that came with the message.
fn certificate_of(certificates: &[u8], signer: Tlv<'_>) -> Result<Certificate, CmsError> {
    let named = match signer.tag {
        KEY_IDENTIFIER => None,
        _ => Some(IssuerAndSerialNumber::from_der(signer.encoded)?),
    };
    let is_meant = |certificate: &Certificate| match &named {
        Some(named) => {
            named.issuer == *certificate.issuer()
                && named.serial_number.as_bytes() == certificate.serial()
        }
        None => certificate.key_identifier().as_deref() == Some(signer.value),
    };
    for object in tlv::objects(certificates) {
        // Attribute certificates and what is malformed are not meant.
        match Certificate::from_der(object?.encoded) {
            Ok(certificate) if is_meant(&certificate) => return Ok(certificate),
            _ => {}
        }
    }
    Err(CmsError::Missing("usable certificate of its signer"))
}

fn check(
    info: &SignerInfo<'_>,
    signer: &Certificate,
    content_type: ObjectIdentifier,
    content: &[u8],
) -> Result<SignatureAlgorithm, CmsError> {
    let unknown = SignatureError::Algorithm(info.digest.oid);
    let hash = HashAlgorithm::from_oid(&info.digest.oid);
    let hash = hash.ok_or(CmsError::Signature(unknown))?;
    let algorithm =
        SignatureAlgorithm::find(&info.algorithm, Some(hash)).map_err(CmsError::Signature)?;
    let digest = attribute(info.attributes, MESSAGE_DIGEST, DER_OCTET_STRING)?;
    let of_type = attribute(info.attributes, CONTENT_TYPE, DER_OID)?;
    if digest != hash.digest(content) || of_type != content_type.as_bytes() {
        return Err(CmsError::Attributes);
    }
    // Not under its implicit tag (RFC 5652, 5.4).
    let message = tlv::encode(DER_SET, info.attributes);
    algorithm
        .verify(signer.key(), &message, info.signature)
        .map_err(CmsError::Signature)?;
    Ok(algorithm)
}

/// The value of an attribute; it is there once and has one value (RFC 5652, 11.1 and 11.2).
fn attribute(attributes: &[u8], kind: ObjectIdentifier, tag: u32) -> Result<&[u8], CmsError> {
    let mut found = None;
    for attribute in tlv::objects(attributes) {
        let mut fields = attribute?.value;
        if tlv::expect(&mut fields, DER_OID)? != kind.as_bytes() {
            continue;
        }
        let value = tlv::only(tlv::only(fields, DER_SET)?, tag)?;
        if found.replace(value).is_some() {
            return Err(CmsError::Attributes);
        }
    }
    found.ok_or(CmsError::Attributes)
}

fn expect_type(bytes: &mut &[u8], wanted: ObjectIdentifier) -> Result<(), CmsError> {
    let kind = ObjectIdentifier::from_bytes(tlv::expect(bytes, DER_OID)?);
    match kind.map_err(der::Error::from)? {
        kind if kind == wanted => Ok(()),
        other => Err(CmsError::Type(other)),
    }
}

/// Takes the next object off `bytes` if it has this tag.
fn optional<'a>(bytes: &mut &'a [u8], tag: u32) -> Result<Option<&'a [u8]>, TlvError> {
    match tlv::header(bytes)?.tag {
        found if found == tag => tlv::expect(bytes, tag).map(Some),
        _ => Ok(None),
    }
}
