//! The appliance: the resident's session and everything around it. [`session`] is the pure heart;
//! [`shell`] performs what it asks for; [`store`] makes decisions durable; [`eyes`] runs the face
//! pipeline; `demo` (a feature) plays residents on simulated devices.

#![forbid(unsafe_code)]

pub mod assemble;
pub mod attendance;
pub mod cameras;
pub mod card_desk;
pub mod card_fields;
mod card_reader;
pub mod clock;
pub mod closed;
pub mod commands;
pub mod config;
pub mod counter;
#[cfg(feature = "demo")]
pub mod demo;
pub mod errors;
pub mod events;
pub mod eyes;
pub mod hall;
pub mod key_scan;
pub mod ledger;
pub mod ledger_command;
pub mod log_commands;
pub mod machine;
pub mod panel_desk;
pub mod pictures;
pub mod printer_desk;
pub mod provision;
pub mod record;
pub mod refused;
pub mod run;
pub mod self_test;
pub mod services;
pub mod session;
pub mod shell;
pub mod slip;
pub mod store;
pub mod supervise;
pub mod voice;
pub mod wallet_codes;
