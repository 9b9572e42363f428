//! What the contracts must do, on revm in this process: who may call what, in which order, what a
//! repeat does, what a lost role or a suspension takes away; and, for any calls by anyone, what can
//! never be.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod anchor;
mod bindings;
mod chain;
mod consents;
mod invariants;
mod policies;
mod registry;
mod status_lists;
mod usage;
