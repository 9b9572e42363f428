//! `hal-sim camera`: writes frames of a scene as PNG, to look at and to measure networks with.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    relief::{Relief, ReliefError},
    render::{Backdrop, Renderer, Stage},
    scene::Scene,
};
use crate::camera::{CameraError, Frame};

/// Writes frames of the simulated camera as PNG files.
#[derive(clap::Args, Debug)]
pub struct CameraArgs {
    /// The portrait of who stands before the camera (JPEG, PNG or WebP).
    #[arg(long, value_name = "IMAGE")]
    portrait: PathBuf,
    /// The 468 mesh landmarks found in it: one per line, x y z in pixels.
    #[arg(long, value_name = "FILE")]
    landmarks: PathBuf,
    /// What happens before the camera.
    #[arg(long, value_enum, default_value = "live")]
    scene: SceneArg,
    /// What stands behind the person.
    #[arg(long, value_enum, default_value = "hall")]
    backdrop: BackdropArg,
    /// Where the frames go.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// How many frames.
    #[arg(long, default_value_t = 30)]
    frames: u32,
    /// Seconds from the scene's start to the first frame.
    #[arg(long, default_value_t = 0.0)]
    from: f32,
    /// Frames per second of the scene's time.
    #[arg(long, default_value_t = 30.0)]
    rate: f32,
    /// The same seed gives the same frames.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum SceneArg {
    Empty,
    Approach,
    Live,
    Print,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum BackdropArg {
    Portrait,
    Hall,
}

/// Why no frames were written.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The portrait cannot be read.
    #[error("failed to read the portrait {path}")]
    Portrait {
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
    /// A frame could not be rendered.
    #[error("failed to render a frame")]
    Frame(#[from] CameraError),
    /// The rate does not describe time.
    #[error("--from must not be negative and --rate must be above zero")]
    Rate,
    /// A frame cannot be written.
    #[error("failed to write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: image::ImageError,
    },
}

/// Renders the frames and writes them.
///
/// # Errors
/// [`SimError`] for what cannot be read, understood or written.
pub fn run(args: &CameraArgs) -> Result<(), SimError> {
    if !(args.from >= 0.0 && args.rate > 0.0) {
        return Err(SimError::Rate);
    }
    let relief = relief(&args.portrait, &args.landmarks)?;
    let mut renderer = Renderer::new(Stage::new(&relief, args.backdrop.into(), args.seed));
    fs::create_dir_all(&args.out).map_err(|e| SimError::Write {
        path: args.out.clone(),
        source: e.into(),
    })?;
    for number in 0..args.frames {
        let t = Duration::from_secs_f32(args.from + number as f32 / args.rate);
        let frame = renderer.render(args.scene.into(), t)?;
        write(&frame, &args.out.join(format!("{number:04}.png")))?;
    }
    Ok(())
}

fn relief(portrait: &Path, landmarks: &Path) -> Result<Relief, SimError> {
    let image = image::open(portrait)
        .map_err(|source| SimError::Portrait {
            path: portrait.to_owned(),
            source,
        })?
        .to_rgb8();
    let text = fs::read_to_string(landmarks);
    let points = text
        .and_then(|text| parse(&text))
        .map_err(|source| SimError::Landmarks {
            path: landmarks.to_owned(),
            source,
        })?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    Ok(Relief::from_landmarks(
        image.into_raw(),
        width,
        height,
        &points,
    )?)
}

/// One point per line: three numbers, with spaces or commas between.
fn parse(text: &str) -> io::Result<Vec<[f32; 3]>> {
    let wrong =
        |line: &str| io::Error::new(io::ErrorKind::InvalidData, format!("not a point: {line}"));
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let numbers = line.split([' ', ',', '\t']).filter(|word| !word.is_empty());
            let numbers: Result<Vec<f32>, _> = numbers.map(str::parse).collect();
            numbers
                .ok()
                .and_then(|n| n.try_into().ok())
                .ok_or_else(|| wrong(line))
        })
        .collect()
}

fn write(frame: &Frame, path: &Path) -> Result<(), SimError> {
    let rgb: Vec<u8> = frame.data().chunks_exact(4).flat_map(rgb).collect();
    image::save_buffer(
        path,
        &rgb,
        frame.width(),
        frame.height(),
        image::ColorType::Rgb8,
    )
    .map_err(|source| SimError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Two pixels of YUYV, BT.601 limited range.
fn rgb(pair: &[u8]) -> [u8; 6] {
    let [y0, u, y1, v] = [0, 1, 2, 3].map(|i| i32::from(pair[i]));
    let pixel = |y: i32| {
        let (c, d, e) = (298 * (y - 16), u - 128, v - 128);
        [c + 409 * e, c - 100 * d - 208 * e, c + 516 * d]
            .map(|v| ((v + 128) >> 8).clamp(0, 255) as u8)
    };
    let ([r, g, b], [r2, g2, b2]) = (pixel(y0), pixel(y1));
    [r, g, b, r2, g2, b2]
}

impl From<SceneArg> for Scene {
    fn from(arg: SceneArg) -> Self {
        match arg {
            SceneArg::Empty => Self::Empty,
            SceneArg::Approach => Self::Approach,
            SceneArg::Live => Self::Live,
            SceneArg::Print => Self::Print,
        }
    }
}

impl From<BackdropArg> for Backdrop {
    fn from(arg: BackdropArg) -> Self {
        match arg {
            BackdropArg::Portrait => Self::Portrait,
            BackdropArg::Hall => Self::Hall,
        }
    }
}
