//! The contracts of the EVM ledger for Rust programs: their compiled code ([`Contract`]) and typed
//! calls, events and errors ([`bindings`]).
//!
//! Why: a program that deploys or calls them needs neither node nor compiler. In: nothing; the
//! artefacts are part of this crate. Out: bytes for a transaction. The sources are in `solidity/`.
#![forbid(unsafe_code)]

pub mod bindings;
mod contract;

pub use contract::{ArtifactError, Contract};
