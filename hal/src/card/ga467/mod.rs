//! GA 467: the protocol of the serial modules ("SAM") that read identity cards, without any
//! input or output of its own. [`Command`]s become bytes, bytes become [`Decoded`] frames, and the
//! contents of a card become a [`CardRecord`](crate::card::CardRecord).

mod command;
mod contents;
mod decoder;
mod frame;
mod layout;
mod sam_number;
mod status;

pub use command::Command;
pub use contents::{TEXT_LEN, parse_contents};
pub use decoder::{Decoded, Decoder};
pub use frame::{MAX_LEN, PREAMBLE, Response, encode};
pub use sam_number::SamNumber;
pub use status::Sw3;
