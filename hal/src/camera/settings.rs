//! What a camera is asked for when it is opened.

use super::{CameraPlace, Coding};

/// What is asked for; a driver answers with the nearest it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraSettings {
    /// Which camera.
    pub place: CameraPlace,
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Frames per second.
    pub rate: u32,
    /// How pictures are to be coded; without, what costs least at the rate asked for.
    pub coding: Option<Coding>,
    /// Whether left and right are exchanged in each picture.
    pub mirror: bool,
    /// The white of the room.
    pub white_balance: WhiteBalance,
    /// The mains, with which lamps flicker.
    pub mains: Mains,
}

impl CameraSettings {
    /// 640×480 at 30 frames per second from that camera, with its own white balance.
    #[must_use]
    pub fn on(place: CameraPlace) -> Self {
        Self {
            place,
            width: 640,
            height: 480,
            rate: 30,
            coding: None,
            mirror: false,
            white_balance: WhiteBalance::Auto,
            mains: Mains::Hz50,
        }
    }
}

/// Who decides what is white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhiteBalance {
    /// The camera.
    Auto,
    /// Light of this colour temperature.
    Kelvin(u16),
}

/// The frequency of the mains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mains {
    /// 50 Hz.
    Hz50,
    /// 60 Hz.
    Hz60,
}
