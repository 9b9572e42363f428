//! An endpoint: one node's JSON-RPC interface. Only the methods that every EVM network has, in the
//! dialect that all of them take: `data` (never `input`) in `eth_call`, `eth_gasPrice` (never fee
//! history), blocks by "latest".

use std::cell::Cell;
use std::time::Duration;

use alloy_primitives::{Address, hex};
use serde_json::{Value, json};

use super::abi::{self, ChainAnchor, ChainHead, Listed, ListedKey};
use super::answer;
use super::contracts::Contracts;
use super::http::{self, Http};
use crate::merkle::Hash;

/// How long an endpoint may take for an answer.
pub(crate) const TIME_OUT: Duration = Duration::from_secs(10);

/// One node that is asked.
#[derive(Debug)]
pub struct Endpoint {
    http: Http,
    host: String,
    last_id: Cell<u64>,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Whether it did what it should.
    pub(crate) worked: bool,
    /// Its block.
    pub(crate) block: u64,
    /// The contract that it made.
    pub(crate) contract: Option<Address>,
}

/// Why an endpoint did not give what was asked for. The codes are stable.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The address is not one.
    #[error("an endpoint must be an address like http://node.example:8545")]
    NotAUrl,
    /// No connection, or it broke.
    #[error("the endpoint cannot be reached")]
    Unreachable {
        /// What the connection said.
        source: Box<ureq::Error>,
    },
    /// No answer in time.
    #[error("the endpoint did not answer within {} s", TIME_OUT.as_secs())]
    TimedOut,
    /// More than any answer takes.
    #[error("the endpoint answers more than could be right")]
    TooLarge,
    /// Something else than was asked for.
    #[error("the endpoint does not give {what} in the form that it must have")]
    Malformed {
        /// What was asked for.
        what: &'static str,
    },
    /// The node says no.
    #[error("the node refuses: {message} ({code})")]
    Refused {
        /// Its code.
        code: i64,
        /// Its words.
        message: String,
        /// What a contract gave back, where one said no.
        data: Vec<u8>,
    },
    /// Another chain than expected.
    #[error("the endpoint belongs to chain {found}, not {expected}")]
    WrongChain {
        /// The expected number.
        expected: u64,
        /// The number it says.
        found: u64,
    },
}

impl RpcError {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(&self) -> &'static str {
        match self {
            Self::NotAUrl => "rpc_not_a_url",
            Self::Unreachable { .. } => "rpc_unreachable",
            Self::TimedOut => "rpc_timed_out",
            Self::TooLarge => "rpc_too_large",
            Self::Malformed { .. } => "rpc_malformed",
            Self::Refused { .. } => "rpc_refused",
            Self::WrongChain { .. } => "rpc_wrong_chain",
        }
    }
}

impl Endpoint {
    /// The endpoint at an `http` or `https` address. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address is not one.
    pub fn new(url: &str) -> Result<Self, RpcError> {
        Self::with_time_out(url, TIME_OUT)
    }

    /// The same with another limit for each answer.
    ///
    /// # Errors
    /// When the address is not one.
    pub fn with_time_out(url: &str, time_out: Duration) -> Result<Self, RpcError> {
        Ok(Self {
            host: http::host(url).ok_or(RpcError::NotAUrl)?,
            http: Http::new(url, time_out),
            last_id: Cell::new(0),
        })
    }

    /// Where it is, without what may be secret in the address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Refuses an endpoint of another chain: it could be changed at any time, so it is asked
    /// before anything else.
    pub(crate) fn check_chain(&self, expected: u64) -> Result<(), RpcError> {
        let found = self.number("eth_chainId", json!([]), "the chain's number")?;
        if found == expected {
            Ok(())
        } else {
            Err(RpcError::WrongChain { expected, found })
        }
    }

    pub(crate) fn block_number(&self) -> Result<u64, RpcError> {
        self.number("eth_blockNumber", json!([]), "the newest block's number")
    }

    /// How many transactions of a sender are in blocks.
    pub(crate) fn nonce(&self, sender: &Address) -> Result<u64, RpcError> {
        let params = json!([hex::encode_prefixed(sender), "latest"]);
        self.number("eth_getTransactionCount", params, "a sender's count")
    }

