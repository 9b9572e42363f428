//! The simulated receipt printer: it understands ESC/POS as an 80 mm or 58 mm printer does, draws
//! each slip that is cut to a PNG, and says how its paper, its cover and its cutter are. Behind a
//! pseudo-terminal, so that a driver cannot tell it from a serial printer.

mod args;
mod commands;
mod machine;
mod mechanics;
mod page;
mod port;
mod realtime;

pub use args::{PrinterArgs, run};
pub use mechanics::PrinterFault;
pub use port::{PrinterSimulator, PrinterSimulatorOptions, SimEvent};
