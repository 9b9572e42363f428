//! A light ring on a hardware PWM channel, through the kernel's `/sys/class/pwm`. `rppal` speaks to
//! it on any board, not on a Raspberry Pi alone.

use std::time::Duration;

use rppal::pwm::{Error, Polarity, Pwm};

use super::pattern::FULL;
use super::{PanelError, Ring};

/// 1 kHz: ten whole pulses in every half wave of 50 Hz mains, so that neither people nor the
/// exposures of the camera (some milliseconds) see it flicker.
const PERIOD: Duration = Duration::from_millis(1);

/// The ring, dark at first and when it is dropped.
pub(super) struct PwmRing {
    pwm: Pwm,
    at: Ring,
}

impl PwmRing {
    pub(super) fn open(at: Ring) -> Result<Self, PanelError> {
        let pwm = Pwm::with_pwmchip(at.chip, at.channel).map_err(failed(at, "open"))?;
        let ring = Self { pwm, at };
        ring.prepare().map_err(failed(at, "set up"))?;
        Ok(ring)
    }

    fn prepare(&self) -> Result<(), Error> {
        // The kernel refuses a period shorter than the pulse that an earlier user left.
        self.pwm.set_pulse_width(Duration::ZERO)?;
        self.pwm.set_period(PERIOD)?;
        if self.at.inverted {
            self.pwm.set_polarity(Polarity::Inverse)?;
        }
        self.pwm.enable()
    }

    pub(super) fn glow(&mut self, thousandths: u16) -> Result<(), PanelError> {
        let pulse = PERIOD * u32::from(thousandths.min(FULL)) / u32::from(FULL);
        let set = self.pwm.set_pulse_width(pulse);
        set.map_err(|error| PanelError::Lost {
            what: "ring",
            source: Some(Box::new(error)),
        })
    }

    pub(super) fn describe(&self) -> String {
        format!(
            "ring on channel {} of pwmchip{}",
            self.at.channel, self.at.chip
        )
    }
}

fn failed(at: Ring, doing: &'static str) -> impl FnOnce(Error) -> PanelError {
    move |source| PanelError::Ring {
        doing,
        chip: at.chip,
        channel: at.channel,
        source,
    }
}
