//! What a lying endpoint says. Each lie has the form of a right answer; now and then it says the
//! truth, so that it cannot be told by one question.

use alloy_primitives::{B256, hex, keccak256};
use alloy_sol_types::SolCall;
use attestation_contracts::bindings::anchor::Anchor::{anchorOfCall, headCall};
use serde_json::{Value, json};

use crate::random::Random;

/// One answer in so many is true.
const TRUE_ONE_IN: u64 = 4;

/// The lie for a request; none if this one is answered truly.
pub fn lie(request: &Value, random: &mut Random) -> Option<Value> {
    if random.below(TRUE_ONE_IN) == 0 {
        return None;
    }
    let result = match request["method"].as_str()? {
        "eth_blockNumber" => json!(quantity(random.below(2) * 1_000_000)),
        "eth_getTransactionCount" => json!(quantity(random.below(100))),
        "eth_gasPrice" => json!(quantity(random.below(u64::MAX))),
        // Swallowed: it says that it took the transaction and tells nobody.
        "eth_sendRawTransaction" => json!(transaction_hash(&request["params"][0])?),
        "eth_call" => contract_lie(&request["params"][0], random)?,
        "eth_getTransactionReceipt" | "eth_getTransactionByHash" => Value::Null,
        _ => return None,
    };
    Some(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }))
}

/// "It is anchored already", "you are far behind", "there is nothing".
fn contract_lie(call: &Value, random: &mut Random) -> Option<Value> {
    let data = hex::decode(call["data"].as_str()?).ok()?;
    let size = random.below(2) * random.below(1000);
    let words = match data.first_chunk::<4>()? {
        selector if *selector == anchorOfCall::SELECTOR => {
            vec![word(size), word(1), word(1), word(1)]
        }
        selector if *selector == headCall::SELECTOR => {
            vec![keccak256(word(size)), word(size), word(1)]
        }
        _ => return None,
    };
    Some(json!(hex::encode_prefixed(words.concat())))
}

fn transaction_hash(raw: &Value) -> Option<String> {
    Some(keccak256(hex::decode(raw.as_str()?).ok()?).to_string())
}

fn word(number: u64) -> B256 {
    B256::left_padding_from(&number.to_be_bytes())
}

fn quantity(number: u64) -> String {
    format!("{number:#x}")
}
