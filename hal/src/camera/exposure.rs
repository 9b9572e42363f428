//! Exposure for the face: before a bright window a camera's own automatic makes the window right
//! and the face black. While a face is seen whose light is wrong, exposure and gain are taken over
//! and brought to where the face is right; without a face the camera has them back.
//!
//! Pure: meterings in, orders out; no clock, no device. A camera without the controls keeps its own
//! automatic, with its backlight compensation switched on if it has one.

use std::io;
use std::time::Duration;

/// Mean luminance that a face is to have: a surface that reflects 18 % of the light, the middle of
/// photographic metering (ISO 2720), in sRGB (IEC 61966-2-1): 255 · (1.055 · 0.18^(1/2.4) − 0.055).
const TARGET: f64 = 118.0;
/// Stops of light per doubling of luminance: the power with which sRGB is approximated.
const GAMMA: f64 = 2.2;
/// A face that is too dark or too bright by less is left alone (86 to 189 of 255): skin reflects
/// from 8 to 45 % of the light, and the face pipeline takes 40 to 220.
const DARK_STOPS: f64 = 1.0;
const BRIGHT_STOPS: f64 = 1.5;
/// Once correcting, it goes on to here. Less than half of the former, so that nothing swings.
const LEAVE_STOPS: f64 = 0.3;
/// Share of the error that one step corrects: cameras do not follow their numbers exactly.
const DAMPING: f64 = 0.7;
/// Largest step.
const STEP_STOPS: f64 = 1.0;
/// From an order to pictures that show it: USB cameras need two to four frames.
const SETTLE: Duration = Duration::from_millis(170);
/// The camera's own automatic has so long to get the face right.
const PATIENCE: Duration = Duration::from_secs(1);
/// Without a face for so long the camera has its automatic back.
const ABSENT: Duration = Duration::from_secs(2);
/// What the whole range of a gain control is taken for; webcams' sensors have 24 to 36 dB. Only the
/// speed of the loop depends on it.
const GAIN_STOPS: f64 = 5.0;
/// Luminance by which the surroundings outshine a face for backlight.
const BACKLIGHT: u8 = 50;
/// Units of V4L2_CID_EXPOSURE_ABSOLUTE in a second.
const EXPOSURE_UNITS: f64 = 10_000.0;

/// The values that a control can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Least.
    pub smallest: i64,
    /// Greatest.
    pub largest: i64,
    /// Between two values.
    pub step: i64,
    /// The maker's.
    pub default: i64,
}

impl Range {
    /// Nothing if there is nothing to choose from.
    #[must_use]
    pub fn new(smallest: i64, largest: i64, step: u64, default: i64) -> Option<Self> {
        let step = i64::try_from(step).ok()?.max(1);
        let choice = smallest < largest && (smallest..=largest).contains(&default);
        choice.then_some(Self {
            smallest,
            largest,
            step,
            default,
        })
    }

    /// The value nearest to a wish.
    #[must_use]
    pub fn nearest(&self, wish: f64) -> i64 {
        let steps = ((wish - self.smallest as f64) / self.step as f64).round() as i64;
        let value = self
            .smallest
            .saturating_add(steps.saturating_mul(self.step));
        value.clamp(self.smallest, self.largest)
    }
}

/// Exposure time in units of 100 µs, and gain in units of the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Exposure time.
    pub exposure: i64,
    /// Gain; zero where there is none.
    pub gain: i64,
}

/// The controls of a camera, as far as it has them.
pub trait Levers {
    /// Exposure time in units of 100 µs; none if it cannot be set by hand.
    fn exposure(&self) -> Option<Range>;
    /// Gain.
    fn gain(&self) -> Option<Range>;
    /// What is in force.
    fn now(&mut self) -> Option<Setting>;
    /// Switches the camera's automatic off and holds these.
    ///
    /// # Errors
    /// What the driver says.
    fn hold(&mut self, setting: Setting) -> io::Result<()>;
    /// Gives exposure and gain back to the camera's automatic.
    fn release(&mut self);
    /// Switches the camera's own compensation of backlight, if it has any.
    fn compensate_backlight(&mut self, on: bool);
}

/// The light in one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metering {
    /// When the frame was taken.
    pub at: Duration,
    /// Mean luminance of the face, if one is seen.
    pub face: Option<u8>,
    /// Mean luminance of all.
    pub whole: u8,
}

/// What is to be done with the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Hold these.
    Hold(Setting),
    /// Back to the camera's automatic.
    Release,
    /// Switch its backlight compensation on.
    CompensateBacklight,
}

/// The loop's memory.
#[derive(Debug)]
pub struct AutoExposure {
    exposure: Option<Range>,
    gain: Option<Range>,
    mode: Mode,
    last_face: Duration,
    wrong_since: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// The camera's automatic.
    Theirs,
    /// Its automatic, with backlight compensation.
    Compensated,
    /// Ours.
    Ours {
        setting: Setting,
        correcting: bool,
        settled: Duration,
    },
}

