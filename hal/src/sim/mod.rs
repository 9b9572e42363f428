//! Simulators that stand in for the devices, for demonstrations, tests and integrators. They
//! exist only behind the cargo feature `sim`; a kiosk in service is built without them.

pub mod camera;
pub mod card;
pub mod panel;
pub mod passport;
pub mod pcscd;
mod plug;
mod ports;
pub mod printer;
pub mod scanner;
pub mod tpm;
