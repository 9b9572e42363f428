//! GA 467: the protocol of the serial modules ("SAM") that read identity cards, without any
//! input or output of its own. [`Command`]s become bytes, bytes become [`Decoded`] frames, and the
//! contents of a card become a [`CardRecord`](crate::card::CardRecord).

mod baud;
mod command;
mod contents;
mod decoder;
mod frame;
mod layout;
mod sam_number;
mod status;

pub use baud::Baud;
pub use command::Command;
pub use contents::{
    ADDRESS_LEN, TEXT_LEN, parse_contents, parse_newest_address, parse_with_fingerprints,
};
pub use decoder::{Decoded, Decoder};
pub use frame::{MAX_LEN, PREAMBLE, Response, encode};
pub use sam_number::SamNumber;
pub use status::Sw3;
