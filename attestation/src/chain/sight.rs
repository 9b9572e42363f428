//! What one endpoint says about the kiosk and its heads, asked in an order that makes it safe: the
//! block number before the head (so a head is never deeper than it seems), the sender's count
//! before the head too (so that "the count is used up and the head is not there" is not a matter
//! of one block coming in between).

use super::abi::{ChainAnchor, Listed};
use super::contracts::Contracts;
use super::endpoint::{Endpoint, RpcError};
use crate::ledger::Anchor;
use crate::merkle::Hash;
use alloy_primitives::Address;

/// What one endpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Its newest block.
    pub(crate) block: u64,
    /// How many of the sender's transactions are in blocks.
    pub(crate) nonce: u64,
    /// The newest head of the kiosk; size 0 if there is none.
    pub(crate) root: Hash,
    /// When that was anchored.
    pub(crate) anchor: ChainAnchor,
    /// What the registry says of the kiosk.
    pub(crate) listed: Listed,
}

impl Sight {
    pub(crate) fn take(
        endpoint: &Endpoint,
        contracts: &Contracts,
        kiosk: &[u8; 32],
        sender: &Address,
    ) -> Result<Self, RpcError> {
        endpoint.check_chain(contracts.chain_id)?;
        let block = endpoint.block_number()?;
        let nonce = endpoint.nonce(sender)?;
        let listed = endpoint.kiosk(contracts, kiosk)?;
        let head = endpoint.head(contracts, kiosk)?;
        let anchor = match head.size {
            0 => ChainAnchor::default(),
            _ => endpoint.anchor_of(contracts, kiosk, &head.root)?,
        };
        // A node that contradicts itself, or a reorganisation just now: the next look will tell.
        if anchor.size != head.size {
            let what = "the anchor of its own head";
            return Err(RpcError::Malformed { what });
        }
        Ok(Self {
            block,
            nonce,
            root: head.root,
            anchor,
            listed,
        })
    }

    /// The newest head as an anchor; none if there is none.
    pub(crate) fn to_anchor(&self) -> Option<Anchor> {
        let found = &self.anchor;
        (found.size > 0).then_some(Anchor {
            size: found.size,
            sequence: found.sequence,
            block: found.block,
            time: found.time,
        })
    }

    /// Whether the head has so many blocks, its own included.
    pub(crate) fn is_deep(&self, confirmations: u64) -> bool {
        let blocks = self.block.saturating_sub(self.anchor.block);
        self.block >= self.anchor.block && blocks >= confirmations - 1
    }
}
