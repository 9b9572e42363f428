//! The simulated camera: frames that look like a person before a kiosk, made from one portrait.
//!
//! In: a portrait with the landmarks of its surface ([`Relief`]) and a [`Script`] of scenes.
//! Out: 640×480 YUYV frames at thirty per second, through the same [`Camera`] interface as a
//! real device. The person is a relief that turns, sways, breathes and blinks before a still
//! room, with the parallax of a solid head; the printed portrait and the cut-out can only move as
//! planes. All three can be turned to a side and back. Light, focus and noise are a webcam's. Everything is a function of seed and time.
//! A second camera may see the same in infrared light (`infrared.rs`).
//!
//! [`Camera`]: crate::camera::Camera

mod chance;
mod coding;
mod device;
mod dump;
mod feed;
mod field;
mod infrared;
mod levers;
mod lids;
mod matte;
mod options;
mod person;
mod phone;
mod pose;
mod relief;
mod render;
mod room;
mod scene;
mod sensor;
mod sheet;
mod slides;
mod source;
mod surface;
#[cfg(test)]
mod tests;
mod texture;

pub use device::{Clock, RealTime, SimCamera, SimDevice};
pub use infrared::Ink;
pub use options::{CameraArgs, SimError};
pub use phone::Code;
pub use relief::{Head, LANDMARKS, Lid, Relief, ReliefError};
pub use render::{Backdrop, Renderer, Stage};
pub use scene::{Scene, Script, Side};
pub use slides::{SlideCamera, Slides, SlidesError};

/// `hal-sim camera`: frames as files, or into a device.
///
/// # Errors
/// [`SimError`] for what cannot be read, understood or written.
pub fn run(args: &CameraArgs) -> Result<(), SimError> {
    if !(args.from >= 0.0 && (1.0..=240.0).contains(&args.fps)) {
        return Err(SimError::Rate);
    }
    let source = source::Source::open(args)?;
    match (&args.target.out, &args.target.device) {
        (Some(out), _) => dump::frames(args, source, out),
        (None, Some(device)) => feed::play(args, source, device),
        (None, None) => Ok(()), // clap asks for one of them
    }
}

/// Size of the frames, pixels.
const WIDTH: usize = 640;
const HEIGHT: usize = 480;
