//! `[panel]`: which light is on which pin.

use serde::Deserialize;

use super::Pin;

/// Lights, by BCM pin number of a Raspberry Pi; a light without a pin is not there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Panel {
    /// The kiosk is free.
    pub idle_pin: Option<Pin>,
    /// It worked.
    pub ok_pin: Option<Pin>,
    /// It did not work.
    pub error_pin: Option<Pin>,
    /// The ring around the camera.
    pub look_here_pin: Option<Pin>,
    /// The face fill light.
    pub fill_pin: Option<Pin>,
}