    /// In wei for a unit of gas.
    pub(crate) fn gas_price(&self) -> Result<u64, RpcError> {
        self.number("eth_gasPrice", json!([]), "the price of gas")
    }

    pub(crate) fn head(&self, at: &Contracts, kiosk: &[u8; 32]) -> Result<ChainHead, RpcError> {
        abi::read_head(&self.call(&at.anchor, &abi::call_head(kiosk))?)
    }

    pub(crate) fn anchor_of(
        &self,
        at: &Contracts,
        kiosk: &[u8; 32],
        root: &Hash,
    ) -> Result<ChainAnchor, RpcError> {
        abi::read_anchor(&self.call(&at.anchor, &abi::call_anchor_of(kiosk, root))?)
    }

    pub(crate) fn kiosk(&self, at: &Contracts, kiosk: &[u8; 32]) -> Result<Listed, RpcError> {
        abi::read_kiosk(&self.call(&at.registry, &abi::call_kiosk(kiosk))?)
    }

    /// A key that the kiosk has or had; none if it never did.
    pub(crate) fn key_of(
        &self,
        at: &Contracts,
        kiosk: &[u8; 32],
        device: &[u8; 32],
    ) -> Result<Option<ListedKey>, RpcError> {
        abi::read_key(&self.call(&at.registry, &abi::call_key_of(kiosk, device))?)
    }

    /// Hands a signed transaction in.
    pub(crate) fn send(&self, signed: &[u8]) -> Result<(), RpcError> {
        let params = json!([hex::encode_prefixed(signed)]);
        self.ask("eth_sendRawTransaction", params).map(|_| ())
    }

    /// What a transaction would take, in units of gas. The node tries it out, so this also tells
    /// why a contract would refuse.
    pub(crate) fn estimate(
        &self,
        from: &Address,
        to: Option<&Address>,
        data: &[u8],
    ) -> Result<u64, RpcError> {
        let mut call =
            json!({ "from": hex::encode_prefixed(from), "data": hex::encode_prefixed(data) });
        if let Some(to) = to {
            call["to"] = json!(hex::encode_prefixed(to));
        }
        self.number("eth_estimateGas", json!([call]), "what a transaction takes")
    }

    /// What became of a transaction; none while it is in no block.
    pub(crate) fn outcome(&self, hash: &Hash) -> Result<Option<Outcome>, RpcError> {
        let params = json!([hex::encode_prefixed(hash)]);
        let answer = self.ask("eth_getTransactionReceipt", params)?;
        if answer.is_null() {
            return Ok(None);
        }
        let what = "a transaction's receipt";
        let contract = match &answer["contractAddress"] {
            Value::Null => None,
            address => {
                let bytes = answer::bytes(address, what)?;
                let address = Address::try_from(&bytes[..]);
                Some(address.map_err(|_| RpcError::Malformed { what })?)
            }
        };
        Ok(Some(Outcome {
            worked: answer::number(&answer["status"], what)? == 1,
            block: answer::number(&answer["blockNumber"], what)?,
            contract,
        }))
    }

    /// Whether the node has a transaction, in a block or waiting for one. Only for what people are
    /// told: it may lie.
    pub(crate) fn knows(&self, hash: &Hash) -> bool {
        let params = json!([hex::encode_prefixed(hash)]);
        let found = self.ask("eth_getTransactionByHash", params);
        found.is_ok_and(|transaction| transaction.is_object())
    }

    fn call(&self, to: &Address, data: &[u8]) -> Result<Vec<u8>, RpcError> {
        let call = json!({ "to": hex::encode_prefixed(to), "data": hex::encode_prefixed(data) });
        let answer = self.ask("eth_call", json!([call, "latest"]))?;
        answer::bytes(&answer, "what a contract returned")
    }

    fn number(&self, method: &str, params: Value, what: &'static str) -> Result<u64, RpcError> {
        answer::number(&self.ask(method, params)?, what)
    }

    pub(crate) fn ask(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let question = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let body = self.http.post(question.to_string().as_bytes())?;
        answer::parse_answer(&body, id)
    }
}
