//! The checking of receipts for a web page: the crate `attestation`, without its log, behind a
//! border that a browser can call. JSON goes in and comes out; a picture goes in as grey pixels.
//!
//! The border (WebAssembly, C calling convention; one call at a time, as in every page):
//!
//! 1. `input(length)` gives the address of a buffer of that length, to be filled;
//! 2. `check()`, `describe()`, `join()`, `scan(width)` or `vocabulary()` reads it and gives the
//!    length of its answer;
//! 3. `output()` gives the address of the answer: UTF-8 text, JSON but for `scan`.
//!
//! Addresses hold until the next call.

mod border;
mod check;
mod join;
mod steps;
mod vocabulary;

pub use check::{check, describe};
pub use join::join;
pub use vocabulary::vocabulary;
