//! What makes a document's data trustworthy (ICAO 9303-11, 5.1; 9303-12): the signed document
//! security object, the certificate of who signed it, the state's certification authority that
//! the operator trusts, and its list of revoked certificates.

pub mod certificate;
pub mod cms;
pub mod country;
pub mod crl;
pub mod hash;
mod key;
pub mod passive;
pub mod signature;
pub mod sod;
mod strength;
pub mod trust;

pub use key::PublicKey;
