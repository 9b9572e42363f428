//! EF.SOD: the hashes of the data groups, signed by a document signer (ICAO 9303-10, 4.6.2;
//! RFC 5652).

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec};
use der::{Any, Encode, Sequence};
use p256::ecdsa::DerSignature;
use p256::ecdsa::signature::Signer;
use sha2::{Digest, Sha256};
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::lds::DataGroup;
use super::pki::DocumentSigner;
use crate::card::emrtd::tlv::encode;

/// id-icao-mrtd-security-ldsSecurityObject.
const LDS_SECURITY_OBJECT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.1");
/// id-signedData (RFC 5652, 5.1).
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// id-contentType (RFC 5652, 11.1).
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
/// id-messageDigest (RFC 5652, 11.2).
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
/// id-sha256 (RFC 5754, 2.2).
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// ecdsa-with-SHA256 (RFC 5758, 3.2).
const ECDSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// LDSSecurityObject.
#[derive(Sequence)]
struct SecurityObject {
    version: u8,
    hash_algorithm: AlgorithmIdentifierOwned,
    hashes: Vec<DataGroupHash>,
}

/// DataGroupHash.
#[derive(Sequence)]
struct DataGroupHash {
    number: u8,
    hash: OctetString,
}

/// The file, over these data groups.
pub(super) fn sod(groups: &[DataGroup], signer: &DocumentSigner) -> der::Result<Vec<u8>> {
    let content = security_object(groups)?.to_der()?;
    let certificate = CertificateChoices::Certificate(signer.certificate.clone());
    let signed = SignedData {
        version: CmsVersion::V3,
        digest_algorithms: SetOfVec::try_from(vec![algorithm(SHA_256)])?,
        encap_content_info: EncapsulatedContentInfo {
            econtent_type: LDS_SECURITY_OBJECT,
            econtent: Some(Any::encode_from(&OctetString::new(content.clone())?)?),
        },
        certificates: Some(CertificateSet::try_from(vec![certificate])?),
        crls: None,
        signer_infos: SignerInfos::try_from(vec![signer_info(&content, signer)?])?,
    };
    let info = ContentInfo {
        content_type: SIGNED_DATA,
        content: Any::encode_from(&signed)?,
    };
    Ok(encode(0x77, &info.to_der()?))
}

fn security_object(groups: &[DataGroup]) -> der::Result<SecurityObject> {
    let hash = |(number, file): &DataGroup| {
        Ok(DataGroupHash {
            number: *number,
            hash: OctetString::new(Sha256::digest(file).to_vec())?,
        })
    };
    Ok(SecurityObject {
        version: 0,
        hash_algorithm: algorithm(SHA_256),
        hashes: groups.iter().map(hash).collect::<der::Result<_>>()?,
    })
}

fn signer_info(content: &[u8], signer: &DocumentSigner) -> der::Result<SignerInfo> {
    let digest = OctetString::new(Sha256::digest(content).to_vec())?;
    let attributes = Attributes::try_from(vec![
        attribute(CONTENT_TYPE, Any::encode_from(&LDS_SECURITY_OBJECT)?)?,
        attribute(MESSAGE_DIGEST, Any::encode_from(&digest)?)?,
    ])?;
    // Signed is the set as such, not under its implicit tag (RFC 5652, 5.4).
    let signature: DerSignature = signer.key.sign(&attributes.to_der()?);
    let certificate = signer.certificate.tbs_certificate();
    Ok(SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: certificate.issuer().clone(),
            serial_number: certificate.serial_number().clone(),
        }),
        digest_alg: algorithm(SHA_256),
        signed_attrs: Some(attributes),
        signature_algorithm: algorithm(ECDSA_SHA_256),
        signature: OctetString::new(signature.as_bytes())?,
        unsigned_attrs: None,
    })
}

fn attribute(oid: ObjectIdentifier, value: Any) -> der::Result<Attribute> {
    Ok(Attribute {
        oid,
        values: SetOfVec::try_from(vec![value])?,
    })
}

fn algorithm(oid: ObjectIdentifier) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid,
        parameters: None,
    }
}
