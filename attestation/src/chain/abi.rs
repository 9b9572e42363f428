//! The contracts' functions as bytes (Solidity ABI). What a node gives back is taken only if it is
//! exactly of the expected form. The contracts themselves are in `contracts/`.

use alloy_primitives::{Address, FixedBytes, keccak256};
use alloy_sol_types::{SolCall, SolInterface};
use attestation_contracts::bindings::access::AccessControl::{AccessControlErrors, grantRoleCall};
use attestation_contracts::bindings::anchor::Anchor::{
    AnchorErrors, anchorCall, anchorOfCall, headCall,
};
use attestation_contracts::bindings::registry::KioskRegistry::{
    KioskRegistryErrors, enrolCall, keyOfCall, kioskCall, reinstateCall, rotateCall, suspendCall,
};
use sha2::{Digest, Sha256};

use super::binding::Binding;
use super::endpoint::RpcError;
use crate::merkle::Hash;

/// A kiosk's identifier on the chain: SHA-256 of its checkpoint's origin.
#[must_use]
pub fn kiosk_id(origin: &str) -> [u8; 32] {
    Sha256::digest(origin).into()
}

/// A kiosk as the registry lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its Ed25519 public key.
    pub device: [u8; 32],
    /// Its sender.
    pub sender: Address,
    /// The key's signature on the sender.
    pub binding: Binding,
    /// Whether it may anchor.
    pub state: KioskState,
    /// Since when it is so, in seconds since 1970.
    pub since: u64,
}

/// A device key that a kiosk has or had, as the registry lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedKey {
    /// The last sender under this key.
    pub(crate) sender: Address,
    /// This key's signature on that sender.
    pub(crate) binding: Binding,
    /// When it was first listed, in seconds since 1970.
    pub(crate) since: u64,
    /// When another key took its place; none while it is the newest.
    pub(crate) until: Option<u64>,
}

/// Whether a kiosk may anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KioskState {
    /// The registry does not know it.
    Unknown,
    /// It may.
    Active,
    /// It may not for now.
    Suspended,
}

/// A head as the anchor contract holds it; the size is 0 if there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChainHead {
    pub(crate) root: Hash,
    pub(crate) size: u64,
}

/// When and as which a head was anchored; the size is 0 if it was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChainAnchor {
    pub(crate) size: u64,
    pub(crate) sequence: u64,
    pub(crate) block: u64,
    pub(crate) time: u64,
}

/// What a kiosk's transaction carries to the chain: `anchor(bytes32 root, uint64 size)`.
#[must_use]
pub fn call_anchor(root: &Hash, size: u64) -> Vec<u8> {
    let root = FixedBytes(*root);
    anchorCall { root, size }.abi_encode()
}

pub(crate) fn call_head(kiosk: &[u8; 32]) -> Vec<u8> {
    let kiosk = FixedBytes(*kiosk);
    headCall { kiosk }.abi_encode()
}

pub(crate) fn call_anchor_of(kiosk: &[u8; 32], root: &Hash) -> Vec<u8> {
    let (kiosk, root) = (FixedBytes(*kiosk), FixedBytes(*root));
    anchorOfCall { kiosk, root }.abi_encode()
}

pub(crate) fn call_kiosk(kiosk: &[u8; 32]) -> Vec<u8> {
    let id = FixedBytes(*kiosk);
    kioskCall { id }.abi_encode()
}

pub(crate) fn call_key_of(kiosk: &[u8; 32], device: &[u8; 32]) -> Vec<u8> {
    let (id, device_key) = (FixedBytes(*kiosk), FixedBytes(*device));
    keyOfCall {
        id,
        deviceKey: device_key,
    }
    .abi_encode()
}

/// What enrols a kiosk, or gives it other keys.
pub(crate) fn call_enrol(
    kiosk: &[u8; 32],
    device: &[u8; 32],
    to: Address,
    by: &Binding,
) -> Vec<u8> {
    enrolCall {
        id: FixedBytes(*kiosk),
        deviceKey: FixedBytes(*device),
        sender: to,
        bindingR: FixedBytes(by.r),
        bindingS: FixedBytes(by.s),
    }
    .abi_encode()
}

pub(crate) fn call_rotate(
    kiosk: &[u8; 32],
    device: &[u8; 32],
    to: Address,
    by: &Binding,
) -> Vec<u8> {
    rotateCall {
        id: FixedBytes(*kiosk),
        deviceKey: FixedBytes(*device),
        sender: to,
        bindingR: FixedBytes(by.r),
        bindingS: FixedBytes(by.s),
    }
    .abi_encode()
}

pub(crate) fn call_suspend(kiosk: &[u8; 32]) -> Vec<u8> {
    let id = FixedBytes(*kiosk);
    suspendCall { id }.abi_encode()
}

pub(crate) fn call_reinstate(kiosk: &[u8; 32]) -> Vec<u8> {
    let id = FixedBytes(*kiosk);
    reinstateCall { id }.abi_encode()
}

/// What makes an account an operator.
pub(crate) fn call_appoint(operator: Address) -> Vec<u8> {
    grantRoleCall {
        role: keccak256("OPERATOR_ROLE"),
        account: operator,
    }
    .abi_encode()
}

