//! What can go wrong when the screens are opened, and what to do about it.

use std::path::PathBuf;

/// The screens could not be opened or painted.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// There is no display, or the backend for it is not compiled in.
    #[error(
        "failed to open a window with Slint's {backend} backend: is there a display (DISPLAY set, \
         or the device's screen free)?"
    )]
    Open {
        /// The backend that was asked for.
        backend: &'static str,
        /// Slint's own words.
        source: slint::PlatformError,
    },
    /// Slint draws through one platform per thread; another one got there first.
    #[error(
        "Slint already draws through another platform on this thread: open either a window or the \
         headless screen, each on its own thread"
    )]
    PlatformTaken,
    /// The component could not be made.
    #[error("failed to make the screens")]
    Make(#[source] slint::PlatformError),
    /// The event loop ended with an error.
    #[error("the window's event loop failed")]
    Run(#[source] slint::PlatformError),
    /// The font with the simplified Chinese characters is not installed.
    #[error("the font “{family}” is not installed: install the package fonts-noto-cjk")]
    FontMissing {
        /// The name of the font.
        family: String,
    },
    /// A picture of the screen could not be written.
    #[error("failed to write the picture of the screen to {}", path.display())]
    Picture {
        /// Where it should have gone.
        path: PathBuf,
        /// Why it did not.
        source: image::ImageError,
    },
}
