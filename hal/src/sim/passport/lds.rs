//! The files of the logical data structure (ICAO 9303-10) other than the portrait and the
//! signature: EF.COM, EF.CardAccess, DG1, DG11, DG14, DG15.

use der::asn1::ObjectIdentifier;
use der::{Any, Encode, Sequence};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::holder::SimPassport;
use crate::card::emrtd::cipher::Suite;
use crate::card::emrtd::curve::Curve;
use crate::card::emrtd::tlv::encode;

/// id-PACE-ECDH-GM (BSI TR-03110-3, A.1.1.1); the last arc names the ciphers.
const PACE_ECDH_GM: &str = "0.4.0.127.0.7.2.2.4.2";
/// id-PK-ECDH (BSI TR-03110-3, A.1.1.2).
const PK_ECDH: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.127.0.7.2.2.1.2");
/// id-CA-ECDH (BSI TR-03110-3, A.1.1.2); the last arc names the ciphers.
const CA_ECDH: &str = "0.4.0.127.0.7.2.2.3.2";
/// id-icao-mrtd-security-aaProtocolObject (ICAO 9303-11, 6.1.2.1).
const ACTIVE_AUTHENTICATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.5");
/// ecdsa-plain-SHA256 (BSI TR-03111, 5.2.1.1), which active authentication with ECDSA names.
const ECDSA_PLAIN_SHA256: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("0.4.0.127.0.7.1.1.4.1.3");
/// A data group's number and its file.
pub(super) type DataGroup = (u8, Vec<u8>);

/// The ciphers of PACE and chip authentication; the value is the last arc of their identifiers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
pub enum Ciphers {
    /// Two-key Triple DES.
    #[serde(rename = "3des")]
    #[value(name = "3des")]
    TripleDes = 1,
    /// AES-128.
    #[default]
    #[serde(rename = "aes-128")]
    #[value(name = "aes-128")]
    Aes128 = 2,
    /// AES-192.
    #[serde(rename = "aes-192")]
    #[value(name = "aes-192")]
    Aes192 = 3,
    /// AES-256.
    #[serde(rename = "aes-256")]
    #[value(name = "aes-256")]
    Aes256 = 4,
}

/// The curves of PACE; the value is the number of the standardised domain parameters (ICAO
/// 9303-11, table 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
pub enum PaceCurve {
    /// NIST P-256.
    #[serde(rename = "p256")]
    #[value(name = "p256")]
    P256 = 12,
    /// brainpoolP256r1, the most usual one.
    #[default]
    #[serde(rename = "brainpool-p256r1")]
    #[value(name = "brainpool-p256r1")]
    BrainpoolP256r1 = 13,
    /// NIST P-384.
    #[serde(rename = "p384")]
    #[value(name = "p384")]
    P384 = 15,
}

/// How a chip does PACE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Ciphers of nonce and channel.
    pub ciphers: Ciphers,
    /// Curve.
    pub curve: PaceCurve,
}

impl From<PaceCurve> for Curve {
    fn from(curve: PaceCurve) -> Self {
        match curve {
            PaceCurve::P256 => Self::P256,
            PaceCurve::BrainpoolP256r1 => Self::BrainpoolP256r1,
            PaceCurve::P384 => Self::P384,
        }
    }
}

impl From<Ciphers> for Suite {
    fn from(ciphers: Ciphers) -> Self {
        match ciphers {
            Ciphers::TripleDes => Self::TripleDes,
            Ciphers::Aes128 => Self::Aes128,
            Ciphers::Aes192 => Self::Aes192,
            Ciphers::Aes256 => Self::Aes256,
        }
    }
}

fn under(arc: &str, ciphers: Ciphers) -> der::Result<ObjectIdentifier> {
    Ok(ObjectIdentifier::new(&format!("{arc}.{}", ciphers as u8))?)
}

/// PACEInfo, ChipAuthenticationInfo (ICAO 9303-11, 9.2.1 and 9.2.5).
#[derive(Sequence)]
struct ProtocolInfo {
    protocol: ObjectIdentifier,
    version: u8,
    #[asn1(optional = "true")]
    parameter_id: Option<u8>,
}

/// ChipAuthenticationPublicKeyInfo (ICAO 9303-11, 9.2.6), without a key number.
#[derive(Sequence)]
struct ChipKeyInfo {
    protocol: ObjectIdentifier,
    key: SubjectPublicKeyInfoOwned,
}

