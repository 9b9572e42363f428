//! A chain as the ledger: any EVM network (Besu, FISCO BCOS, geth …) through two contracts. The
//! chain sees roots and sizes of logs and the kiosks' addresses, nothing about people.
//!
//! ```text
//! Log ──outbox──► EvmLedger ──signed transactions──► endpoints ──► Anchor contract
//!                                                                       │
//! Anchored ◄── find_anchor(&Verified, …) ◄── what most endpoints say ◄──┘
//! ```
//!
//! The kiosk's side is [`EvmLedger`], the operator's [`Operations`], the auditor's [`find_anchor`].
//! Standards: EIP-155 (legacy transactions: every EVM network takes them), Ethereum JSON-RPC,
//! Solidity ABI (`contracts/`).

mod abi;
mod account;
#[cfg(feature = "log")]
mod agree;
mod answer;
mod audit;
mod binding;
mod contracts;
mod endpoint;
mod enrolment;
#[cfg(feature = "log")]
mod evm_ledger;
mod http;
mod look_up;
mod operate;
#[cfg(feature = "log")]
mod settings;
#[cfg(feature = "log")]
mod sight;
mod transaction;

pub use abi::{KioskState, Listed, call_anchor, kiosk_id, parse_returned};
pub use account::{Account, AccountError};
pub use alloy_primitives::Address;
pub use answer::parse_answer;
pub use audit::{AnchorRefusal, Anchored, find_anchor};
pub use binding::{Binding, SenderBinding};
pub use contracts::{Contracts, NotALedger};
pub use endpoint::{Endpoint, RpcError};
pub use enrolment::{EnrolmentError, SenderEnrolment};
#[cfg(feature = "log")]
pub use evm_ledger::EvmLedger;
pub use http::fetch;
pub use look_up::KioskOnChain;
pub use operate::{Further, OperateError, Operations};
#[cfg(feature = "log")]
pub use settings::{Settings, SettingsError};
