//! Does the camera see something, fast enough and bright enough? Its pictures are measured by
//! `hal` and dropped there.

use std::time::Duration;

use hal::camera::Camera as _;
use hal::camera::v4l::V4lCamera;
use hal::camera::{CameraError, CameraSettings, Look, probe};

use super::Finding;
use crate::errors::chain;

/// Until the first picture: USB cameras need up to two seconds to start.
const PATIENCE: Duration = Duration::from_secs(3);
/// For how long the camera is watched.
const LOOK: Duration = Duration::from_secs(1);

/// Between these a face has enough light and enough texture.
const DARK: u8 = 50;
const BRIGHT: u8 = 215;
/// A picture with less difference than this (of 255) shows nothing.
const BLANK: u8 = 8;
/// Pictures per second below which guidance on the screen lags behind the person.
const SLOW: f64 = 10.0;
/// What the face pipeline was measured with.
const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;

/// Opens the camera and watches it.
pub fn look(camera: &CameraSettings) -> Finding {
    match watched(camera) {
        Ok((look, which)) => judge(&look, &which),
        Err(error) => no_picture(&error),
    }
}

/// The same for infrared light: whether there are pictures, and whether its lamp lights what is there.
pub fn look_for_infrared(camera: &CameraSettings) -> Finding {
    match watched(camera) {
        Ok((look, which)) => judge_infrared(&look, &which),
        Err(error) => {
            let seen = match error {
                CameraError::NotFound { device } => {
                    format!("There is no infrared camera at {device}.")
                }
                other => format!("The infrared camera cannot be used: {}.", chain(&other)),
            };
            Finding::warning(
                seen,
                "Check its cable, or correct `device` under [camera.infrared] in the settings \
                 file. Residents can be served without it.",
            )
        }
    }
}

fn watched(settings: &CameraSettings) -> Result<(Look, String), CameraError> {
    let mut camera = V4lCamera::open_with(settings)?;
    let look = probe(&mut camera, PATIENCE, LOOK)?;
    Ok((look, camera.describe()))
}

fn no_picture(error: &CameraError) -> Finding {
    let (seen, to_do) = match error {
        CameraError::NotFound { device } => (
            format!("There is no camera at {device}."),
            "Check that the camera's cable is plugged in at both ends. If the camera is another \
             one, correct `device` under [camera] in the settings file (`kiosk cameras` lists \
             what is plugged in).",
        ),
        CameraError::Lost { device } => (
            format!("The camera at {device} went away while it was being used."),
            "Its cable or plug is loose or broken: plug it in again, or replace it.",
        ),
        CameraError::TimedOut { device, .. } => (
            format!("The camera at {device} opens but gives no pictures."),
            "Unplug the camera, wait five seconds and plug it in again. If it stays like this, \
             replace it.",
        ),
        CameraError::Unsupported { device, reason } => (
            format!("{device} cannot be used as a camera: {reason}."),
            "Correct `device` under [camera] in the settings file (`kiosk cameras` lists what is \
             plugged in), or use a supported camera.",
        ),
        CameraError::Io { .. } | CameraError::Frozen { .. } | CameraError::Black { .. } => (
            format!("The camera cannot be used: {}.", chain(error)),
            "Check that no other program uses the camera and that the kiosk's user belongs to the \
             group \"video\".",
        ),
    };
    Finding::failed(seen, to_do)
}

fn judge_infrared(look: &Look, which: &str) -> Finding {
    let Look {
        width,
        height,
        rate,
        changes,
        brightest,
        ..
    } = *look;
    let rate = rate.unwrap_or_default();
    let seen = format!(
        "{which}: {width}×{height} at {rate:.0} pictures a second; infrared light {} of 255",
        brightest.mean
    );
    if !changes {
        return Finding::warning(
            format!("The picture is always the same: {seen}."),
            "Unplug the infrared camera, wait five seconds and plug it in again. Residents can be \
             served without it.",
        );
    }
    if brightest.is_black() || brightest.contrast < BLANK {
        return Finding::warning(
            format!("It is too dark in infrared light to see anything: {seen}."),
            "Hold your hand an arm's length before the infrared camera and run this check again. If \
             it stays dark, its lamp is broken, switched off or has no power, or its lens is \
             covered. As long as it is like this, everybody is sent to an officer: have it repaired, \
             or take [camera.infrared] out of the settings file.",
        );
    }
    Finding::passed(format!("{seen}; paired with the other camera's by time."))
}

