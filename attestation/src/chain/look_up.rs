//! What the chain says about a kiosk, by one endpoint, for people to look at.

use super::abi::{Listed, kiosk_id};
use super::contracts::Contracts;
use super::endpoint::{Endpoint, RpcError};

/// A kiosk on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KioskOnChain {
    /// What the registry says.
    pub listed: Listed,
    /// How many entries its newest anchored head has; 0 if there is none.
    pub size: u64,
    /// How many heads it anchored.
    pub sequence: u64,
    /// The block of the newest one.
    pub block: u64,
    /// That block's time, in seconds since 1970.
    pub time: u64,
    /// The newest block.
    pub newest_block: u64,
}

impl KioskOnChain {
    /// Asks for the kiosk whose checkpoints have this origin.
    ///
    /// # Errors
    /// When the endpoint does not answer, or not as it must.
    pub fn look_up(
        endpoint: &Endpoint,
        contracts: &Contracts,
        origin: &str,
    ) -> Result<Self, RpcError> {
        let kiosk = kiosk_id(origin);
        endpoint.check_chain(contracts.chain_id)?;
        let newest_block = endpoint.block_number()?;
        let listed = endpoint.kiosk(contracts, &kiosk)?;
        let head = endpoint.head(contracts, &kiosk)?;
        let anchor = match head.size {
            0 => super::abi::ChainAnchor::default(),
            _ => endpoint.anchor_of(contracts, &kiosk, &head.root)?,
        };
        Ok(Self {
            listed,
            size: head.size,
            sequence: anchor.sequence,
            block: anchor.block,
            time: anchor.time,
            newest_block,
        })
    }
}
