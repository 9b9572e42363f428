//! A node with the contracts on it and the lab's kiosk enrolled.

use std::error::Error;

use alloy_primitives::{Address, hex};
use attestation::chain::{Contracts, Endpoint, Further, Operations, SenderEnrolment, kiosk_id};

use serde_json::json;

use crate::kiosk::{self, ORIGIN};
use crate::node::{CHAIN_ID, Node};

/// Blocks on top of the contracts before anything happens: no reorganisation of the lab reaches them.
const BLOCKS_ON_TOP: u64 = 16;

/// Deploys the contracts and enrols the kiosk, as an operator would.
pub fn prepare(node: &Node) -> Result<Contracts, Box<dyn Error>> {
    let (endpoint, authority) = (Endpoint::new(&node.url())?, kiosk::authority()?);
    let operations = Operations::new(&endpoint, &authority, CHAIN_ID)?;
    let contracts = operations.deploy()?;
    let sender = kiosk::sender()?.address();
    let enrolment = SenderEnrolment::new(&contracts, ORIGIN, &kiosk::device(), sender);
    operations.enrol(&contracts, &enrolment)?;
    node.mine(BLOCKS_ON_TOP)?;
    Ok(contracts)
}

/// Deploys the contracts that no kiosk needs, and compares what lies on the chain with the artefacts
/// (but for the immutable values, which are zero in an artefact). The contracts that differ.
pub fn deploy_further(
    node: &Node,
    contracts: &Contracts,
) -> Result<Vec<&'static str>, Box<dyn Error>> {
    let (endpoint, authority) = (Endpoint::new(&node.url())?, kiosk::authority()?);
    let operations = Operations::new(&endpoint, &authority, CHAIN_ID)?;
    let mut differ = Vec::new();
    for further in Further::ALL {
        let address = operations.deploy_further(contracts, further)?;
        let code = node
            .rpc()
            .ask("eth_getCode", json!([address.to_string(), "latest"]))?;
        let code = hex::decode(code.as_str().unwrap_or_default())?;
        let artifact = further.contract().deployed_code()?;
        let same = |(here, there): (&u8, &u8)| here == there || *there == 0;
        if code.len() != artifact.len() || !code.iter().zip(&artifact).all(same) {
            differ.push(further.contract().name());
        }
    }
    Ok(differ)
}

/// Suspends the kiosk, or reinstates it.
pub fn set_suspended(node: &Node, contracts: &Contracts, to: bool) -> Result<(), Box<dyn Error>> {
    let (endpoint, authority) = (Endpoint::new(&node.url())?, kiosk::authority()?);
    let operations = Operations::new(&endpoint, &authority, CHAIN_ID)?;
    let id = kiosk_id(ORIGIN);
    if to {
        operations.suspend(contracts, &id)?;
    } else {
        operations.reinstate(contracts, &id)?;
    }
    Ok(())
}

/// The contracts as one word, for a client's command line.
pub fn to_word(contracts: &Contracts) -> String {
    format!(
        "{},{},{}",
        contracts.chain_id, contracts.registry, contracts.anchor
    )
}

/// The contracts from that word.
pub fn from_word(word: &str) -> Result<Contracts, String> {
    let bad = || format!("not CHAIN,REGISTRY,ANCHOR: {word}");
    let parts: Vec<&str> = word.split(',').collect();
    let [chain_id, registry, anchor] = parts[..] else {
        return Err(bad());
    };
    let address = |text: &str| text.parse::<Address>().map_err(|_| bad());
    Ok(Contracts {
        chain_id: chain_id.parse().map_err(|_| bad())?,
        registry: address(registry)?,
        anchor: address(anchor)?,
    })
}
