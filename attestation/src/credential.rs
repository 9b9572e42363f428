//! The operator vouches for a kiosk: a COSE_Sign1 by the operator's key over the kiosk, its site,
//! its public key (`cnf`, RFC 8747) and the time for which this holds. In a receipt only the key,
//! the times and the signature travel; kiosk and site are those that the kiosk claims.

use ed25519_dalek::VerifyingKey;

use crate::cbor::{DecodeError, Reader, Writer, decode_strictly};
use crate::cose::{Purpose, SIGNATURE_BYTES, Sign1};
use crate::cwt;
use crate::device::DevicePublicKey;
use crate::name::Name;
use crate::operator::{OperatorKey, OperatorPublicKey};

/// Labels and values of a COSE key (RFC 9053 §7.2).
mod cose_key {
    pub(super) const KTY: i64 = 1;
    pub(super) const KTY_OKP: u64 = 1;
    pub(super) const CRV: i64 = -1;
    pub(super) const CRV_ED25519: u64 = 6;
    pub(super) const X: i64 = -2;
}

/// The key of the site in the private map.
const SITE: i64 = 1;

/// The time for which a credential holds, in seconds since 1970: from `not_before` (included)
/// until `not_after` (excluded).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first second (`nbf`).
    pub not_before: u64,
    /// The first second after it (`exp`).
    pub not_after: u64,
}

impl Validity {
    /// Whether it covers a moment.
    #[must_use]
    pub const fn covers(&self, moment: u64) -> bool {
        self.not_before <= moment && moment < self.not_after
    }
}

/// A kiosk's credential, not necessarily checked: [`Credential::is_from`] does that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The kiosk.
    pub kiosk: Name,
    /// Where it stands.
    pub site: Name,
    /// Its key.
    pub device: DevicePublicKey,
    /// For how long.
    pub validity: Validity,
    /// The operator's signature.
    pub(crate) signature: [u8; SIGNATURE_BYTES],
}

impl Credential {
    /// The operator vouches for a kiosk.
    #[must_use]
    pub fn issue(
        operator: &OperatorKey,
        kiosk: Name,
        site: Name,
        device: DevicePublicKey,
        validity: Validity,
    ) -> Self {
        let mut credential = Self {
            kiosk,
            site,
            device,
            validity,
            signature: [0; SIGNATURE_BYTES],
        };
        credential.signature = Purpose::Credential.sign(&operator.0, &credential.payload());
        credential
    }

    /// Whether this operator issued it.
    #[must_use]
    pub fn is_from(&self, operator: &OperatorPublicKey) -> bool {
        Purpose::Credential.verify(&operator.0, &self.payload(), &self.signature)
    }

    /// The credential as a tagged COSE_Sign1, for a file or a message.
    #[must_use]
    pub fn to_cose(&self) -> Vec<u8> {
        let message = Sign1 {
            payload: &self.payload(),
            signature: self.signature,
        };
        message.encode(Purpose::Credential)
    }

    /// Reads a COSE_Sign1; who signed it is not checked here.
    ///
    /// # Errors
    /// When the bytes are not a credential.
    pub fn from_cose(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message = Sign1::decode(bytes, Purpose::Credential)?;
        decode_strictly(
            message.payload,
            |reader| read(reader, message.signature),
            Self::payload,
        )
    }

    /// What does not follow from a verification's claims (`short-credential` in `wallet.cddl`).
    #[cfg(feature = "log")]
    pub(crate) fn to_short(&self) -> Vec<u8> {
        short(&self.device, self.validity, &self.signature)
    }

    /// Reads what [`Self::to_short`] writes, for the kiosk and site that the claims name.
    pub(crate) fn from_short(bytes: &[u8], kiosk: &Name, site: &Name) -> Result<Self, DecodeError> {
        decode_strictly(
            bytes,
            |r| {
                r.array(4)?;
                Ok(Self {
                    kiosk: kiosk.clone(),
                    site: site.clone(),
                    device: read_public_key(&r.bytes()?)?,
                    validity: Validity {
                        not_before: r.uint()?,
                        not_after: r.uint()?,
                    },
                    signature: r.bytes()?,
                })
            },
            |read| short(&read.device, read.validity, &read.signature),
        )
    }

