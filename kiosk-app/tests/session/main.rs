//! The session: what must hold for every sequence of events, and what residents live through
//! (DESIGN, "The session is a value").

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod challenge;
mod given;
mod invariants;
mod numbers;
mod sharing;
mod steps;
mod turns;
mod wallet;
mod world;
