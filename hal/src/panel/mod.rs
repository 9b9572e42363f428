//! The panel around the screen: a status light that tells a resident where to look and an
//! operator how the kiosk is, a light on the face, a buzzer, and three switches: the tamper
//! switch of the case, the service door, and a sensor that sees somebody standing there.
//!
//! [`PanelWorker`] drives it on a thread of its own. Its lines are named in a [`Wiring`]: pins of
//! a Raspberry Pi's header go through `rppal`, lines of any board through the kernel's GPIO
//! character device (`gpiocdev`), a light ring through the kernel's PWM. What is written when is
//! decided without input or output ([`plan`]), so that it can be tested without a board.

mod backlight;
mod board;
mod chardev;
mod error;
mod header;
mod pattern;
pub mod plan;
mod probe;
mod ring;
mod settle;
mod wake;
mod wiring;
mod worker;

use std::fmt;

pub use backlight::Backlight;
pub use board::{Board, open};
pub use error::PanelError;
pub use probe::Probe;
pub use settle::Settle;
pub use wake::Waker;
pub use wiring::{Line, Place, Pull, Ring, Wiring, WiringError};
pub use worker::PanelWorker;

/// What the status light says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StatusLight {
    /// Dark.
    #[default]
    Off,
    /// The kiosk is free.
    Idle,
    /// Look here: the camera is working.
    LookHere,
    /// It worked.
    Ok,
    /// It did not work, or the kiosk is out of service.
    Error,
}

/// What the buzzer tells people who cannot see the screen. None of it says anything about a
/// person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sound {
    /// The card was read and can be taken away: one short tone.
    CardRead,
    /// It worked: two short tones.
    Ok,
    /// It did not work: one long tone.
    Error,
}

/// A line that the kiosk drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Output {
    /// Light: the kiosk is free.
    Idle,
    /// Light: look here.
    LookHere,
    /// Light: it worked.
    Ok,
    /// Light: it did not work.
    Error,
    /// The light on the face.
    Fill,
    /// The buzzer.
    Buzzer,
}

/// A line that the kiosk watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Switch {
    /// Active when the case is open.
    Tamper,
    /// Active when the service door is open.
    ServiceDoor,
    /// Active when somebody stands before the kiosk.
    Presence,
}

impl Output {
    /// All of them, in the order in which a technician sees them tested.
    pub const ALL: [Self; 6] = [
        Self::Idle,
        Self::LookHere,
        Self::Ok,
        Self::Error,
        Self::Fill,
        Self::Buzzer,
    ];

    /// Its name in settings and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::LookHere => "look_here",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Fill => "fill",
            Self::Buzzer => "buzzer",
        }
    }
}

impl Switch {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tamper, Self::ServiceDoor, Self::Presence];

    /// Its name in settings and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tamper => "tamper",
            Self::ServiceDoor => "service_door",
            Self::Presence => "presence",
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