fn judge(look: &Look, which: &str) -> Finding {
    let Look {
        width,
        height,
        rate,
        light,
        changes,
        ..
    } = *look;
    let rate = rate.unwrap_or_default();
    let seen = format!(
        "{which}: {width}×{height} at {rate:.0} pictures a second; light {} of 255 (good is {DARK} to {BRIGHT})",
        light.mean
    );
    if light.is_black() {
        return Finding::failed(
            format!("The picture is black: {seen}."),
            "Remove the lens cap or whatever covers the camera, and switch on the room's light.",
        );
    }
    if !changes {
        return Finding::failed(
            format!("The picture is frozen, always the same: {seen}."),
            "Unplug the camera, wait five seconds and plug it in again. If it stays like this, \
             replace it.",
        );
    }
    if light.contrast < BLANK {
        return Finding::failed(
            format!("The picture shows nothing, all of it has one brightness: {seen}."),
            "Remove what covers the lens, and clean it.",
        );
    }
    let to_do = if light.mean < DARK {
        "It is too dark for faces: add light in front of the kiosk."
    } else if light.mean > BRIGHT {
        "It is too bright for faces: keep sun and lamps from shining into the camera."
    } else if rate < SLOW {
        "The camera is slow: add light (cameras slow down in the dark), and plug it into a USB \
         port of its own."
    } else if width < WIDTH || height < HEIGHT {
        "The picture is small: faces must come closer. Use a camera with 640×480 or more."
    } else {
        return Finding::passed(format!("{seen}."));
    };
    Finding::warning(format!("{seen}."), to_do)
}

#[cfg(test)]
mod tests {
    use hal::camera::Light;

    use super::*;

    fn seen(mean: u8, contrast: u8, changes: bool, rate: f64) -> &'static str {
        let look = Look {
            width: 640,
            height: 480,
            frames: 30,
            rate: Some(rate),
            light: Light { mean, contrast },
            brightest: Light { mean, contrast },
            changes,
        };
        judge(&look, "camera").code()
    }

    /// With this light in its brightest picture, the last one being dark.
    fn seen_in_infrared(mean: u8, contrast: u8, changes: bool) -> &'static str {
        let look = Look {
            width: 640,
            height: 480,
            frames: 30,
            rate: Some(30.0),
            light: Light {
                mean: 1,
                contrast: 2,
            },
            brightest: Light { mean, contrast },
            changes,
        };
        judge_infrared(&look, "camera").code()
    }

    #[test]
    fn a_lamp_that_flashes_passes_and_a_broken_one_is_found() {
        assert_eq!(seen_in_infrared(60, 90, true), "passed");
        assert_eq!(seen_in_infrared(4, 3, true), "warning", "no light");
        assert_eq!(seen_in_infrared(60, 2, true), "warning", "covered");
        assert_eq!(seen_in_infrared(60, 90, false), "warning", "frozen");
    }

    #[test]
    fn a_bright_moving_picture_passes_and_each_trouble_has_its_verdict() {
        assert_eq!(seen(118, 90, true, 30.0), "passed");
        assert_eq!(seen(2, 1, false, 30.0), "failed", "black");
        assert_eq!(seen(118, 90, false, 30.0), "failed", "frozen");
        assert_eq!(seen(118, 2, true, 30.0), "failed", "covered");
        assert_eq!(seen(30, 40, true, 30.0), "warning", "dark");
        assert_eq!(seen(240, 30, true, 30.0), "warning", "bright");
        assert_eq!(seen(118, 90, true, 5.0), "warning", "slow");
    }
}
