//! Are the panel's lights there? They are switched on one after the other; only the technician can
//! see whether they shine.

use std::thread;
use std::time::Duration;

use hal::DeviceState;
use hal::panel::{Panel as Lights, StatusLight, gpio};

use super::Finding;
use crate::assemble::panel_pins;
use crate::config::Panel;
use crate::errors::chain;

/// For how long each light shines: long enough to be seen, short enough for five of them.
const SHINE: Duration = Duration::from_millis(500);

/// Whether any light is set up.
pub fn has_lights(settings: &Panel) -> bool {
    *settings != Panel::default()
}

/// Switches each light on and off.
pub fn switch(settings: &Panel) -> Finding {
    if !has_lights(settings) {
        return Finding::not_there("No lights are set up; a kiosk works without them.");
    }
    let mut lights = match gpio::open(&panel_pins(settings)) {
        Ok(lights) => lights,
        Err(error) => {
            return Finding::warning(
                format!("The lights cannot be used: {}.", chain(&error)),
                "Correct the pins under [panel] in the settings file.",
            );
        }
    };
    if lights.state() == DeviceState::Absent {
        return Finding::warning(
            format!(
                "Lights are set up in the settings, but there is {}.",
                lights.describe()
            ),
            "Take the pins under [panel] out of the settings file, or move the kiosk's software to \
             the computer that the lights are connected to.",
        );
    }
    Finding::passed(format!(
        "{}: switched on one after the other: {}. Look whether each of them shone.",
        lights.describe(),
        shine(lights.as_mut(), settings).join(", ")
    ))
}

fn shine(lights: &mut dyn Lights, settings: &Panel) -> Vec<&'static str> {
    let status = [
        ("free", settings.idle_pin, StatusLight::Idle),
        ("look here", settings.look_here_pin, StatusLight::LookHere),
        ("OK", settings.ok_pin, StatusLight::Ok),
        ("error", settings.error_pin, StatusLight::Error),
    ];
    let mut shone = Vec::new();
    for (name, pin, light) in status {
        if pin.is_some() {
            lights.show(light);
            thread::sleep(SHINE);
            shone.push(name);
        }
    }
    lights.show(StatusLight::Off);
    if settings.fill_pin.is_some() {
        lights.fill_light(true);
        thread::sleep(SHINE);
        lights.fill_light(false);
        shone.push("face light");
    }
    shone
}
