//! The arguments of `hal-sim camera`, and why it could not do what they say.

use std::{io, path::PathBuf, str::FromStr, time::Duration};

use clap::ValueEnum;

use super::{
    coding::Coding,
    infrared::Ink,
    relief::ReliefError,
    render::Backdrop,
    scene::{Scene, Script, Side},
    slides::SlidesError,
};
use crate::camera::CameraError;

/// A simulated camera: PNG files, or a live picture into a V4L2 loopback device.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  Thirty frames of a person as PNG files:
    face mesh portrait.jpg > portrait.mesh      # 468 lines: x y z (see face-pipeline)
    hal-sim camera --portrait portrait.jpg --landmarks portrait.mesh --out frames

  A camera at /dev/video9 before which a person stands:
    modprobe v4l2loopback video_nr=9 exclusive_caps=1 card_label=kiosk-camera
    hal-sim camera --portrait portrait.jpg --landmarks portrait.mesh --device /dev/video9

  The same in MJPEG at 15 frames a second; nobody for two seconds, then a visit, then a frozen picture:
    hal-sim camera ... --device /dev/video9 --format mjpeg --fps 15 \\
      --script empty:2,approach:5,live:10,freeze

  Recorded pictures of a folder, or a film (needs ffmpeg), again and again:
    hal-sim camera --pictures frames --device /dev/video9
    hal-sim camera --video visit.mp4 --device /dev/video9

  The same person before a second camera, for infrared light, at /dev/video10 (start both at once):
    hal-sim camera ... --device /dev/video9 & hal-sim camera ... --infrared --device /dev/video10

  Under control: with --device, lines on standard input are what is played from then on (a name
  from --script), or `quit`. It ends when standard input does.
    (sleep 5; echo freeze; sleep 5; echo live; sleep 60) | hal-sim camera ... --device /dev/video9")]
pub struct CameraArgs {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// What happens before the camera: NAME:SECONDS,... and the last one goes on for ever.
    /// Names: empty, approach, live, turn-left, turn-right (to the person's own side, and back),
    /// backlit, print, print-left, print-right, cutout, cutout-left, cutout-right, screen, phone; freeze
    /// (the same picture again), black, stop (no pictures), close (the node is no camera any more).
    #[arg(long, alias = "scene", value_name = "SCRIPT", default_value = "live")]
    pub(super) script: Programme,
    /// What stands behind the person.
    #[arg(long, value_enum, default_value = "hall")]
    pub(super) backdrop: BackdropArg,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// With --out: how many frames.
    #[arg(long, default_value_t = 30)]
    pub(super) frames: u32,
    /// With --out: seconds from the script's start to the first frame.
    #[arg(long, default_value_t = 0.0)]
    pub(super) from: f32,
    /// Frames per second.
    #[arg(long, alias = "rate", default_value_t = 30.0)]
    pub(super) fps: f32,
    /// What a camera for infrared light sees of it; prints show, or vanish as dyes do.
    #[arg(long, value_enum, value_name = "INK", num_args = 0..=1, require_equals = true,
          default_missing_value = "shows", requires = "portrait")]
    pub(super) infrared: Option<Ink>,
    /// With --device: how pictures are coded.
    #[arg(long, value_enum, default_value = "yuyv")]
    pub(super) format: Coding,
    /// The same seed gives the same frames.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
}

/// Where the pictures come from.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = true)]
pub(super) struct SourceArgs {
    /// The portrait of who stands before the camera (JPEG, PNG or WebP).
    #[arg(long, value_name = "IMAGE", requires = "landmarks")]
    pub(super) portrait: Option<PathBuf>,
    /// The 468 mesh landmarks found in it: one per line, x y z in pixels.
    #[arg(long, value_name = "FILE", requires = "portrait")]
    pub(super) landmarks: Option<PathBuf>,
    /// For the scene "phone": the code on its screen, a picture of one pixel per module.
    #[arg(long, value_name = "IMAGE", requires = "portrait")]
    pub(super) code: Option<PathBuf>,
    /// Pictures of a folder in the order of their names, instead of a portrait.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["portrait", "video"])]
    pub(super) pictures: Option<PathBuf>,
    /// A film, instead of a portrait.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["portrait", "pictures"])]
    pub(super) video: Option<PathBuf>,
}

/// Where the pictures go.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct TargetArgs {
    /// A folder, for PNG files.
    #[arg(long, value_name = "FOLDER")]
    pub(super) out: Option<PathBuf>,
    /// A V4L2 output device, such as one of v4l2loopback.
    #[arg(long, value_name = "DEVICE")]
    pub(super) device: Option<PathBuf>,
}

/// What stands behind the person.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum BackdropArg {
    Portrait,
    Hall,
}

