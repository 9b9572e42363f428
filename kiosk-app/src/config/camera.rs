//! `[camera]`: which camera, what it is asked for, and how it is mounted.

use face_pipeline::Rotation;
use hal::camera::{CameraPlace, CameraSettings, Coding, Mains, PixelFormat, WhiteBalance};
use serde::Deserialize;

use super::{FrameRate, MainsHertz, PictureSide};

/// The camera.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Camera {
    /// Path of a V4L2 device, or its USB identity.
    pub device: Place,
    /// Size of its pictures.
    pub width: PictureSide,
    /// Size of its pictures.
    pub height: PictureSide,
    /// Pictures per second.
    pub rate: FrameRate,
    /// How they come over the cable.
    pub format: PictureFormat,
    /// Degrees by which its pictures are turned clockwise to stand upright.
    pub rotation: Rotation,
    /// Whether it looks through a mirror, so that its pictures are the wrong way round.
    pub mirror: bool,
    /// What is white.
    pub white_balance: White,
    /// The mains that lamps flicker with.
    pub mains: MainsHertz,
    /// A second camera, for infrared light.
    pub infrared: Option<Infrared>,
}

/// A camera for infrared light beside the other one.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Infrared {
    /// Path of a V4L2 device, or its USB identity.
    pub device: Place,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            device: Place(CameraPlace::Path("/dev/video0".into())),
            width: PictureSide(640),
            height: PictureSide(480),
            rate: FrameRate(30),
            format: PictureFormat::Auto,
            rotation: Rotation::None,
            mirror: false,
            white_balance: White(WhiteBalance::Auto),
            mains: MainsHertz(50),
            infrared: None,
        }
    }
}

impl Camera {
    /// What the driver is asked for.
    #[must_use]
    pub fn settings(&self) -> CameraSettings {
        CameraSettings {
            place: self.device.0.clone(),
            width: self.width.get(),
            height: self.height.get(),
            rate: self.rate.get(),
            coding: self.format.coding(),
            mirror: self.mirror,
            white_balance: self.white_balance.0,
            mains: match self.mains.get() {
                60 => Mains::Hz60,
                _ => Mains::Hz50,
            },
        }
    }

    /// The same for the infrared camera, if there is one.
    #[must_use]
    pub fn infrared_settings(&self) -> Option<CameraSettings> {
        let infrared = self.infrared.as_ref()?;
        Some(CameraSettings {
            place: infrared.device.0.clone(),
            coding: None,
            ..self.settings()
        })
    }

    /// By how many quarters its pictures are turned clockwise.
    #[must_use]
    pub fn quarters(&self) -> u8 {
        match self.rotation {
            Rotation::None => 0,
            Rotation::Quarter => 1,
            Rotation::Half => 2,
            Rotation::ThreeQuarters => 3,
        }
    }
}

/// Which camera.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Place(pub CameraPlace);

impl TryFrom<String> for Place {
    type Error = hal::camera::NotAPlace;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// How pictures come over the cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PictureFormat {
    /// What costs least at the size and rate asked for.
    Auto,
    /// Uncompressed, pixel after pixel.
    Yuyv,
    /// Uncompressed, in planes.
    Nv12,
    /// Compressed.
    Mjpeg,
    /// Without colours.
    Grey,
}

impl PictureFormat {
    fn coding(self) -> Option<Coding> {
        match self {
            Self::Auto => None,
            Self::Yuyv => Some(Coding::Raw(PixelFormat::Yuyv)),
            Self::Nv12 => Some(Coding::Raw(PixelFormat::Nv12)),
            Self::Grey => Some(Coding::Raw(PixelFormat::Grey8)),
            Self::Mjpeg => Some(Coding::Mjpeg),
        }
    }
}

/// What is white: "auto", or the colour temperature of the room's light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Balance")]
pub struct White(pub WhiteBalance);

#[derive(Deserialize)]
#[serde(untagged)]
enum Balance {
    Kelvin(i64),
    Word(String),
}

impl TryFrom<Balance> for White {
    type Error = String;

    fn try_from(balance: Balance) -> Result<Self, String> {
        let wrong = || String::from("give \"auto\", or 2000 to 10000 kelvin");
        match balance {
            Balance::Word(word) if word == "auto" => Ok(Self(WhiteBalance::Auto)),
            Balance::Word(_) => Err(wrong()),
            Balance::Kelvin(kelvin) => u16::try_from(kelvin)
                .ok()
                .filter(|kelvin| (2_000..=10_000).contains(kelvin))
                .map(|kelvin| Self(WhiteBalance::Kelvin(kelvin)))
                .ok_or_else(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_chosen_by_usb_identity_and_asked_for_what_the_settings_say() {
        let camera: Camera = toml::from_str(
            "device = 'usb:046d:0825'\nwidth = 1280\nheight = 720\nrate = 25\nformat = 'mjpeg'\n\
             mirror = true\nwhite_balance = 4600\nmains = 60\n[infrared]\ndevice = '/dev/video2'",
        )
        .unwrap();
        let asked = camera.settings();
        assert_eq!(asked.place.to_string(), "usb:046d:0825");
        assert_eq!((asked.width, asked.height, asked.rate), (1280, 720, 25));
        assert_eq!(asked.coding, Some(Coding::Mjpeg));
        assert_eq!(asked.white_balance, WhiteBalance::Kelvin(4600));
        assert_eq!((asked.mirror, asked.mains), (true, Mains::Hz60));
        let infrared = camera.infrared_settings().unwrap();
        assert_eq!(infrared.place.to_string(), "/dev/video2");
        assert_eq!(infrared.coding, None);
    }

    #[test]
    fn what_is_no_camera_and_what_no_camera_can_do_is_refused_in_words() {
        let refused = |text: &str| toml::from_str::<Camera>(text).unwrap_err().to_string();
        assert!(refused("device = 'video0'").contains("usb:046d:0825"));
        assert!(refused("white_balance = 100").contains("kelvin"));
        assert!(refused("white_balance = 'warm'").contains("kelvin"));
        assert!(refused("mains = 55").contains("50 or 60"));
        assert!(refused("rate = 0").contains("5 to 120"));
    }
}
