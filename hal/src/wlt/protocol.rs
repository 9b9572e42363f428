//! What the kiosk and `kiosk-wlt` say to each other: the photo field goes to standard input; from
//! standard output come the decoder's answer (one byte, 0 for a picture) and, after 0, the pixels.
//! Everything has one size, so nothing has to be believed.

use crate::card::PHOTO_FIELD_LEN;

/// Bytes of a photo in WLT coding.
pub const WLT_LEN: usize = PHOTO_FIELD_LEN;
/// Pixels of the picture (GA/T 490).
pub const WIDTH: usize = 102;
/// Pixels of the picture (GA/T 490).
pub const HEIGHT: usize = 126;
/// Bytes of the picture, three for each pixel.
pub const RGB_LEN: usize = WIDTH * HEIGHT * 3;

/// With what exit status `kiosk-wlt` ends when it did not come to decoding. A library can end with
/// the same; it gains nothing by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The sandbox could not be built: nothing was loaded.
    NoSandbox,
    /// The library, or one that it needs, could not be loaded.
    NotLoaded,
    /// The library lacks `kiosk_wlt_decode`.
    NoDecoder,
    /// `kiosk_wlt_init` returned an error.
    InitRefused,
    /// The photo did not come whole, or the picture could not be handed over.
    Pipe,
}

impl End {
    const ALL: [Self; 5] = [
        Self::NoSandbox,
        Self::NotLoaded,
        Self::NoDecoder,
        Self::InitRefused,
        Self::Pipe,
    ];

    /// The exit status; above those that shells and the Rust runtime use.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::NoSandbox => 140,
            Self::NotLoaded => 141,
            Self::NoDecoder => 142,
            Self::InitRefused => 143,
            Self::Pipe => 144,
        }
    }

    /// The end with this exit status.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|end| i32::from(end.code()) == code)
    }
}
