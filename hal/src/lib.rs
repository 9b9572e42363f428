//! The devices of the kiosk: camera, card reader, panel lights and key store; each with an
//! interface, a Linux driver and, behind the feature `sim`, a simulator that stands beside it.
//!
//! This room knows nothing about faces, sessions or services. Drivers run as supervised workers
//! on threads of their own: they say how they are with a [`DeviceState`], come back by
//! themselves after a loss, and never block whoever uses them.

#![deny(unsafe_code)]

pub mod camera;
pub mod card;
pub mod clock;
pub mod device;
pub mod jpeg;
pub mod key;
pub mod panel;
pub mod printer;
#[cfg(feature = "sim")]
pub mod sim;
pub mod speaker;
pub mod system;
pub mod wlt;
mod worker;

#[cfg(test)]
#[path = "../tests/common/patience.rs"]
mod patience;

pub use device::DeviceState;
