//! Electronic travel documents (ICAO 9303): reading the chip of a passport or identity card, and
//! what its data proves. Protocols here are sans-I/O: bytes in, bytes out.

pub mod access;
pub mod active;
pub mod apdu;
pub mod atr;
pub mod bac;
pub mod cipher;
pub mod curve;
#[cfg(test)]
pub(crate) mod hex;
pub mod lds;
mod link;
pub mod mrz;
pub mod oid;
pub mod pace;
pub mod pki;
pub mod procedure;
pub mod random;
mod record;
pub mod secure_messaging;
pub mod tlv;
mod visit;
pub mod worker;

pub use link::{PcscProbe, PcscProbeError, probe};
pub use record::{Authentication, Authenticity, EmrtdRecord};
