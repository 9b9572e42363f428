//! Why a panel cannot be driven, in words for a technician.

use std::io;
use std::path::PathBuf;

use super::WiringError;
use crate::device::DeviceState;

/// Why a configured panel cannot be driven.
#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    /// The lines cannot be wired like this.
    #[error(transparent)]
    Wiring(#[from] WiringError),
    /// Header pins are configured, but there is no header.
    #[error(
        "{what} is set to pin {pin} of a Raspberry Pi's header, but this is no Raspberry Pi: name the line as `gpioinfo` lists it"
    )]
    NoHeader {
        /// Name of the function.
        what: &'static str,
        /// BCM number.
        pin: u8,
    },
    /// The header refuses.
    #[error("failed to {doing} header pin {pin} for {what}")]
    Header {
        /// What was being done.
        doing: &'static str,
        /// Name of the function.
        what: &'static str,
        /// BCM number.
        pin: u8,
        /// Cause.
        source: rppal::gpio::Error,
    },
    /// No chip has a line of this name.
    #[error(
        "no GPIO line is called {name} (wanted for {what}): `gpioinfo` lists the names; the board may be unplugged"
    )]
    NoLine {
        /// Name of the function.
        what: &'static str,
        /// Configured name.
        name: String,
    },
    /// Several lines have this name.
    #[error(
        "several GPIO lines are called {name} (wanted for {what}): give chip and line number instead"
    )]
    Ambiguous {
        /// Name of the function.
        what: &'static str,
        /// Configured name.
        name: String,
    },
    /// The chip is not there.
    #[error("there is no GPIO chip {chip} (wanted for {what}); the board may be unplugged")]
    NoChip {
        /// Name of the function.
        what: &'static str,
        /// Device file.
        chip: PathBuf,
    },
    /// The chip must not be used by this user.
    #[error(
        "{chip} may not be used (wanted for {what}): put the kiosk's user into the group that owns it (often `gpio`)"
    )]
    Denied {
        /// Name of the function.
        what: &'static str,
        /// Device file.
        chip: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// Somebody else has the line.
    #[error(
        "line {offset} of {chip} (wanted for {what}) is in use by {user:?}: end that program or driver, or choose another line"
    )]
    Busy {
        /// Name of the function.
        what: &'static str,
        /// Device file.
        chip: PathBuf,
        /// Number of the line.
        offset: u32,
        /// Who says to use it.
        user: String,
    },
    /// The kernel refuses.
    #[error("failed to {doing} line {offset} of {chip} for {what}")]
    Line {
        /// What was being done.
        doing: &'static str,
        /// Name of the function.
        what: &'static str,
        /// Device file.
        chip: PathBuf,
        /// Number of the line.
        offset: u32,
        /// Cause.
        source: gpiocdev::Error,
    },
    /// A line that worked does not any more: the board is gone.
    #[error("the GPIO line for {what} is gone; the board may be unplugged")]
    Lost {
        /// Name of the function.
        what: &'static str,
        /// Cause, where the system tells one.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The ring's PWM.
    #[error(
        "failed to {doing} channel {channel} of pwmchip{chip} for the light ring: check that /sys/class/pwm/pwmchip{chip} is there and may be written"
    )]
    Ring {
        /// What was being done.
        doing: &'static str,
        /// Number of the chip.
        chip: u8,
        /// Number of the channel.
        channel: u8,
        /// Cause.
        source: rppal::pwm::Error,
    },
    /// The kernel gave no event counter to wait on.
    #[error("failed to wait for the panel's lines")]
    Wait(#[source] io::Error),
}

impl PanelError {
    /// The state to report.
    #[must_use]
    pub fn state(&self) -> DeviceState {
        match self {
            Self::NoHeader { .. }
            | Self::NoLine { .. }
            | Self::NoChip { .. }
            | Self::Lost { .. } => DeviceState::Absent,
            other => DeviceState::Faulted(other.words()),
        }
    }

    /// The error and its causes, in one line.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            words.push_str(&format!(": {error}"));
            cause = error.source();
        }
        words
    }
}
