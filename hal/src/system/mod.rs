//! The computer itself, as the kernel tells of it (sysfs, proc(5), adjtimex(2)): temperature,
//! throttling and supply, disk, memory, clock, network. Only readings, with units; what they mean for
//! a kiosk is decided elsewhere. Nothing is sent, and no address is read.
//!
//! [`Machine::look`] takes a few milliseconds and is meant to be called now and then, not often.

mod clock_sync;
mod disk;
mod files;
mod memory;
mod network;
mod temperature;
mod throttling;
mod watchdog;

use std::io;
use std::path::{Path, PathBuf};

pub use clock_sync::ClockSync;
pub use disk::{Disk, Wear};
pub use memory::Memory;
pub use network::{Interface, Network};
pub use temperature::Temperature;
pub use throttling::{Firmware, Throttling};
pub use watchdog::Watchdog;

/// A computer to look at.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
}

/// One look.
#[derive(Debug)]
pub struct Readings {
    /// Its hottest part; none where no sensor can be read.
    pub temperature: Option<Temperature>,
    /// What slows it down.
    pub throttling: Throttling,
    /// The disk below the folder asked for.
    pub disk: io::Result<Disk>,
    /// How worn its soldered flash is; none where there is none.
    pub wear: Option<Wear>,
    /// Memory; none where the kernel does not tell.
    pub memory: Option<Memory>,
    /// How well its clock is known.
    pub clock: ClockSync,
    /// Its network.
    pub network: Network,
}

impl Machine {
    /// The computer this program runs on.
    #[must_use]
    pub fn here() -> Self {
        Self::at("/")
    }

    /// A computer whose sysfs and proc lie below a folder: a recorded one.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Looks at everything; the disk is the one that `folder` is on.
    #[must_use]
    pub fn look(&self, folder: &Path) -> Readings {
        Readings {
            temperature: self.temperature(),
            throttling: self.throttling(),
            disk: disk::look(folder),
            wear: self.wear(),
            memory: self.memory(),
            clock: clock_sync::look(),
            network: self.network(),
        }
    }

    /// The disk that a folder is on.
    ///
    /// # Errors
    /// The folder cannot be looked at.
    pub fn disk(&self, folder: &Path) -> io::Result<Disk> {
        disk::look(folder)
    }

    /// How well the clock is known.
    #[must_use]
    pub fn clock(&self) -> ClockSync {
        clock_sync::look()
    }
}
