//! SecurityInfos (ICAO 9303-11, 9.2): what a chip says in EF.CardAccess and data group 14 about
//! the protocols it speaks. Unknown entries are passed over, as the standard demands.

use der::asn1::ObjectIdentifier;

use super::File;
use crate::card::emrtd::cipher::Suite;
use crate::card::emrtd::curve::Point;
use crate::card::emrtd::oid::Oid;
use crate::card::emrtd::pace::PaceVariant;
use crate::card::emrtd::pki::PublicKey;
use crate::card::emrtd::pki::signature::SignatureAlgorithm;
use crate::card::emrtd::tlv::{self, Tlv, TlvError};

const DER_INTEGER: u32 = 0x02;
const DER_OID: u32 = 0x06;
const DER_SET: u32 = 0x31;
/// id-PK-ECDH (ICAO 9303-11, 9.2.6).
const PK_ECDH: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x01, 0x02];
/// id-CA-ECDH (ICAO 9303-11, 9.2.5).
const CA_ECDH: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02];
/// id-icao-mrtd-security-aaProtocolObject (ICAO 9303-11, 9.2.7).
const ACTIVE_AUTHENTICATION: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x05];

/// What a chip offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityInfos {
    /// PACE variants that are supported here, in the chip's order.
    pub pace: Vec<PaceVariant>,
    /// Keys for chip authentication over elliptic curves.
    pub chip_keys: Vec<ChipKey>,
    /// The signature algorithm of active authentication with ECDSA.
    pub active_algorithm: Option<SignatureAlgorithm>,
}

/// A static key of the chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipKey {
    /// Its number, where there are several.
    pub id: Option<Vec<u8>>,
    /// The key.
    pub public: Point,
    /// The ciphers of the channel that follows.
    pub suite: Suite,
}

impl ChipKey {
    /// The object identifier of chip authentication with this key.
    #[must_use]
    pub fn protocol(&self) -> Oid {
        let last = match self.suite {
            Suite::TripleDes => 1,
            Suite::Aes128 => 2,
            Suite::Aes192 => 3,
            Suite::Aes256 => 4,
        };
        Oid::new([CA_ECDH, &[last]].concat())
    }
}

impl SecurityInfos {
    /// Reads EF.CardAccess.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn from_card_access(bytes: &[u8]) -> Result<Self, TlvError> {
        Self::from_set(tlv::only(bytes, DER_SET)?)
    }

    /// Reads data group 14.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn from_data_group_14(bytes: &[u8]) -> Result<Self, TlvError> {
        let content = tlv::only(bytes, File::DataGroup(14).tag())?;
        Self::from_card_access(content)
    }

    fn from_set(set: &[u8]) -> Result<Self, TlvError> {
        let mut infos = Self::default();
        let mut keys: Vec<(Option<Vec<u8>>, Point)> = Vec::new();
        let mut protocols: Vec<(Option<Vec<u8>>, Suite)> = Vec::new();
        for object in tlv::objects(set) {
            let mut fields = object?.value;
            let oid = tlv::expect(&mut fields, DER_OID)?;
            let fields: Vec<Tlv<'_>> = tlv::objects(fields).collect::<Result<_, _>>()?;
            if oid == PK_ECDH {
                keys.extend(public_key(&fields));
            } else if let Some([variant]) = oid.strip_prefix(CA_ECDH) {
                protocols.extend(suite(*variant).map(|suite| (integer(&fields, 1), suite)));
            } else if oid == ACTIVE_AUTHENTICATION {
                infos.active_algorithm = active_algorithm(&fields);
            } else if let Some(id) = integer(&fields, 1).as_deref().and_then(small) {
                infos.pace.extend(PaceVariant::find(&Oid::new(oid), id));
            }
        }
        infos.chip_keys = keys
            .into_iter()
            .map(|k| with_suite(k, &protocols))
            .collect();
        Ok(infos)
    }
}

/// A key without a protocol of its number is for 3DES (ICAO 9303-11, 6.2: older chips give only
/// the key). The strongest of several protocols is taken.
fn with_suite(
    (id, public): (Option<Vec<u8>>, Point),
    protocols: &[(Option<Vec<u8>>, Suite)],
) -> ChipKey {
    let mine = protocols.iter().filter(|p| p.0 == id || p.0.is_none());
    let suite = mine
        .map(|p| p.1)
        .max_by_key(|suite| (suite.block_len(), suite.key_len()));
    ChipKey {
        id,
        public,
        suite: suite.unwrap_or(Suite::TripleDes),
    }
}

fn public_key(fields: &[Tlv<'_>]) -> Option<(Option<Vec<u8>>, Point)> {
    match PublicKey::from_der(fields.first()?.encoded) {
        Ok(PublicKey::Ec(point)) => Some((integer(fields, 1), point)),
        _ => None,
    }
}

fn suite(variant: u8) -> Option<Suite> {
    Some(match variant {
        1 => Suite::TripleDes,
        2 => Suite::Aes128,
        3 => Suite::Aes192,
        4 => Suite::Aes256,
        _ => return None,
    })
}

fn active_algorithm(fields: &[Tlv<'_>]) -> Option<SignatureAlgorithm> {
    let oid = fields.get(1).filter(|f| f.tag == DER_OID)?;
    let oid = ObjectIdentifier::from_bytes(oid.value).ok()?;
    SignatureAlgorithm::from_oid(&oid)
}

fn integer(fields: &[Tlv<'_>], at: usize) -> Option<Vec<u8>> {
    let field = fields.get(at).filter(|f| f.tag == DER_INTEGER)?;
    Some(field.value.to_vec())
}

fn small(integer: &[u8]) -> Option<u32> {
    let digits = integer.iter().skip_while(|b| **b == 0);
    (integer.len() <= 3).then(|| digits.fold(0, |n, d| n << 8 | u32::from(*d)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::emrtd::curve::Curve;
    use crate::card::emrtd::hex::hex;

    /// ICAO 9303-11, G.1: EF.CardAccess of the worked example.
    #[test]
    fn the_worked_example_offers_pace() {
        let file = hex("31143012060A04007F0007020204020202010202010D");
        let infos = SecurityInfos::from_card_access(&file).unwrap();
        let variant = PaceVariant {
            suite: Suite::Aes128,
            curve: Curve::BrainpoolP256r1,
        };
        assert_eq!(infos.pace, [variant]);
        assert!(infos.chip_keys.is_empty());
        assert!(SecurityInfos::from_card_access(&file[..20]).is_err());
    }
}
