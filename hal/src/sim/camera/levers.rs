//! Exposure and gain of the simulated camera, as a USB camera has them: an order shows in the
//! pictures some frames later, and the gain's numbers are no stops.

use std::{collections::VecDeque, io};

use crate::camera::exposure::{Levers, Range, Setting};

/// From an order to the first picture that shows it, frames.
const LATENCY: usize = 3;
/// What the automatic exposes for, in units of 100 µs.
const AUTOMATIC: Setting = Setting {
    exposure: 166,
    gain: 0,
};
const EXPOSURE: Range = Range {
    smallest: 3,
    largest: 2047,
    step: 1,
    default: AUTOMATIC.exposure,
};
const GAIN: Range = Range {
    smallest: 0,
    largest: 255,
    step: 1,
    default: 0,
};
/// What the whole range of gain is worth.
const GAIN_STOPS: f32 = 4.0;

/// The controls of an opened camera.
pub(super) struct SimLevers {
    /// What is on its way to the sensor, one setting for each frame to come.
    pipeline: VecDeque<Setting>,
    set: Setting,
}

impl Default for SimLevers {
    fn default() -> Self {
        Self {
            pipeline: VecDeque::from([AUTOMATIC; LATENCY]),
            set: AUTOMATIC,
        }
    }
}

impl SimLevers {
    /// Takes a frame: the light it gathers beyond what the automatic takes, stops.
    pub(super) fn expose(&mut self) -> f32 {
        self.pipeline.push_back(self.set);
        let Setting { exposure, gain } = self.pipeline.pop_front().unwrap_or(self.set);
        let time = exposure as f32 / AUTOMATIC.exposure as f32;
        time.log2() + GAIN_STOPS * gain as f32 / GAIN.largest as f32
    }
}

impl Levers for SimLevers {
    fn exposure(&self) -> Option<Range> {
        Some(EXPOSURE)
    }

    fn gain(&self) -> Option<Range> {
        Some(GAIN)
    }

    fn now(&mut self) -> Option<Setting> {
        Some(self.set)
    }

    fn hold(&mut self, setting: Setting) -> io::Result<()> {
        self.set = setting;
        Ok(())
    }

    fn release(&mut self) {
        self.set = AUTOMATIC;
    }

    fn compensate_backlight(&mut self, _: bool) {}
}
