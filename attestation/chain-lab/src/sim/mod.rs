//! Endpoints that misbehave, and networks that are gone: real HTTP on loopback in front of a real
//! node. A client cannot tell them from a node but by what they do.

mod lies;
mod proxy;

pub use proxy::{Manner, Proxy};
