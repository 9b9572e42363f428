//! Lines on a Raspberry Pi's 40-pin header, through `rppal`. All pins are let go (and dark) when
//! the header is dropped.

use std::collections::{BTreeMap, BTreeSet};

use rppal::gpio::{Gpio, InputPin, Level, OutputPin, Trigger};
use rppal::system::DeviceInfo;

use super::{Line, Output, PanelError, Place, Pull, Switch, Waker, Wiring};

/// The lines of a wiring that are on the header.
#[derive(Default)]
pub(super) struct Header {
    board: Option<String>,
    outputs: BTreeMap<Output, Driven>,
    switches: BTreeMap<Switch, Watched>,
}

struct Driven {
    pin: OutputPin,
    active_low: bool,
}

struct Watched {
    pin: InputPin,
    active_low: bool,
}

impl Header {
    pub(super) fn open(wiring: &Wiring, waker: &Waker) -> Result<Self, PanelError> {
        let mut header = Self::default();
        let Some((what, pin)) = first_pin(wiring) else {
            return Ok(header);
        };
        let board = DeviceInfo::new().map_err(|_| PanelError::NoHeader { what, pin })?;
        let gpio = Gpio::new().map_err(|source| refused("open", what, pin, source))?;
        header.board = Some(board.model().to_string());
        for (output, line) in &wiring.outputs {
            if let Place::Header(number) = line.place {
                let driven = drive(&gpio, output.name(), number, line)?;
                header.outputs.insert(*output, driven);
            }
        }
        for (switch, line) in &wiring.switches {
            if let Place::Header(number) = line.place {
                let watched = watch(&gpio, switch.name(), number, line, waker)?;
                header.switches.insert(*switch, watched);
            }
        }
        Ok(header)
    }

    /// Writing to the header's registers cannot fail.
    pub(super) fn set(&mut self, output: Output, on: bool) {
        if let Some(Driven { pin, active_low }) = self.outputs.get_mut(&output) {
            pin.write(if on == *active_low {
                Level::Low
            } else {
                Level::High
            });
        }
    }

    pub(super) fn active(&self) -> BTreeSet<Switch> {
        let active = |watched: &Watched| watched.pin.is_high() != watched.active_low;
        let switches = self.switches.iter();
        switches
            .filter(|(_, watched)| active(watched))
            .map(|(switch, _)| *switch)
            .collect()
    }

    /// None if there is nothing.
    pub(super) fn describe(&self) -> Option<String> {
        let board = self.board.as_ref()?;
        Some(format!("GPIO header of a {board}"))
    }
}

fn first_pin(wiring: &Wiring) -> Option<(&'static str, u8)> {
    wiring.lines().find_map(|(what, line)| match line.place {
        Place::Header(pin) => Some((what, pin)),
        _ => None,
    })
}

fn drive(gpio: &Gpio, what: &'static str, number: u8, line: &Line) -> Result<Driven, PanelError> {
    let pin = gpio
        .get(number)
        .map_err(|source| refused("take", what, number, source))?;
    Ok(Driven {
        pin: if line.active_low {
            pin.into_output_high()
        } else {
            pin.into_output_low()
        },
        active_low: line.active_low,
    })
}

fn watch(
    gpio: &Gpio,
    what: &'static str,
    number: u8,
    line: &Line,
    waker: &Waker,
) -> Result<Watched, PanelError> {
    let pin = gpio
        .get(number)
        .map_err(|source| refused("take", what, number, source))?;
    let mut pin = match line.pull {
        Pull::Up => pin.into_input_pullup(),
        Pull::Down => pin.into_input_pulldown(),
        Pull::None => pin.into_input(),
    };
    let waker = waker.clone();
    pin.set_async_interrupt(Trigger::Both, None, move |_| waker.wake())
        .map_err(|source| refused("watch", what, number, source))?;
    Ok(Watched {
        pin,
        active_low: line.active_low,
    })
}

fn refused(
    doing: &'static str,
    what: &'static str,
    pin: u8,
    source: rppal::gpio::Error,
) -> PanelError {
    PanelError::Header {
        doing,
        what,
        pin,
        source,
    }
}
