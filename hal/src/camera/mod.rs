//! The camera: what a frame is, what a camera must do, and the worker that keeps one running.
//!
//! Frames go from a driver ([`v4l`], or a simulator) through the [`CameraWorker`] into a
//! [`LatestFrame`] slot, from which the consumer takes the newest one. Old frames are dropped,
//! never queued. Pixel buffers come from a [`FramePool`] and go back to it, zeroed, when a frame
//! is dropped: in the steady state nothing is allocated and no picture of a person lingers.

mod delivery;
pub mod exposure;
mod frame;
mod health;
mod latest;
pub(crate) mod light;
mod meter;
mod mirror;
mod mjpeg;
mod pair;
mod place;
mod probe;
mod settings;
pub mod v4l;
mod worker;

use std::io;
use std::time::Duration;

pub use delivery::{Coding, Delivery};
pub use frame::{Frame, FrameLayout, FramePool, PixelBuffer, PixelFormat};
pub use health::{Trouble, Watch};
pub use latest::{LatestFrame, TakeError};
pub use light::{Light, Region};
pub use meter::FacePlace;
pub use pair::{CameraPair, Open, PairedFrames};
pub use place::{CameraPlace, NotAPlace, UsbIdentity};
pub use probe::{Look, probe};
pub use settings::{CameraSettings, Mains, WhiteBalance};
pub use worker::CameraWorker;

use exposure::Levers;

/// A source of frames, owned and driven by one thread.
pub trait Camera: Send {
    /// Waits for the next frame, at most for `timeout`. The first call starts the stream.
    ///
    /// # Errors
    /// [`CameraError::TimedOut`] may be tried again; after any other error the camera is to be
    /// closed and opened anew.
    fn next_frame(&mut self, timeout: Duration) -> Result<Frame, CameraError>;

    /// Model, place and format, for a technician.
    fn describe(&self) -> String;

    /// Frames per second that were asked for.
    fn rate(&self) -> u32 {
        30
    }

    /// Its exposure and gain, if it has any.
    fn levers(&mut self) -> Option<&mut dyn Levers> {
        None
    }
}

/// Why there is no frame.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// There is no such device.
    #[error("no camera at {device}")]
    NotFound {
        /// Path or name of the camera.
        device: String,
    },
    /// The camera was there and is gone: unplugged, or its driver gave up.
    #[error("camera {device} was lost")]
    Lost {
        /// Path or name of the camera.
        device: String,
    },
    /// No frame came in time.
    #[error("camera {device} gave no frame within {waited:?}")]
    TimedOut {
        /// Path or name of the camera.
        device: String,
        /// How long was waited.
        waited: Duration,
    },
    /// Frames come, but always the same picture.
    #[error("the picture of camera {device} is frozen")]
    Frozen {
        /// Model and place of the camera.
        device: String,
    },
    /// Frames come, but without light.
    #[error("the picture of camera {device} is black: its lens is covered or there is no light")]
    Black {
        /// Model and place of the camera.
        device: String,
    },
    /// The device is not a camera, or speaks no format that is understood.
    #[error("camera {device} cannot be used: {reason}")]
    Unsupported {
        /// Path or name of the camera.
        device: String,
        /// What is missing.
        reason: String,
    },
    /// The operating system refused something.
    #[error("failed to {operation} of camera {device}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// Path or name of the camera.
        device: String,
        /// Why it failed.
        source: io::Error,
    },
}
