//! The panel around the screen: a status light that tells a resident where to look and an
//! operator how the kiosk is, and a light that fills the face. On a Raspberry Pi it is driven
//! through GPIO ([`gpio::GpioPanel`]); where there is none, [`AbsentPanel`] says so and the
//! kiosk works without lights.

pub mod gpio;

use crate::device::DeviceState;

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

/// The lights of one kiosk.
pub trait Panel: Send {
    /// Whether there is a panel; [`DeviceState::Absent`] is no error, a kiosk works without.
    fn state(&self) -> DeviceState;

    /// Shows a status.
    fn show(&mut self, light: StatusLight);

    /// Turns the light on the face on or off.
    fn fill_light(&mut self, on: bool);

    /// What is driven, or why nothing is, for a technician.
    fn describe(&self) -> String;
}

/// A kiosk without a panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsentPanel {
    reason: String,
}

impl AbsentPanel {
    /// A panel that is not there, and why.
    #[must_use]
    pub fn because(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

impl Panel for AbsentPanel {
    fn state(&self) -> DeviceState {
        DeviceState::Absent
    }

    fn show(&mut self, _: StatusLight) {}

    fn fill_light(&mut self, _: bool) {}

    fn describe(&self) -> String {
        format!("no panel: {}", self.reason)
    }
}
