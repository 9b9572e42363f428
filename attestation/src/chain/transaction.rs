//! Legacy transactions with replay protection (EIP-155): the one form that every EVM network
//! takes. In: what is to be done. Out: the signed bytes, and the hash by which nodes know them.

use alloy_primitives::{Address, Bytes, U256, keccak256};
use alloy_rlp::{Encodable, RlpEncodable};

use super::account::Account;
use crate::merkle::Hash;

/// A transaction before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transaction {
    pub(crate) chain_id: u64,
    pub(crate) nonce: u64,
    /// In wei for a unit of gas.
    pub(crate) gas_price: u64,
    pub(crate) gas_limit: u64,
    /// Nobody: the data makes a new contract.
    pub(crate) to: Option<Address>,
    pub(crate) value: U256,
    pub(crate) data: Bytes,
}

/// The order of a legacy transaction's fields (yellow paper, 4.2). Before it is signed, the chain's
/// number and two zeros stand where the signature comes (EIP-155).
#[derive(RlpEncodable)]
struct Fields {
    nonce: u64,
    gas_price: u64,
    gas_limit: u64,
    to: Bytes,
    value: U256,
    data: Bytes,
    v: U256,
    r: U256,
    s: U256,
}

impl Transaction {
    /// The signed bytes and their hash.
    pub(crate) fn sign(&self, account: &Account) -> (Vec<u8>, Hash) {
        let hash = keccak256(self.encode(U256::from(self.chain_id), U256::ZERO, U256::ZERO));
        let (r, s, odd) = account.sign(&hash);
        // EIP-155: v = recovery + 2 · chain + 35.
        let v = U256::from(self.chain_id) * U256::from(2) + U256::from(35 + u64::from(odd));
        let signed = self.encode(v, U256::from_be_bytes(r), U256::from_be_bytes(s));
        let hash = keccak256(&signed).into();
        (signed, hash)
    }

    fn encode(&self, v: U256, r: U256, s: U256) -> Vec<u8> {
        let to = self.to.map(|address| Bytes::copy_from_slice(&address[..]));
        let fields = Fields {
            nonce: self.nonce,
            gas_price: self.gas_price,
            gas_limit: self.gas_limit,
            to: to.unwrap_or_default(),
            value: self.value,
            data: self.data.clone(),
            v,
            r,
            s,
        };
        let mut bytes = Vec::new();
        fields.encode(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;

    use super::*;

    /// The worked example of EIP-155.
    #[test]
    fn the_example_of_eip_155_holds() {
        let transaction = Transaction {
            chain_id: 1,
            nonce: 9,
            gas_price: 20_000_000_000,
            gas_limit: 21_000,
            to: Some(Address::repeat_byte(0x35)),
            value: U256::from(1_000_000_000_000_000_000_u64),
            data: Bytes::new(),
        };
        let unsigned = transaction.encode(U256::from(1), U256::ZERO, U256::ZERO);
        assert_eq!(
            hex::encode(&unsigned),
            "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080"
        );
        assert_eq!(
            hex::encode(keccak256(&unsigned)),
            "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
        );
        let account = Account::from_secret(&[0x46; 32]).unwrap();
        let (signed, _) = transaction.sign(&account);
        assert_eq!(
            hex::encode(signed),
            "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a0\
             28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b\
             3800ccf555c9f3dc64214b297fb1966a3b6d83"
                .replace(' ', "")
        );
    }

    #[test]
    fn a_new_contract_has_no_receiver() {
        let transaction = Transaction {
            chain_id: 1337,
            nonce: 0,
            gas_price: 0,
            gas_limit: 1,
            to: None,
            value: U256::ZERO,
            data: Bytes::from_static(&[1, 2]),
        };
        // Length; nonce 0, price 0, limit 1, no receiver, no value, data, chain, 0, 0.
        let encoded = transaction.encode(U256::from(1337), U256::ZERO, U256::ZERO);
        assert_eq!(hex::encode(encoded), "cd80800180808201028205398080");
    }
}
