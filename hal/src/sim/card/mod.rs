//! The simulated card reader: a GA 467 module behind a pseudo-terminal, at the pace of a real
//! wire, with cards that can be placed, removed, and made to fail in chosen ways.
//!
//! The driver cannot tell it from a reader: it opens the same kind of device node and gets the
//! same bytes. What a simulated card does not have is the vendor's photo coding, for which there
//! is no free encoder; its photo is WebP of the same size in pixels and bytes.

mod contents;
mod file;
mod module;
mod photo;
mod port;
mod wire;

pub use contents::SimCard;
pub use file::{CardFile, CardFileError};
pub use module::Fault;
pub use photo::{Crop, PhotoError, encode_photo};
pub(crate) use photo::{cut, open};
pub use port::{CardSimulator, SimulatorOptions};
