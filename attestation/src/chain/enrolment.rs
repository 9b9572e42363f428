//! What a kiosk hands to its operator so that it can be listed in the registry: who it is, from
//! where it sends, and its signature on that. A small JSON file; nothing in it is secret.

use alloy_primitives::{Address, hex};
use serde_json::{Value, json};

use super::binding::{Binding, SenderBinding};
use super::contracts::Contracts;
use crate::device::{DeviceKey, DevicePublicKey};

/// More than any such file has, in bytes.
pub(crate) const MAX_BYTES: usize = 4 << 10;

/// A kiosk's request to be listed, with a signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderEnrolment {
    /// The origin of the kiosk's checkpoints.
    pub origin: String,
    /// The kiosk's Ed25519 public key.
    pub device: DevicePublicKey,
    /// What it binds.
    pub bound: SenderBinding,
    /// The signature on it.
    pub binding: Binding,
}

impl SenderEnrolment {
    /// The request of the kiosk with this key and log, to send from this address.
    #[must_use]
    pub fn new(contracts: &Contracts, origin: &str, device: &DeviceKey, sender: Address) -> Self {
        let bound = SenderBinding::new(contracts, origin, sender);
        Self {
            origin: origin.to_owned(),
            device: device.public(),
            bound,
            binding: bound.sign(device),
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let signature = [self.binding.r, self.binding.s].concat();
        let text = json!({
            "kiosk": self.origin,
            "device_key": hex::encode(self.device.as_bytes()),
            "sender": self.bound.sender.to_string(),
            "chain_id": self.bound.chain_id,
            "registry": self.bound.registry.to_string(),
            "signature": hex::encode(signature),
        });
        format!("{text:#}\n")
    }

    /// Reads the text and checks the signature.
    ///
    /// # Errors
    /// When it is not such a text, or the kiosk's key did not sign it.
    pub fn parse(text: &str) -> Result<Self, EnrolmentError> {
        if text.len() > MAX_BYTES {
            return Err(EnrolmentError::Malformed { what: "its length" });
        }
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let member = |what: &'static str| {
            let text = value[what].as_str();
            text.ok_or(EnrolmentError::Malformed { what })
        };
        let origin = member("kiosk")?.to_owned();
        let device = DevicePublicKey::from_bytes(&fixed(member("device_key")?, "device_key")?);
        let device = device.map_err(|_| EnrolmentError::Malformed { what: "device_key" })?;
        let chain_id = value["chain_id"].as_u64();
        let registry = address(member("registry")?, "registry")?;
        let contracts = Contracts {
            chain_id: chain_id.ok_or(EnrolmentError::Malformed { what: "chain_id" })?,
            registry,
            anchor: Address::ZERO,
        };
        let sender = address(member("sender")?, "sender")?;
        let signature: [u8; 64] = fixed(member("signature")?, "signature")?;
        let (mut r, mut s) = ([0; 32], [0; 32]);
        r.copy_from_slice(&signature[..32]);
        s.copy_from_slice(&signature[32..]);
        let enrolment = Self {
            bound: SenderBinding::new(&contracts, &origin, sender),
            binding: Binding { r, s },
            origin,
            device,
        };
        if enrolment.bound.is_signed_by(&device, &enrolment.binding) {
            Ok(enrolment)
        } else {
            Err(EnrolmentError::Signature)
        }
    }
}

/// Why a kiosk's request cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentError {
    /// Not such a text.
    #[error("this is not a kiosk's enrolment: {what} is missing or wrong; fetch it from the kiosk")]
    Malformed {
        /// Where it shows.
        what: &'static str,
    },
    /// Not signed by the kiosk.
    #[error("the kiosk did not sign this enrolment: it was changed; fetch it from the kiosk")]
    Signature,
}

impl EnrolmentError {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "enrolment_malformed",
            Self::Signature => "binding_signature",
        }
    }
}

fn fixed<const N: usize>(text: &str, what: &'static str) -> Result<[u8; N], EnrolmentError> {
    hex::decode_to_array(text).map_err(|_| EnrolmentError::Malformed { what })
}

fn address(text: &str, what: &'static str) -> Result<Address, EnrolmentError> {
    text.parse().map_err(|_| EnrolmentError::Malformed { what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enrolment_is_read_as_it_was_written_and_every_change_is_noticed() {
        let contracts = Contracts {
            chain_id: 1337,
            registry: Address::repeat_byte(0x11),
            anchor: Address::repeat_byte(0x22),
        };
        let device = DeviceKey::from_seed(&[7; 32]);
        let sender = Address::repeat_byte(0x33);
        let ours = SenderEnrolment::new(&contracts, "kiosk-log/hall/k1", &device, sender);
        let text = ours.to_json();
        assert_eq!(SenderEnrolment::parse(&text), Ok(ours));
        for (from, to) in [
            ("hall/k1", "hall/k2"),
            ("1337", "1338"),
            ("0x1111", "0x1112"),
            ("0x3333", "0x3334"),
        ] {
            assert!(text.contains(from), "{from} in {text}");
            let changed = SenderEnrolment::parse(&text.replacen(from, to, 1));
            assert_eq!(changed, Err(EnrolmentError::Signature), "{from}");
        }
        for wrong in [
            "",
            "{}",
            "[]",
            &text.replace("signature", "sign"),
            &"x".repeat(5000),
        ] {
            let refused = SenderEnrolment::parse(wrong).unwrap_err();
            assert_eq!(refused.as_code(), "enrolment_malformed");
        }
    }
}