impl AutoExposure {
    /// For a camera with these controls at this frame rate, which no exposure may lower.
    #[must_use]
    pub fn new(exposure: Option<Range>, gain: Option<Range>, rate: u32) -> Self {
        let longest = (EXPOSURE_UNITS / f64::from(rate.max(1))) as i64;
        let within_a_frame = |range: Range| Range {
            largest: range.largest.min(longest).max(range.smallest),
            ..range
        };
        Self {
            exposure: exposure.map(within_a_frame),
            gain,
            mode: Mode::Theirs,
            last_face: Duration::ZERO,
            wrong_since: None,
        }
    }

    /// Takes the next metering. `now` tells what is in force; it is asked once, when the camera's
    /// automatic is taken over.
    pub fn meter(
        &mut self,
        metering: Metering,
        now: impl FnOnce() -> Option<Setting>,
    ) -> Option<Order> {
        let Some(face) = metering.face else {
            return self.without_face(metering.at);
        };
        self.last_face = metering.at;
        let stops = stops_to_target(face);
        match self.mode {
            Mode::Ours {
                setting,
                correcting,
                settled,
            } => {
                if metering.at < settled {
                    return None;
                }
                let goes_on = correcting && stops.abs() >= LEAVE_STOPS;
                self.correct(setting, stops, goes_on || is_wrong(stops), metering.at)
            }
            Mode::Theirs | Mode::Compensated => {
                if !self.is_wrong_for_long(stops, metering.at) {
                    return None;
                }
                self.take_over(metering, face, stops, now)
            }
        }
    }

    fn without_face(&mut self, at: Duration) -> Option<Order> {
        self.wrong_since = None;
        let gone = at.saturating_sub(self.last_face) >= ABSENT;
        if self.mode == Mode::Theirs || !gone {
            return None;
        }
        self.mode = Mode::Theirs;
        Some(Order::Release)
    }

    fn is_wrong_for_long(&mut self, stops: f64, at: Duration) -> bool {
        if !is_wrong(stops) {
            self.wrong_since = None;
            return false;
        }
        let since = *self.wrong_since.get_or_insert(at);
        at.saturating_sub(since) >= PATIENCE
    }

    fn take_over(
        &mut self,
        metering: Metering,
        face: u8,
        stops: f64,
        now: impl FnOnce() -> Option<Setting>,
    ) -> Option<Order> {
        if self.exposure.is_some() {
            return self.correct(now()?, stops, true, metering.at);
        }
        let backlit = stops > 0.0 && metering.whole.saturating_sub(face) >= BACKLIGHT;
        if self.mode == Mode::Compensated || !backlit {
            return None;
        }
        self.mode = Mode::Compensated;
        Some(Order::CompensateBacklight)
    }

    fn correct(
        &mut self,
        setting: Setting,
        stops: f64,
        wrong: bool,
        at: Duration,
    ) -> Option<Order> {
        let step = (stops * DAMPING).clamp(-STEP_STOPS, STEP_STOPS);
        let next = if wrong {
            self.moved(setting, step)
        } else {
            setting
        };
        let changes = next != setting;
        let settled = if changes { at + SETTLE } else { at };
        self.mode = Mode::Ours {
            setting: next,
            correcting: changes,
            settled,
        };
        changes.then_some(Order::Hold(next))
    }

    /// The setting so many stops brighter: first by time, which costs nothing, then by gain, which
    /// costs noise; darker the other way round.
    fn moved(&self, setting: Setting, stops: f64) -> Setting {
        if stops > 0.0 {
            let (exposure, left) = self.by_exposure(setting.exposure, stops);
            let gain = self.by_gain(setting.gain, left).0;
            Setting { exposure, gain }
        } else {
            let (gain, left) = self.by_gain(setting.gain, stops);
            let exposure = self.by_exposure(setting.exposure, left).0;
            Setting { exposure, gain }
        }
    }

    fn by_exposure(&self, value: i64, stops: f64) -> (i64, f64) {
        let Some(range) = self.exposure else {
            return (value, stops);
        };
        let from = value.clamp(range.smallest.max(1), range.largest.max(1)) as f64;
        let next = range.nearest(from * stops.exp2());
        let done = (next.max(1) as f64 / from).log2();
        (next, rest(stops, done))
    }

    fn by_gain(&self, value: i64, stops: f64) -> (i64, f64) {
        let Some(range) = self.gain else {
            return (value, stops);
        };
        let per_stop = (range.largest - range.smallest) as f64 / GAIN_STOPS;
        let next = range.nearest(value as f64 + stops * per_stop);
        (next, rest(stops, (next - value) as f64 / per_stop))
    }
}

/// What is left of a step; rounding leaves nothing.
fn rest(wanted: f64, done: f64) -> f64 {
    let left = wanted - done;
    if left * wanted > 0.0 && left.abs() > 0.05 {
        left
    } else {
        0.0
    }
}

fn is_wrong(stops_missing: f64) -> bool {
    !(-BRIGHT_STOPS..=DARK_STOPS).contains(&stops_missing)
}

/// How many stops more light a face needs.
fn stops_to_target(face: u8) -> f64 {
    GAMMA * (TARGET / f64::from(face.max(1))).log2()
}

#[cfg(test)]
mod tests;
