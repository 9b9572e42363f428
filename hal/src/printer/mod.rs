//! The receipt printer: ESC/POS over a serial port or a USB printer port.
//!
//! A [`Slip`] says what is to stand on the paper, [`encode`] makes the printer's bytes of it,
//! [`Reply`] reads what the printer says about itself, and [`PrinterWorker`] drives a printer with
//! both. Encoder and decoder have no input or output of their own.
//!
//! A slip belongs to one person: one that is not begun in time is never printed, and one that was
//! broken off is struck out and cut before anything else is printed.

mod bitmap;
mod encode;
mod line;
mod ports;
mod probe;
mod queue;
mod reply;
mod slip;
mod trouble;
mod typeface;
mod unfinished;
mod worker;
mod wrap;

pub use bitmap::Bitmap;
#[cfg(feature = "sim")]
pub(crate) use bitmap::Code;
pub use encode::{Paper, QrMode, Style, TextMode, encode};
pub use line::PrinterTimings;
pub use ports::{Flow, PrinterPort};
pub use probe::{PrinterProbe, ProbeError, probe};
pub use reply::{Asked, PaperLevel, Reply, ReplyDecoder, Status};
pub use slip::{Align, Piece, Size, Slip};
pub use trouble::Trouble;
pub use typeface::{Typeface, TypefaceError};
pub use worker::{PrinterConfig, PrinterEvent, PrinterWorker, SlipEnd};
