//! The controls of a V4L2 camera: what is set once when it is opened (white balance, mains
//! frequency), and exposure and gain for who meters the face. Every control may be missing; a
//! camera that lacks some is used with its own automatics.
//!
//! Identifiers: Linux `include/uapi/linux/v4l2-controls.h`.

use std::io;
use std::mem;

use ::v4l::Device;
use ::v4l::control::{Control, Flags, Value};
use ::v4l::v4l_sys::v4l2_query_ext_ctrl;
use ::v4l::v4l2::{ioctl, vidioc::VIDIOC_QUERY_EXT_CTRL};

use crate::camera::exposure::{Levers, Range, Setting};
use crate::camera::settings::{CameraSettings, Mains, WhiteBalance};

const AUTO_WHITE_BALANCE: u32 = 0x0098_090C;
const AUTO_GAIN: u32 = 0x0098_0912;
const GAIN: u32 = 0x0098_0913;
const MAINS_FREQUENCY: u32 = 0x0098_0918;
const WHITE_BALANCE_KELVIN: u32 = 0x0098_091A;
const BACKLIGHT_COMPENSATION: u32 = 0x0098_091C;
const AUTO_EXPOSURE: u32 = 0x009A_0901;
/// In units of 100 µs.
const EXPOSURE: u32 = 0x009A_0902;
/// Whether the camera may lower its frame rate to expose longer.
const EXPOSURE_MAY_SLOW: u32 = 0x009A_0903;

/// Values of AUTO_EXPOSURE; USB cameras mostly know "manual" and "aperture priority" only.
const EXPOSURE_AUTO: i64 = 0;
const EXPOSURE_MANUAL: i64 = 1;
const EXPOSURE_APERTURE_PRIORITY: i64 = 3;

/// The controls of an opened camera.
pub(super) struct Controls {
    device: Device,
    exposure: Option<Range>,
    gain: Option<Range>,
    backlight: Option<Range>,
    /// What was set last: a driver may answer with what is still to take effect.
    held: Option<Setting>,
}

impl Controls {
    /// Looks what there is, and sets what is set once.
    pub(super) fn new(device: Device, settings: &CameraSettings) -> Self {
        let has_manual = range(&device, AUTO_EXPOSURE).is_some();
        let controls = Self {
            exposure: range(&device, EXPOSURE).filter(|_| has_manual),
            gain: range(&device, GAIN),
            backlight: range(&device, BACKLIGHT_COMPENSATION),
            held: None,
            device,
        };
        controls.set_mains(settings.mains);
        controls.set_white_balance(settings.white_balance);
        // Frames must come at their rate: a slow picture is a blurred face.
        controls.try_set(EXPOSURE_MAY_SLOW, Value::Boolean(false));
        controls.automatic();
        controls
    }

    fn set_mains(&self, mains: Mains) {
        // Menu of V4L2_CID_POWER_LINE_FREQUENCY: 1 is 50 Hz, 2 is 60 Hz.
        let item = match mains {
            Mains::Hz50 => 1,
            Mains::Hz60 => 2,
        };
        self.try_set(MAINS_FREQUENCY, Value::Integer(item));
    }

    fn set_white_balance(&self, balance: WhiteBalance) {
        match balance {
            WhiteBalance::Auto => self.try_set(AUTO_WHITE_BALANCE, Value::Boolean(true)),
            WhiteBalance::Kelvin(kelvin) => {
                self.try_set(AUTO_WHITE_BALANCE, Value::Boolean(false));
                if let Some(range) = range(&self.device, WHITE_BALANCE_KELVIN) {
                    let value = range.nearest(f64::from(kelvin));
                    self.try_set(WHITE_BALANCE_KELVIN, Value::Integer(value));
                }
            }
        }
    }

    fn automatic(&self) {
        // Which of the two a camera has differs; one of them is refused.
        if self
            .set(AUTO_EXPOSURE, Value::Integer(EXPOSURE_APERTURE_PRIORITY))
            .is_err()
        {
            self.try_set(AUTO_EXPOSURE, Value::Integer(EXPOSURE_AUTO));
        }
        self.try_set(AUTO_GAIN, Value::Boolean(true));
    }

    fn number(&self, id: u32) -> Option<i64> {
        match self.device.control(id).ok()?.value {
            Value::Integer(value) => Some(value),
            Value::Boolean(value) => Some(i64::from(value)),
            _ => None,
        }
    }

    fn set(&self, id: u32, value: Value) -> io::Result<()> {
        self.device.set_control(Control { id, value })
    }

    /// Sets what a camera may lack.
    fn try_set(&self, id: u32, value: Value) {
        if let Err(error) = self.set(id, value) {
            tracing::debug!(control = format_args!("{id:#010x}"), %error, "control not set");
        }
    }
}

impl Levers for Controls {
    fn exposure(&self) -> Option<Range> {
        self.exposure
    }

    fn gain(&self) -> Option<Range> {
        self.gain
    }

    fn now(&mut self) -> Option<Setting> {
        let exposure = self.exposure?;
        let read = Setting {
            exposure: self.number(EXPOSURE).unwrap_or(exposure.default),
            gain: self.number(GAIN).unwrap_or_default(),
        };
        Some(self.held.unwrap_or(read))
    }

    fn hold(&mut self, setting: Setting) -> io::Result<()> {
        if self.held.is_none() {
            self.set(AUTO_EXPOSURE, Value::Integer(EXPOSURE_MANUAL))?;
            self.try_set(AUTO_GAIN, Value::Boolean(false));
        }
        self.set(EXPOSURE, Value::Integer(setting.exposure))?;
        if self.gain.is_some() {
            self.try_set(GAIN, Value::Integer(setting.gain));
        }
        self.held = Some(setting);
        Ok(())
    }

    fn release(&mut self) {
        if self.held.take().is_some() {
            self.automatic();
        }
    }

    fn compensate_backlight(&mut self, on: bool) {
        if let Some(range) = self.backlight {
            let value = if on { range.largest } else { range.default };
            self.try_set(BACKLIGHT_COMPENSATION, Value::Integer(value));
        }
    }
}

/// The range of one control that can be set; nothing if the camera has no such control.
///
/// The crate's own listing panics on control types that are newer than it, and asks for all.
#[allow(unsafe_code)]
fn range(device: &Device, id: u32) -> Option<Range> {
    // SAFETY: all fields are integers or arrays of integers, for which zero is a value.
    let mut query: v4l2_query_ext_ctrl = unsafe { mem::zeroed() };
    query.id = id;
    // SAFETY: the descriptor is open as long as `device` lives, and the kernel writes one
    // v4l2_query_ext_ctrl, to which the pointer leads.
    unsafe {
        ioctl(
            device.handle().fd(),
            VIDIOC_QUERY_EXT_CTRL,
            (&raw mut query).cast(),
        )
    }
    .ok()?;
    let flags = Flags::from(query.flags);
    if flags.intersects(Flags::DISABLED | Flags::READ_ONLY) {
        return None;
    }
    Range::new(
        query.minimum,
        query.maximum,
        query.step,
        query.default_value,
    )
}
