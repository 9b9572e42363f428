//! The resident's screens. A [`View`] comes in and is drawn; what a person does goes out as a
//! [`Touch`]. There is no logic in here: which screen comes next is decided elsewhere.
//!
//! [`Window`] is a real window, on a desktop or on the bare screen of the device; [`Headless`] is
//! the same screens painted into memory, for pictures, tests and machines without a display.
//! Either is driven from other threads through its [`Remote`].

#![deny(unsafe_code)]

#[cfg(test)]
extern crate self as kiosk_ui; // the views in tests/common are written against this name

mod apply;
mod error;
mod font;
mod headless;
mod mirror;
mod qr;
mod remote;
mod slate;
mod software;
#[cfg(test)]
mod tests;
mod touches;
mod view;
#[cfg(any(feature = "desktop", feature = "device"))]
mod window;

pub use error::UiError;
pub use headless::Headless;
pub use remote::Remote;
pub use view::{
    CapturePrompt, CardField, CardPrompt, ChallengePrompt, ChallengeTask, Confidential,
    ConsentNotice, Decided, Ending, FieldChoice, Guidance, Language, NumbersField, NumbersTrouble,
    NumbersView, Outage, Preview, PrintView, ReceiptView, ScanHint, Screen, ServiceChoice, Touch,
    View, WalletCodes, WalletTrouble, WalletView,
};
#[cfg(any(feature = "desktop", feature = "device"))]
pub use window::{Options, Window};

/// Width and height in pixels of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Size {
    /// A full-HD screen standing on end, for which the screens are drawn.
    pub const PORTRAIT: Self = Self {
        width: 1080,
        height: 1920,
    };
}

/// What the Slint compiler makes of `screens/`.
#[allow(missing_docs, unused_qualifications, clippy::all)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo)]
mod slint_screens {
    slint::include_modules!();
}
