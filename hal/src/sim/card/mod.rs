//! The simulated card reader: a GA 467 module behind a pseudo-terminal or a socket, at the pace of a
//! real wire, with cards that can be placed, removed, and made to fail in chosen ways.
//!
//! The driver cannot tell it from a reader: it opens the same kind of device node and gets the
//! same bytes. What a simulated card does not have is the vendor's photo coding, for which there
//! is no free encoder; its photo is WebP of the same size in pixels and bytes.

mod contents;
mod fault;
mod file;
mod line;
mod module;
mod photo;
mod port;
mod program;
mod uart;
pub(super) mod wire;

pub use contents::SimCard;
pub use fault::{Fault, FaultNumbers};
pub use file::{CardFile, CardFileError};
pub use line::{Address, Line};
pub use photo::{Crop, PhotoError, encode_photo};
pub(crate) use photo::{cut, open};
pub use port::{CardSimulator, SimulatorOptions};
pub use program::{CardArgs, run};
