//! Which sender on the chain is a kiosk's: the kiosk's Ed25519 key signs the address. The registry
//! keeps the signature for auditors and does not check it (Ed25519 in a contract is too dear): who
//! relies on an anchor checks it here.

use alloy_primitives::{Address, U256};
use ed25519_dalek::Signature;

use super::abi::kiosk_id;
use super::contracts::Contracts;
use crate::device::{DeviceKey, DevicePublicKey, SENDER};

/// What is bound: this sender to this kiosk, in this registry on this chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderBinding {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The registry's address.
    pub registry: Address,
    /// The kiosk's identifier there ([`kiosk_id`]).
    pub kiosk: [u8; 32],
    /// The sender's address.
    pub sender: Address,
}

/// The device key's signature on it: R and S.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The first half of the Ed25519 signature.
    pub r: [u8; 32],
    /// The second half.
    pub s: [u8; 32],
}

impl SenderBinding {
    /// The binding of a kiosk's log (by its checkpoint's origin) to a sender.
    #[must_use]
    pub fn new(contracts: &Contracts, origin: &str, sender: Address) -> Self {
        Self {
            chain_id: contracts.chain_id,
            registry: contracts.registry,
            kiosk: kiosk_id(origin),
            sender,
        }
    }

    /// Signs it with the kiosk's key.
    #[must_use]
    pub fn sign(&self, device: &DeviceKey) -> Binding {
        let signature = Signature::from_bytes(&device.sign(&self.to_bytes()));
        let (r, s) = (*signature.r_bytes(), *signature.s_bytes());
        Binding { r, s }
    }

    /// Whether this kiosk's key signed it (strict verification).
    #[must_use]
    pub fn is_signed_by(&self, device: &DevicePublicKey, binding: &Binding) -> bool {
        let signature = Signature::from_components(binding.r, binding.s);
        let verdict = device.0.verify_strict(&self.to_bytes(), &signature);
        verdict.is_ok()
    }

    fn to_bytes(self) -> Vec<u8> {
        [
            SENDER.as_bytes(),
            &U256::from(self.chain_id).to_be_bytes::<32>(),
            &self.registry[..],
            &self.kiosk,
            &self.sender[..],
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding() -> SenderBinding {
        let contracts = Contracts {
            chain_id: 1337,
            registry: Address::repeat_byte(0x11),
            anchor: Address::repeat_byte(0x22),
        };
        SenderBinding::new(&contracts, "kiosk-log/hall/k1", Address::repeat_byte(0x33))
    }

    #[test]
    fn only_what_the_kiosk_signed_is_bound() {
        let device = DeviceKey::from_seed(&[7; 32]);
        let signed = binding().sign(&device);
        assert!(binding().is_signed_by(&device.public(), &signed));
        let another = DeviceKey::from_seed(&[8; 32]).public();
        assert!(!binding().is_signed_by(&another, &signed));
        for changed in [
            SenderBinding {
                chain_id: 1,
                ..binding()
            },
            SenderBinding {
                registry: Address::ZERO,
                ..binding()
            },
            SenderBinding {
                kiosk: [0; 32],
                ..binding()
            },
            SenderBinding {
                sender: Address::ZERO,
                ..binding()
            },
        ] {
            assert!(
                !changed.is_signed_by(&device.public(), &signed),
                "{changed:?}"
            );
        }
    }

    /// Independent tools must be able to build the same bytes: 24 + 32 + 20 + 32 + 20.
    #[test]
    fn the_signed_bytes_are_laid_out_as_documented() {
        let bytes = binding().to_bytes();
        assert_eq!(bytes.len(), 128);
        assert_eq!(&bytes[..24], b"kiosk-sender-binding-v1\0");
        assert_eq!(bytes[54..56], [0x05, 0x39]);
        assert_eq!(bytes[56..76], [0x11; 20]);
        assert_eq!(bytes[76..108], kiosk_id("kiosk-log/hall/k1"));
        assert_eq!(bytes[108..], [0x33; 20]);
    }
}
