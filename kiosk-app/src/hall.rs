//! The hall before the kiosk: while nobody is there, the screen is dimmed and the light is off.

use std::time::Duration;

use hal::clock::monotonic_now;
use hal::panel::{Backlight, PanelWorker, StatusLight};

use crate::attendance::Attendance;

/// Who is there, and what follows from it.
pub struct Hall {
    attendance: Attendance,
    /// None on a screen that cannot be dimmed.
    backlight: Option<Backlight>,
    /// What the status light says while somebody may be there.
    light: StatusLight,
    rests: bool,
}

impl Hall {
    /// A hall in which nobody has been seen yet.
    pub fn new(dim_after: Duration) -> Self {
        Self {
            attendance: Attendance::new(dim_after, monotonic_now()),
            backlight: Backlight::find(),
            light: StatusLight::Off,
            rests: false,
        }
    }

    /// The sensor says whether somebody is there.
    pub fn seen(&mut self, there: bool) {
        self.attendance.seen(there, monotonic_now());
    }

    /// The sensor cannot be asked any more.
    pub fn blind(&mut self) {
        self.attendance.blind();
    }

    /// Somebody touched the screen.
    pub fn touched(&mut self) {
        self.attendance.touched(monotonic_now());
    }

    /// The session wants this light.
    pub fn light(&mut self, light: StatusLight, panel: &PanelWorker) {
        self.light = light;
        if !self.rests {
            panel.show(light);
        }
    }

    /// Dims or brightens, if it is time to; `serving` while the invitation is not what is shown.
    pub fn follow(&mut self, serving: bool, panel: &PanelWorker) {
        if self.attendance.rests(serving, monotonic_now()) == self.rests {
            return;
        }
        self.rests = !self.rests;
        panel.show(if self.rests {
            StatusLight::Off
        } else {
            self.light
        });
        self.dim();
    }

    fn dim(&self) {
        if let Some(backlight) = &self.backlight
            && let Err(error) = backlight.dim(self.rests)
        {
            let backlight = backlight.describe();
            tracing::warn!(%error, backlight, "the screen could not be dimmed or brightened");
        }
    }
}

impl Drop for Hall {
    /// A kiosk that ends leaves its screen bright for whoever comes next.
    fn drop(&mut self) {
        if self.rests {
            self.rests = false;
            self.dim();
        }
    }
}
