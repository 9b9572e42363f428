//! Which function of the panel hangs on which line: what the settings say, checked as far as it
//! can be without a board.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use super::{Output, Switch};

/// Highest GPIO on the Raspberry Pi's 40-pin header, in Broadcom's numbering.
pub const MAX_HEADER_PIN: u8 = 27;

/// Where a line is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A pin of a Raspberry Pi's header, by its BCM number.
    Header(u8),
    /// A line of any GPIO chip, by the name that the board gives it.
    Named(String),
    /// A line of a GPIO chip by its number.
    Chip {
        /// The chip's device file, or its name in /dev.
        chip: PathBuf,
        /// Number of the line on the chip.
        offset: u32,
    },
}

/// The resistor that holds an input while nothing drives it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pull {
    /// To the supply: for switches to ground. A cut wire then reads as high.
    #[default]
    Up,
    /// To ground.
    Down,
    /// None: something always drives the line.
    None,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it is.
    pub place: Place,
    /// Low voltage means "on" (outputs) or "active" (inputs).
    pub active_low: bool,
    /// Inputs only.
    pub pull: Pull,
}

impl Line {
    /// A line whose high voltage means "on", with a pull-up if it is an input.
    #[must_use]
    pub const fn at(place: Place) -> Self {
        Self {
            place,
            active_low: false,
            pull: Pull::Up,
        }
    }
}

/// A light ring on a PWM channel of the kernel (`/sys/class/pwm`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    /// Number of the chip: N of pwmchipN.
    pub chip: u8,
    /// Number of the channel on it.
    pub channel: u8,
    /// The LED driver dims with a longer pulse.
    pub inverted: bool,
}

/// All lines of a panel; what has none is not built in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wiring {
    /// What is driven.
    pub outputs: BTreeMap<Output, Line>,
    /// What is watched.
    pub switches: BTreeMap<Switch, Line>,
    /// The light ring.
    pub ring: Option<Ring>,
}

/// Why lines cannot be wired like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WiringError {
    /// Not on the header.
    #[error("{what} cannot be on pin {pin}: the header has GPIO 0 to {MAX_HEADER_PIN}")]
    OffHeader {
        /// Name of the function.
        what: &'static str,
        /// BCM number.
        pin: u8,
    },
    /// One line for two functions.
    #[error("{what} cannot be on {place}: another function of the panel uses it already")]
    Shared {
        /// Name of the function.
        what: &'static str,
        /// The line.
        place: Place,
    },
    /// A name that no line can have.
    #[error("{what} has an empty line name")]
    Nameless {
        /// Name of the function.
        what: &'static str,
    },
}

impl Wiring {
    /// Whether nothing is built in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty() && self.switches.is_empty() && self.ring.is_none()
    }

    /// Every function with its line.
    pub fn lines(&self) -> impl Iterator<Item = (&'static str, &Line)> {
        let outputs = self
            .outputs
            .iter()
            .map(|(which, line)| (which.name(), line));
        let switches = self
            .switches
            .iter()
            .map(|(which, line)| (which.name(), line));
        outputs.chain(switches)
    }

    /// What is watched, without what is driven.
    pub(super) fn switches_alone(&self) -> Self {
        Self {
            switches: self.switches.clone(),
            ..Self::default()
        }
    }

    /// One thing that is driven, and nothing else.
    pub(super) fn output_alone(&self, output: Output) -> Self {
        let line = self.outputs.get(&output).cloned();
        Self {
            outputs: line.map(|line| (output, line)).into_iter().collect(),
            ..Self::default()
        }
    }

    /// Checks what can be checked on any machine.
    ///
    /// # Errors
    /// The first line that cannot be.
    pub fn check(&self) -> Result<(), WiringError> {
        let mut taken = BTreeSet::new();
        for (what, line) in self.lines() {
            match &line.place {
                Place::Header(pin) if *pin > MAX_HEADER_PIN => {
                    return Err(WiringError::OffHeader { what, pin: *pin });
                }
                Place::Named(name) if name.is_empty() => {
                    return Err(WiringError::Nameless { what });
                }
                _ => {}
            }
            if !taken.insert(&line.place) {
                let place = line.place.clone();
                return Err(WiringError::Shared { what, place });
            }
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(pin) => write!(f, "header pin {pin}"),
            Self::Named(name) => write!(f, "line {name}"),
            Self::Chip { chip, offset } => write!(f, "line {offset} of {}", chip.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lights(lines: &[(Output, Place)]) -> Wiring {
        let line = |(which, place): &(Output, Place)| (*which, Line::at(place.clone()));
        Wiring {
            outputs: lines.iter().map(line).collect(),
            ..Wiring::default()
        }
    }

    #[test]
    fn pins_off_the_header_and_shared_lines_are_refused_on_any_machine() {
        let off = lights(&[(Output::Idle, Place::Header(40))]);
        assert_eq!(
            off.check(),
            Err(WiringError::OffHeader {
                what: "idle",
                pin: 40
            })
        );
        let line = || Place::Named(String::from("LED"));
        let shared = lights(&[(Output::Ok, line()), (Output::Fill, line())]);
        assert_eq!(
            shared.check(),
            Err(WiringError::Shared {
                what: "fill",
                place: line()
            })
        );
        let mut both = lights(&[(Output::Ok, line())]);
        both.switches.insert(Switch::Tamper, Line::at(line()));
        assert!(both.check().is_err(), "not for a light and a switch either");
    }
}
