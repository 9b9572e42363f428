//! A simulated electronic passport or identity card: a chip with Basic Access Control, PACE, chip
//! and active authentication, signed by a country that does not exist, lying on a virtual reader of
//! the real pcscd (ICAO 9303; `vpcd` of the Debian package `vsmartcard-vpcd`).
//!
//! The chip shares with the reader's driver the ciphers, the curves and the coding of data objects
//! and protected messages, which published examples hold; its files, certificates, protocols and
//! machine-readable zone are written apart.

mod access;
mod active;
mod chip;
mod face;
mod fault;
mod file;
mod holder;
mod issue;
mod lds;
mod mrz;
mod pki;
mod portrait;
mod program;
mod simulator;
mod sod;
#[cfg(test)]
mod tests;
mod vpcd;

pub use active::Active;
pub use fault::Fault;
pub use file::{PassportFile, PassportFileError};
pub use holder::{SimPassport, Size};
pub use issue::{IssueError, Protocols, files};
pub use lds::{Ciphers, Pace, PaceCurve};
pub use pki::{DocumentSigner, PkiError, Term, TestCountry};
pub use portrait::encode_portrait;
pub use program::{PassportArgs, run};
pub use simulator::{PassportOptions, PassportSimulator};
pub use vpcd::DEFAULT_PORT;
