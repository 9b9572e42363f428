//! `[ledger]`: where the log is anchored.

use std::num::NonZeroU64;
use std::time::Duration;

use attestation::chain::{Address, Contracts, Settings};
use serde::Deserialize;

use super::{Batch, Confirmations, Delay};

/// Where the log is anchored, so that the kiosk itself cannot take it back.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "LedgerKeys")]
pub struct Ledger(Option<Settings>);

impl Ledger {
    /// How to anchor on a chain; none if the log is its own ledger.
    pub fn on_chain(&self) -> Option<&Settings> {
        self.0.as_ref()
    }
}

/// The keys as they stand in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LedgerKeys {
    kind: LedgerKind,
    endpoints: Vec<String>,
    chain_id: Option<u64>,
    registry: Option<String>,
    anchor: Option<String>,
    confirmations: Confirmations,
    batch: Batch,
    max_delay: Delay,
}

impl Default for LedgerKeys {
    fn default() -> Self {
        Self {
            kind: LedgerKind::Embedded,
            endpoints: Vec::new(),
            chain_id: None,
            registry: None,
            anchor: None,
            confirmations: Confirmations(3),
            batch: Batch(256),
            max_delay: Delay(600),
        }
    }
}

/// Which ledger.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LedgerKind {
    /// The log alone.
    Embedded,
    /// A contract on an EVM chain.
    Evm,
}

impl TryFrom<LedgerKeys> for Ledger {
    type Error = String;

    fn try_from(keys: LedgerKeys) -> Result<Self, String> {
        if keys.kind == LedgerKind::Embedded {
            return Ok(Self(None));
        }
        let missing = |key| format!("with kind = \"evm\", {key} is needed (see ledger.json)");
        let address = |text: Option<String>, key| {
            let text = text.ok_or_else(|| missing(key))?;
            let parsed = text.parse::<Address>();
            parsed.map_err(|_| format!("{key} is no address (0x and 40 hexadecimal digits)"))
        };
        let contracts = Contracts {
            chain_id: keys.chain_id.ok_or_else(|| missing("chain_id"))?,
            registry: address(keys.registry, "registry")?,
            anchor: address(keys.anchor, "anchor")?,
        };
        if keys.endpoints.is_empty() {
            return Err(missing("endpoints"));
        }
        let mut settings = Settings::new(keys.endpoints, contracts);
        settings.confirmations = at_least_one(keys.confirmations.get());
        settings.batch = at_least_one(keys.batch.get());
        settings.max_delay = Duration::from_secs(keys.max_delay.get().into());
        settings.check().map_err(|error| error.to_string())?;
        Ok(Self(Some(settings)))
    }
}

/// The ranges leave nothing else.
fn at_least_one(number: u64) -> NonZeroU64 {
    NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN)
}