    fn payload(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.map(5);
        w.int(cwt::SUB).text(self.kiosk.as_str());
        w.int(cwt::EXP).uint(self.validity.not_after);
        w.int(cwt::NBF).uint(self.validity.not_before);
        w.int(cwt::CNF).map(1).int(cwt::CNF_COSE_KEY).map(3);
        w.int(cose_key::KTY).uint(cose_key::KTY_OKP);
        w.int(cose_key::CRV).uint(cose_key::CRV_ED25519);
        w.int(cose_key::X).bytes(self.device.as_bytes());
        w.int(cwt::PRIVATE).map(1);
        w.int(SITE).text(self.site.as_str());
        w.finish()
    }
}

fn short(device: &DevicePublicKey, validity: Validity, signature: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.array(4).bytes(device.as_bytes());
    w.uint(validity.not_before).uint(validity.not_after);
    w.bytes(signature);
    w.finish()
}

fn read(r: &mut Reader<'_>, signature: [u8; SIGNATURE_BYTES]) -> Result<Credential, DecodeError> {
    r.map()?;
    let kiosk = r.after(cwt::SUB, Reader::name)?;
    let not_after = r.after(cwt::EXP, Reader::uint)?;
    let not_before = r.after(cwt::NBF, Reader::uint)?;
    r.after(cwt::CNF, Reader::map)?;
    let device = r.after(cwt::CNF_COSE_KEY, read_cose_key)?;
    r.after(cwt::PRIVATE, Reader::map)?;
    Ok(Credential {
        kiosk,
        site: r.after(SITE, Reader::name)?,
        device,
        validity: Validity {
            not_before,
            not_after,
        },
        signature,
    })
}

fn read_cose_key(r: &mut Reader<'_>) -> Result<DevicePublicKey, DecodeError> {
    r.map()?;
    let kty = r.after(cose_key::KTY, Reader::uint)?;
    let crv = r.after(cose_key::CRV, Reader::uint)?;
    if (kty, crv) != (cose_key::KTY_OKP, cose_key::CRV_ED25519) {
        return Err(DecodeError::Unknown {
            what: "a type of key",
        });
    }
    read_public_key(&r.after(cose_key::X, Reader::bytes)?)
}

pub(crate) fn read_public_key(bytes: &[u8; 32]) -> Result<DevicePublicKey, DecodeError> {
    VerifyingKey::from_bytes(bytes)
        .map(DevicePublicKey)
        .map_err(|_| DecodeError::Unknown {
            what: "a public key",
        })
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::device::DeviceKey;

    fn operator(seed: u8) -> OperatorKey {
        OperatorKey(SigningKey::from_bytes(&[seed; 32]))
    }

    fn credential() -> Credential {
        Credential::issue(
            &operator(1),
            Name::new("kiosk-07").unwrap(),
            Name::new("hall-2").unwrap(),
            DeviceKey::from_seed(&[2; 32]).public(),
            Validity {
                not_before: 100,
                not_after: 200,
            },
        )
    }

    #[test]
    fn a_credential_survives_its_file_and_names_its_operator() {
        let credential = credential();
        let read = Credential::from_cose(&credential.to_cose()).unwrap();
        assert_eq!(read, credential);
        assert!(read.is_from(&operator(1).public()));
        assert!(!read.is_from(&operator(3).public()));
    }

    #[test]
    fn a_changed_credential_is_unreadable_or_unsigned() {
        let bytes = credential().to_cose();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let accepted = Credential::from_cose(&changed)
                    .is_ok_and(|credential| credential.is_from(&operator(1).public()));
                assert!(!accepted, "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn it_holds_from_its_first_second_until_before_its_last() {
        let validity = credential().validity;
        assert!(!validity.covers(99) && validity.covers(100));
        assert!(validity.covers(199) && !validity.covers(200));
    }
}