/// Why a contract said no, by the error that it gave back; none if it is none of its own.
pub(crate) fn reason(data: &[u8]) -> Option<&'static str> {
    use AccessControlErrors as Roles;
    use KioskRegistryErrors as Kiosks;
    let of_registry = KioskRegistryErrors::abi_decode(data).map(|error| match error {
        Kiosks::ZeroValue(_) => "a key or address is zero",
        Kiosks::UnknownKiosk(_) => "the registry does not know this kiosk: enrol it",
        Kiosks::AlreadyEnrolled(_) => "the kiosk is enrolled already: use rotate for other keys",
        Kiosks::SenderUsed(_) => "this sender is, or was, in use: have the kiosk make a new one",
        Kiosks::NotResponsible(_) => "this account is not the operator of this kiosk",
        Kiosks::WrongState(_) => "the kiosk is in that state already",
        Kiosks::HeldByAuthority(_) => {
            "the authority suspended it, and only the authority lifts that"
        }
        Kiosks::NotAnOperator(_) => "that account is not an operator",
    });
    let of_roles = || {
        AccessControlErrors::abi_decode(data).map(|error| match error {
            Roles::AccessControlUnauthorizedAccount(_) => "this account was not appointed for that",
            _ => "the roles do not allow that",
        })
    };
    let of_anchor = || {
        AnchorErrors::abi_decode(data).map(|error| match error {
            AnchorErrors::NotAKiosk(_) => "no active kiosk submits from this sender",
            AnchorErrors::SizeNotGrowing(_) => "a larger head is anchored already",
            AnchorErrors::RootKnown(_) => "this root is anchored with another size",
        })
    };
    of_registry
        .or_else(|_| of_roles())
        .or_else(|_| of_anchor())
        .ok()
}

pub(crate) fn read_head(answer: &[u8]) -> Result<ChainHead, RpcError> {
    let head = returned::<headCall>(answer, "the head of the anchor contract")?;
    Ok(ChainHead {
        root: head.root.0,
        size: head.size,
    })
}

pub(crate) fn read_anchor(answer: &[u8]) -> Result<ChainAnchor, RpcError> {
    let found = returned::<anchorOfCall>(answer, "an anchor of the anchor contract")?;
    Ok(ChainAnchor {
        size: found.size,
        sequence: found.sequence,
        block: found.blockNumber,
        time: found.time,
    })
}

pub(crate) fn read_kiosk(answer: &[u8]) -> Result<Listed, RpcError> {
    let what = "a kiosk of the registry";
    let found = returned::<kioskCall>(answer, what)?;
    let state = match found.state {
        0 => KioskState::Unknown,
        1 => KioskState::Active,
        2 => KioskState::Suspended,
        _ => return Err(RpcError::Malformed { what }),
    };
    Ok(Listed {
        device: found.deviceKey.0,
        sender: found.sender,
        binding: Binding {
            r: found.bindingR.0,
            s: found.bindingS.0,
        },
        state,
        since: found.since,
    })
}

/// None if the kiosk never had the key.
pub(crate) fn read_key(answer: &[u8]) -> Result<Option<ListedKey>, RpcError> {
    let found = returned::<keyOfCall>(answer, "a key of the registry")?;
    let key = ListedKey {
        sender: found.sender,
        binding: Binding {
            r: found.bindingR.0,
            s: found.bindingS.0,
        },
        since: found.since,
        until: (found.until > 0).then_some(found.until),
    };
    Ok((found.since > 0).then_some(key))
}

/// Reads the bytes as each thing that a contract returns, for who tries all kinds of bytes.
#[doc(hidden)]
pub fn parse_returned(answer: &[u8]) {
    let _ = (read_head(answer), read_anchor(answer), read_kiosk(answer));
    let _ = (read_key(answer), reason(answer));
}

/// All of these have words of 32 bytes only, so their encoding is exact.
fn returned<C: SolCall>(answer: &[u8], what: &'static str) -> Result<C::Return, RpcError> {
    C::abi_decode_returns_validate(answer).map_err(|_| RpcError::Malformed { what })
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;

    use super::*;

    /// Selectors as solc prints them (`--hashes`), and as `contracts/artifacts` has them.
    #[test]
    fn calls_begin_with_the_selector_of_the_contract() {
        assert_eq!(call_anchor(&[1; 32], 2).len(), 68);
        assert_eq!(
            hex::encode(&call_anchor(&[1; 32], 2)[..4]),
            hex::encode(anchorCall::SELECTOR)
        );
    }

    #[test]
    fn answers_of_another_form_are_refused() {
        assert!(read_head(&[]).is_err());
        assert!(read_head(&[0; 64]).is_err());
        assert!(read_head(&[0; 96]).is_ok());
        let mut size_beyond_64_bits = [0; 96];
        size_beyond_64_bits[32] = 1;
        assert!(read_head(&size_beyond_64_bits).is_err());
        let mut a_state_to_come = [0; 192];
        a_state_to_come[32 * 5 - 1] = 9;
        assert!(read_kiosk(&a_state_to_come).is_err());
    }
}
