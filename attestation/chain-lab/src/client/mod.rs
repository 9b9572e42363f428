//! The client under test: the kiosk's real log and ledger, as a child process of the lab that can be
//! killed at any moment.

mod child;
mod parent;

pub use child::{Options, main};
pub use parent::{Client, Spec};

/// The client's clock runs so many times as fast as the machine's, so that patience and re-checks
/// that take minutes in service take seconds here.
pub const HASTE: u32 = 20;
