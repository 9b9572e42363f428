//! The key store: named secrets of 32 bytes and a number that only grows, kept so that who copies
//! the disk has neither. What the secrets are for is none of this room's business.
//!
//! In: a folder and [`Settings`]. Out: a [`KeyStore`] and its [`Counter`]. Two drivers stand behind
//! them: a TPM 2.0 (`tpm`, cargo feature of the same name), which alone can unseal what lies in the
//! folder, and for machines without one a file encrypted under what is particular to the machine
//! (`file`), which is less: its README says what. [`KeyFile`] is a bare secret in a file, for the
//! way between people and for kiosks older than the key store.

mod container;
mod counter;
mod driver;
mod error;
mod file;
mod guarded;
mod plain;
#[cfg(feature = "sim")]
pub mod power_cut;
mod settings;
mod store;
#[cfg(feature = "tpm")]
mod tpm;

use zeroize::Zeroizing;

pub use counter::Counter;
pub use driver::{Kind, Weakness};
pub use error::{KeyError, TpmTrouble};
pub use plain::KeyFile;
pub use settings::{Choice, DEFAULT_TCTI, Settings};
pub use store::KeyStore;

/// Length of a secret: an Ed25519 seed (RFC 8032, 5.1.5) or a secp256k1 key (SEC 2).
pub const SECRET_LEN: usize = 32;

/// A secret, wiped from memory when dropped.
pub type Secret = Zeroizing<[u8; SECRET_LEN]>;