/// What can be played: a scene before the camera, or something that is wrong with the camera.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Shot {
    #[default]
    Empty,
    Approach,
    Live,
    TurnLeft,
    TurnRight,
    Backlit,
    Print,
    PrintLeft,
    PrintRight,
    Cutout,
    CutoutLeft,
    CutoutRight,
    Screen,
    Phone,
    Freeze,
    Black,
    Stop,
    Close,
}

impl Shot {
    /// What is before the camera; the camera's own troubles happen before an empty room.
    pub(super) fn scene(self) -> Scene {
        match self {
            Self::Approach => Scene::Approach,
            Self::Live => Scene::Live,
            Self::Backlit => Scene::Backlit,
            Self::TurnLeft => Scene::Turns(Side::Left),
            Self::TurnRight => Scene::Turns(Side::Right),
            Self::Print => Scene::Print,
            Self::PrintLeft => Scene::PrintTurns(Side::Left),
            Self::PrintRight => Scene::PrintTurns(Side::Right),
            Self::Cutout => Scene::Cutout,
            Self::CutoutLeft => Scene::CutoutTurns(Side::Left),
            Self::CutoutRight => Scene::CutoutTurns(Side::Right),
            Self::Screen => Scene::Screen,
            Self::Phone => Scene::Phone,
            Self::Empty | Self::Freeze | Self::Black | Self::Stop | Self::Close => Scene::Empty,
        }
    }
}

/// A script of shots as written on the command line.
#[derive(Clone, Debug)]
pub(super) struct Programme(pub(super) Script<Shot>);

impl FromStr for Programme {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shots = text.split(',').map(shot);
        Ok(Self(Script::new(shots.collect::<Result<Vec<_>, _>>()?)))
    }
}

/// NAME or NAME:SECONDS.
fn shot(text: &str) -> Result<(Shot, Duration), String> {
    let (name, seconds) = text.split_once(':').unwrap_or((text, "0"));
    let shot = Shot::from_str(name.trim(), true)?;
    let seconds = seconds.parse().ok();
    let lasts = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
    Ok((shot, lasts.ok_or_else(|| format!("not a time: {text}"))?))
}

impl From<BackdropArg> for Backdrop {
    fn from(arg: BackdropArg) -> Self {
        match arg {
            BackdropArg::Portrait => Self::Portrait,
            BackdropArg::Hall => Self::Hall,
        }
    }
}

/// Why there are no frames.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A picture cannot be read.
    #[error("failed to read the picture {path}")]
    Picture {
        /// The image.
        path: PathBuf,
        /// Why.
        source: image::ImageError,
    },
    /// The landmarks cannot be read.
    #[error("failed to read the landmarks {path}")]
    Landmarks {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Portrait and landmarks do not make a relief.
    #[error("failed to make a relief of the portrait")]
    Relief(#[from] ReliefError),
    /// The code is not square.
    #[error("the code {path} is not a square of modules")]
    Code {
        /// The image.
        path: PathBuf,
    },
    /// The folder cannot be shown.
    #[error(transparent)]
    Slides(#[from] SlidesError),
    /// The film cannot be played.
    #[error("failed to play {path} through ffmpeg")]
    Video {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A frame could not be rendered.
    #[error("failed to render a frame")]
    Frame(#[from] CameraError),
    /// A frame could not be coded.
    #[error("failed to code a frame")]
    Coding(#[source] image::ImageError),
    /// Nothing to show.
    #[error("give --portrait with --landmarks, --pictures or --video")]
    NoSource,
    /// The rate does not describe time.
    #[error("--from must not be negative and --fps must be between 1 and 240")]
    Rate,
    /// A frame cannot be written.
    #[error("failed to write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: image::ImageError,
    },
    /// The output device does not do what it must.
    #[error("failed to {operation} {path}; is it an output device, such as one of v4l2loopback?")]
    Device {
        /// What was being done.
        operation: &'static str,
        /// The device.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The output device takes other pictures than asked for.
    #[error("{path} does not take {wanted}; it is in use, or bound to another format")]
    Format {
        /// The device.
        path: PathBuf,
        /// Size and format.
        wanted: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_names_with_seconds_and_ends_with_what_stays() {
        let Programme(script) = "empty:2, live:0.5,freeze".parse().unwrap();
        let at = |millis| script.at(Duration::from_millis(millis)).0;
        assert_eq!(at(1999), Shot::Empty);
        assert_eq!(at(2400), Shot::Live);
        assert_eq!(at(99_000), Shot::Freeze);
        assert!("live:-1".parse::<Programme>().is_err());
        assert!("dance".parse::<Programme>().is_err());
    }
}