/// ActiveAuthenticationInfo (ICAO 9303-11, 9.2.4).
#[derive(Sequence)]
struct ActiveInfo {
    protocol: ObjectIdentifier,
    version: u8,
    signature: ObjectIdentifier,
}

/// EF.CardAccess: how PACE is done, readable by anybody.
pub(super) fn card_access(pace: Pace) -> der::Result<Vec<u8>> {
    set(vec![pace_info(pace)?])
}

/// EF.COM: which data groups there are.
pub(super) fn com(groups: &[DataGroup]) -> Vec<u8> {
    let tags: Vec<u8> = groups.iter().map(|(_, file)| file[0]).collect();
    let content = [
        encode(0x5F01, b"0107"),   // LDS 1.7
        encode(0x5F36, b"040000"), // Unicode 4.0.0
        encode(0x5C, &tags),
    ];
    encode(0x60, &content.concat())
}

/// DG1: the machine-readable zone.
pub(super) fn dg1(page: &SimPassport) -> Vec<u8> {
    encode(0x61, &encode(0x5F1F, page.mrz().concat().as_bytes()))
}

/// DG11: what the page says in the letters of the country.
pub(super) fn dg11(page: &SimPassport) -> Vec<u8> {
    let fields = [
        (0x5F0E, &page.full_name),
        (0x5F2B, &page.birth_date),
        (0x5F11, &page.birth_place),
    ];
    let written = fields.iter().filter(|(_, text)| !text.is_empty());
    let (mut tags, mut content) = (Vec::new(), Vec::new());
    for (tag, text) in written {
        tags.extend((*tag as u16).to_be_bytes());
        content.extend(encode(*tag, text.as_bytes()));
    }
    encode(0x6B, &[encode(0x5C, &tags), content].concat())
}

/// DG14: how PACE, chip authentication and active authentication are done.
pub(super) fn dg14(
    pace: Option<Pace>,
    chip: Option<(Ciphers, SubjectPublicKeyInfoOwned)>,
    active: bool,
) -> der::Result<Vec<u8>> {
    let mut infos = Vec::new();
    if let Some(pace) = pace {
        infos.push(pace_info(pace)?);
    }
    if let Some((ciphers, key)) = chip {
        let protocol = under(CA_ECDH, ciphers)?;
        let how = ProtocolInfo {
            protocol,
            version: 1,
            parameter_id: None,
        };
        let which = ChipKeyInfo {
            protocol: PK_ECDH,
            key,
        };
        infos.extend([Any::encode_from(&how)?, Any::encode_from(&which)?]);
    }
    if active {
        infos.push(Any::encode_from(&ActiveInfo {
            protocol: ACTIVE_AUTHENTICATION,
            version: 1,
            signature: ECDSA_PLAIN_SHA256,
        })?);
    }
    Ok(encode(0x6E, &set(infos)?))
}

/// DG15: the key of active authentication.
pub(super) fn dg15(key: &SubjectPublicKeyInfoOwned) -> der::Result<Vec<u8>> {
    Ok(encode(0x6F, &key.to_der()?))
}

fn pace_info(pace: Pace) -> der::Result<Any> {
    Any::encode_from(&ProtocolInfo {
        protocol: under(PACE_ECDH_GM, pace.ciphers)?,
        version: 2,
        parameter_id: Some(pace.curve as u8),
    })
}

/// SecurityInfos: a set, in the order of DER.
fn set(infos: Vec<Any>) -> der::Result<Vec<u8>> {
    der::asn1::SetOfVec::try_from(infos)?.to_der()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EF.CardAccess of ICAO 9303-11, G.1.
    #[test]
    fn card_access_is_that_of_the_worked_example() {
        let expected = b"\x31\x14\x30\x12\x06\x0A\x04\x00\x7F\x00\x07\x02\x02\x04\x02\x02\x02\x01\x02\x02\x01\x0D";
        assert_eq!(card_access(Pace::default()).unwrap(), expected);
    }

    #[test]
    fn the_list_of_data_groups_is_that_of_the_files() {
        let page = SimPassport::example();
        let groups = [(1, dg1(&page)), (11, dg11(&page))];
        let com = com(&groups);
        assert_eq!(com[com.len() - 4..], [0x5C, 2, 0x61, 0x6B]);
        assert_eq!(groups[0].1[..5], [0x61, 91, 0x5F, 0x1F, 88]);
    }
}
