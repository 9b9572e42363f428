//! What really happened, read from the node's events and state and from the log's file, without the
//! client's help or its record of what it anchored.

use std::collections::BTreeSet;
use std::error::Error;

use alloy_primitives::{B256, Bytes, hex};
use alloy_sol_types::{SolCall, SolEvent};
use attestation::Log;
use attestation::chain::{Contracts, kiosk_id};
use attestation::ledger::Outbox;
use attestation_contracts::bindings::anchor::Anchor::{Anchored, anchorOfCall, headCall};
use serde_json::{Value, json};

use crate::kiosk::{ORIGIN, sender};
use crate::rpc::{Rpc, number};

/// The sums of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Attestations that residents have receipts for or that the log holds, whichever is more.
    pub submitted: u64,
    /// Attestations under an anchored root that is the log's own.
    pub anchored: u64,
    /// Anchors on the chain.
    pub anchors: u64,
    /// Anchors that should not be: a root twice, a size that does not grow, a gap in the sequence.
    pub duplicated: u64,
    /// Transactions of the kiosk's sender in blocks: more than anchors if some only repeated.
    pub transactions: u64,
    /// What the anchors' transactions were charged, in gas.
    pub gas: u64,
}

impl Outcome {
    /// Attestations without an anchor.
    pub const fn missing(&self) -> u64 {
        self.submitted.saturating_sub(self.anchored)
    }

    /// Whether nothing is missing and nothing twice.
    pub const fn holds(&self) -> bool {
        self.missing() == 0 && self.duplicated == 0 && self.submitted > 0
    }
}

/// Reads the outcome. `receipts` is how many attestations a client showed receipts for.
pub fn read(
    rpc: &Rpc,
    contracts: &Contracts,
    log: &mut Log,
    receipts: u64,
) -> Result<Outcome, Box<dyn Error>> {
    let events = events(rpc, contracts)?;
    let gas = gas(rpc, &events)?;
    let anchors: Vec<Anchored> = events.into_iter().map(|(event, _)| event).collect();
    let ours = newest_of_ours(&anchors, log)?;
    if let Some(newest) = ours {
        agrees(rpc, contracts, newest)?;
    }
    Ok(Outcome {
        submitted: log.size()?.max(receipts),
        anchored: ours.map_or(0, |newest| newest.size),
        anchors: anchors.len() as u64,
        duplicated: out_of_order(&anchors),
        transactions: rpc.number(
            "eth_getTransactionCount",
            json!([sender()?.address().to_string(), "latest"]),
        )?,
        gas,
    })
}

/// The newest anchor, if every one has the root that the log has at that size.
fn newest_of_ours<'a>(
    anchors: &'a [Anchored],
    log: &mut Log,
) -> Result<Option<&'a Anchored>, Box<dyn Error>> {
    for anchor in anchors {
        if log.root_of(anchor.size)? != Some(anchor.root.0) {
            return Ok(None);
        }
    }
    Ok(anchors.last())
}

fn out_of_order(anchors: &[Anchored]) -> u64 {
    let (mut size, mut roots, mut wrong) = (0, BTreeSet::new(), 0);
    for (anchor, sequence) in anchors.iter().zip(1..) {
        let fits = anchor.sequence == sequence && anchor.size > size && roots.insert(anchor.root);
        wrong += u64::from(!fits);
        size = anchor.size;
    }
    wrong
}

/// The contract's state must say what its events say.
fn agrees(rpc: &Rpc, contracts: &Contracts, newest: &Anchored) -> Result<(), Box<dyn Error>> {
    let (kiosk, root) = (newest.kiosk, newest.root);
    let head = call(rpc, contracts, &headCall { kiosk })?;
    let anchor = call(rpc, contracts, &anchorOfCall { kiosk, root })?;
    let expected = (newest.size, newest.sequence);
    if head.root == root
        && (head.size, head.sequence) == expected
        && (anchor.size, anchor.sequence) == expected
    {
        Ok(())
    } else {
        Err("the contract's state is not what its events say".into())
    }
}

fn call<C: SolCall>(
    rpc: &Rpc,
    contracts: &Contracts,
    call: &C,
) -> Result<C::Return, Box<dyn Error>> {
    let data = hex::encode_prefixed(call.abi_encode());
    let request = json!([{ "to": contracts.anchor.to_string(), "data": data }, "latest"]);
    let answer = rpc.ask("eth_call", request)?;
    Ok(C::abi_decode_returns(&bytes(&answer)?)?)
}

/// Every `Anchored` of our kiosk in the order of the chain, with its transaction.
fn events(rpc: &Rpc, contracts: &Contracts) -> Result<Vec<(Anchored, String)>, Box<dyn Error>> {
    let kiosk = hex::encode_prefixed(kiosk_id(ORIGIN));
    let filter = json!([{
        "fromBlock": "0x0",
        "toBlock": "latest",
        "address": contracts.anchor.to_string(),
        "topics": [Anchored::SIGNATURE_HASH.to_string(), kiosk],
    }]);
    let logs = rpc.ask("eth_getLogs", filter)?;
    logs.as_array().into_iter().flatten().map(event).collect()
}

fn event(log: &Value) -> Result<(Anchored, String), Box<dyn Error>> {
    let topics = log["topics"].as_array().into_iter().flatten();
    let topics: Vec<B256> = topics
        .map(|topic| Ok(topic.as_str().unwrap_or_default().parse()?))
        .collect::<Result<_, Box<dyn Error>>>()?;
    let event = Anchored::decode_raw_log(topics, &bytes(&log["data"])?)?;
    Ok((
        event,
        log["transactionHash"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    ))
}

fn gas(rpc: &Rpc, events: &[(Anchored, String)]) -> Result<u64, Box<dyn Error>> {
    let mut sum = 0;
    for (_, transaction) in events {
        let receipt = rpc.ask("eth_getTransactionReceipt", json!([transaction]))?;
        sum += number(&receipt["gasUsed"]).ok_or("a receipt without gas")?;
    }
    Ok(sum)
}

fn bytes(value: &Value) -> Result<Bytes, Box<dyn Error>> {
    Ok(value.as_str().ok_or("not bytes")?.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchored(sequence: u64, size: u64, root: u8) -> Anchored {
        Anchored {
            kiosk: B256::ZERO,
            sequence,
            root: B256::repeat_byte(root),
            size,
        }
    }

    #[test]
    fn each_way_to_be_there_twice_is_counted() {
        assert_eq!(
            out_of_order(&[anchored(1, 4, 1), anchored(2, 8, 2), anchored(3, 9, 3)]),
            0
        );
        assert_eq!(
            out_of_order(&[anchored(1, 4, 1), anchored(2, 8, 1)]),
            1,
            "a root twice"
        );
        assert_eq!(
            out_of_order(&[anchored(1, 4, 1), anchored(2, 4, 2)]),
            1,
            "a size twice"
        );
        assert_eq!(
            out_of_order(&[anchored(1, 4, 1), anchored(3, 8, 2)]),
            1,
            "a gap"
        );
        assert_eq!(
            out_of_order(&[anchored(1, 4, 1), anchored(1, 8, 2)]),
            1,
            "a number twice"
        );
    }

    #[test]
    fn a_run_without_attestations_proves_nothing() {
        assert!(!Outcome::default().holds());
        let short = Outcome {
            submitted: 3,
            anchored: 2,
            ..Outcome::default()
        };
        assert!(!short.holds());
        assert!(
            Outcome {
                anchored: 3,
                ..short
            }
            .holds()
        );
    }
}
