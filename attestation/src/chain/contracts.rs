//! Where the contracts are: three values that an operator publishes as `ledger.json`, so that
//! kiosks and auditors need no more than that file.

use alloy_primitives::Address;
use serde_json::{Value, json};

/// More than any such file has, in bytes.
const MAX_BYTES: usize = 4 << 10;

/// Where the contracts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contracts {
    /// The chain's number (EIP-155).
    pub chain_id: u64,
    /// The registry of kiosks.
    pub registry: Address,
    /// The contract that heads are anchored on.
    pub anchor: Address,
}

impl Contracts {
    /// The text of `ledger.json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let text = json!({
            "chain_id": self.chain_id,
            "registry": self.registry.to_string(),
            "anchor": self.anchor.to_string(),
        });
        format!("{text:#}\n")
    }

    /// Reads the text of `ledger.json`.
    ///
    /// # Errors
    /// When it is not such a text.
    pub fn parse(text: &str) -> Result<Self, NotALedger> {
        if text.len() > MAX_BYTES {
            return Err(NotALedger);
        }
        let value: Value = serde_json::from_str(text).map_err(|_| NotALedger)?;
        let address = |member: &str| {
            let text = value[member].as_str().ok_or(NotALedger)?;
            text.parse::<Address>().map_err(|_| NotALedger)
        };
        Ok(Self {
            chain_id: value["chain_id"].as_u64().ok_or(NotALedger)?,
            registry: address("registry")?,
            anchor: address("anchor")?,
        })
    }
}

/// The text does not say where a ledger is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no ledger.json: chain_id, registry and anchor are needed, as the operator wrote it"
)]
pub struct NotALedger;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_is_read_as_it_was_written() {
        let contracts = Contracts {
            chain_id: 1337,
            registry: Address::repeat_byte(0x11),
            anchor: Address::repeat_byte(0x22),
        };
        let text = contracts.to_json();
        assert_eq!(Contracts::parse(&text), Ok(contracts));
        for wrong in [
            "",
            "[]",
            "{}",
            &text.replace("0x22", "0x2"),
            &text.replace("1337", "-1"),
        ] {
            assert_eq!(Contracts::parse(wrong), Err(NotALedger), "{wrong}");
        }
    }
}
