//! The panel on a Raspberry Pi's header, through `rppal`. Each output is one pin, high for on;
//! which pin is which is configuration. All pins are let go (and dark) when the panel is dropped.

use rppal::gpio::{Gpio, OutputPin};
use rppal::system::DeviceInfo;

use super::{AbsentPanel, Panel, StatusLight};
use crate::device::DeviceState;

/// Highest GPIO on the 40-pin header, in Broadcom's numbering.
const MAX_HEADER_GPIO: u8 = 27;

/// Which output hangs on which GPIO (BCM numbers); an output without a pin is not built in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PanelPins {
    /// The kiosk is free.
    pub idle: Option<u8>,
    /// Look here.
    pub look_here: Option<u8>,
    /// It worked.
    pub ok: Option<u8>,
    /// It did not work.
    pub error: Option<u8>,
    /// The light on the face.
    pub fill: Option<u8>,
}

/// Why a configured panel cannot be driven.
#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    /// The pins cannot be wired like this.
    #[error("panel output {output} cannot use GPIO {gpio}: {reason}")]
    Wiring {
        /// Name of the output.
        output: &'static str,
        /// Configured BCM number.
        gpio: u8,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The GPIO device refused.
    #[error("failed to take GPIO {gpio} for panel output {output}")]
    Pin {
        /// Name of the output.
        output: &'static str,
        /// Configured BCM number.
        gpio: u8,
        /// Why it failed.
        source: rppal::gpio::Error,
    },
    /// There is a Raspberry Pi, but its GPIO cannot be reached.
    #[error("failed to open the GPIO device")]
    Gpio(#[source] rppal::gpio::Error),
}

/// The lights of a kiosk on a Raspberry Pi.
pub struct GpioPanel {
    board: String,
    idle: Option<OutputPin>,
    look_here: Option<OutputPin>,
    ok: Option<OutputPin>,
    error: Option<OutputPin>,
    fill: Option<OutputPin>,
}

/// The panel for these pins: on a Raspberry Pi a [`GpioPanel`], elsewhere an [`AbsentPanel`].
///
/// # Errors
/// [`PanelError`] if the pins are wrong anywhere, or cannot be taken on a Raspberry Pi.
pub fn open(pins: &PanelPins) -> Result<Box<dyn Panel>, PanelError> {
    check(pins)?;
    if *pins == PanelPins::default() {
        return Ok(Box::new(AbsentPanel::because("no pins are configured")));
    }
    match DeviceInfo::new() {
        Ok(board) => Ok(Box::new(GpioPanel::open(board.model().to_string(), pins)?)),
        Err(_) => Ok(Box::new(AbsentPanel::because(
            "this is not a Raspberry Pi, so its GPIO header is not there",
        ))),
    }
}

impl GpioPanel {
    fn open(board: String, pins: &PanelPins) -> Result<Self, PanelError> {
        let gpio = Gpio::new().map_err(PanelError::Gpio)?;
        let take = |output, pin: Option<u8>| take(&gpio, output, pin);
        Ok(Self {
            board,
            idle: take("idle", pins.idle)?,
            look_here: take("look_here", pins.look_here)?,
            ok: take("ok", pins.ok)?,
            error: take("error", pins.error)?,
            fill: take("fill", pins.fill)?,
        })
    }
}

impl Panel for GpioPanel {
    fn state(&self) -> DeviceState {
        DeviceState::Ready
    }

    fn show(&mut self, light: StatusLight) {
        set(&mut self.idle, light == StatusLight::Idle);
        set(&mut self.look_here, light == StatusLight::LookHere);
        set(&mut self.ok, light == StatusLight::Ok);
        set(&mut self.error, light == StatusLight::Error);
    }

    fn fill_light(&mut self, on: bool) {
        set(&mut self.fill, on);
    }

    fn describe(&self) -> String {
        format!("GPIO header of a {}", self.board)
    }
}

fn set(pin: &mut Option<OutputPin>, on: bool) {
    if let Some(pin) = pin {
        pin.write(if on {
            rppal::gpio::Level::High
        } else {
            rppal::gpio::Level::Low
        });
    }
}

fn take(
    gpio: &Gpio,
    output: &'static str,
    pin: Option<u8>,
) -> Result<Option<OutputPin>, PanelError> {
    let Some(number) = pin else { return Ok(None) };
    let pin = gpio.get(number).map_err(|source| PanelError::Pin {
        output,
        gpio: number,
        source,
    })?;
    Ok(Some(pin.into_output_low()))
}

/// Refuses numbers that are not on the header and two outputs on one pin.
fn check(pins: &PanelPins) -> Result<(), PanelError> {
    let outputs = [
        ("idle", pins.idle),
        ("look_here", pins.look_here),
        ("ok", pins.ok),
        ("error", pins.error),
        ("fill", pins.fill),
    ];
    for (i, (output, pin)) in outputs.iter().enumerate() {
        let Some(gpio) = *pin else { continue };
        let wrong = |reason| PanelError::Wiring {
            output,
            gpio,
            reason,
        };
        if gpio > MAX_HEADER_GPIO {
            return Err(wrong("the header has GPIO 0 to 27"));
        }
        if outputs[..i].iter().any(|(_, other)| *other == Some(gpio)) {
            return Err(wrong("another output uses it already"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_off_the_header_and_shared_pins_are_refused_on_any_machine() {
        let off = PanelPins {
            idle: Some(40),
            ..PanelPins::default()
        };
        assert!(matches!(open(&off).err(), Some(PanelError::Wiring { .. })));
        let shared = PanelPins {
            ok: Some(5),
            fill: Some(5),
            ..PanelPins::default()
        };
        assert!(matches!(
            open(&shared).err(),
            Some(PanelError::Wiring { output: "fill", .. })
        ));
    }

    #[test]
    fn without_pins_the_panel_is_absent_and_says_why() {
        let mut panel = open(&PanelPins::default()).unwrap();
        panel.show(StatusLight::Ok);
        assert_eq!(panel.state(), DeviceState::Absent);
        assert_eq!(panel.describe(), "no panel: no pins are configured");
    }
}
