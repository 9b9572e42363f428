//! Where `hal-sim camera` has its pictures from: a rendered scene, the pictures of a folder, or a
//! film through ffmpeg. All of them come out as packed YUYV of 640×480.

use std::{
    fs,
    io::{self, Read},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use super::{
    HEIGHT, WIDTH, coding, infrared,
    options::{CameraArgs, Shot, SimError},
    phone::Code,
    relief::Relief,
    render::{Renderer, Stage},
    slides::Slides,
};
use crate::camera::PixelFormat;

/// Below this luminance a module of a code is dark.
const DARK_MODULE: u8 = 128;

/// What stands or is held before the camera.
pub(super) enum Source {
    Scenes(Box<Renderer>),
    Pictures { yuyv: Vec<Vec<u8>>, next: usize },
    Film(Film),
}

impl Source {
    pub(super) fn open(args: &CameraArgs) -> Result<Self, SimError> {
        let source = &args.source;
        if let Some(folder) = &source.pictures {
            let yuyv = Slides::load(folder)?.scaled(WIDTH as u32, HEIGHT as u32);
            let yuyv = yuyv.iter().map(|rgb| coding::yuyv(rgb)).collect();
            return Ok(Self::Pictures { yuyv, next: 0 });
        }
        if let Some(path) = &source.video {
            return Ok(Self::Film(Film::play(path, args.fps)?));
        }
        let (Some(portrait), Some(landmarks)) = (&source.portrait, &source.landmarks) else {
            return Err(SimError::NoSource);
        };
        let relief = relief(portrait, landmarks)?;
        let code = source.code.as_deref().map(code).transpose()?;
        let (backdrop, seed) = (args.backdrop.into(), args.seed);
        let stage = match args.infrared {
            Some(ink) => Stage::in_infrared(&relief, backdrop, seed, ink),
            None => Stage::with_phone(&relief, backdrop, seed, code.as_ref()),
        };
        Ok(Self::Scenes(Box::new(Renderer::new(stage))))
    }

    /// The next picture into `yuyv`.
    pub(super) fn picture(
        &mut self,
        shot: Shot,
        since_start: Duration,
        yuyv: &mut Vec<u8>,
    ) -> Result<(), SimError> {
        yuyv.resize(2 * WIDTH * HEIGHT, 0);
        match self {
            Self::Scenes(renderer) => {
                let frame = renderer.render(shot.scene(), since_start)?;
                match frame.format() {
                    PixelFormat::Grey8 => infrared::yuyv(frame.data(), yuyv),
                    _ => yuyv.copy_from_slice(frame.data()),
                }
            }
            Self::Pictures { yuyv: all, next } => {
                yuyv.copy_from_slice(&all[*next % all.len()]);
                *next += 1;
            }
            Self::Film(film) => film.read(yuyv)?,
        }
        Ok(())
    }
}

/// A film that ffmpeg decodes for us, again and again.
pub(super) struct Film {
    path: std::path::PathBuf,
    ffmpeg: Child,
    pictures: ChildStdout,
}

impl Film {
    fn play(path: &Path, fps: f32) -> Result<Self, SimError> {
        let failed = |source| SimError::Video {
            path: path.to_owned(),
            source,
        };
        let fit = format!(
            "scale={WIDTH}:{HEIGHT}:force_original_aspect_ratio=decrease,pad={WIDTH}:{HEIGHT}:-1:-1"
        );
        let mut ffmpeg = Command::new("ffmpeg")
            .args(["-nostdin", "-loglevel", "error", "-stream_loop", "-1", "-i"])
            .arg(path)
            .args(["-an", "-vf", &fit, "-r", &fps.to_string()])
            .args(["-pix_fmt", "yuyv422", "-f", "rawvideo", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let pictures = ffmpeg.stdout.take();
        let pictures = pictures.ok_or_else(|| failed(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Self {
            path: path.to_owned(),
            ffmpeg,
            pictures,
        })
    }

    fn read(&mut self, yuyv: &mut [u8]) -> Result<(), SimError> {
        self.pictures
            .read_exact(yuyv)
            .map_err(|source| SimError::Video {
                path: self.path.clone(),
                source,
            })
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        let _ = self.ffmpeg.kill();
        let _ = self.ffmpeg.wait();
    }
}

fn open_picture(path: &Path) -> Result<image::DynamicImage, SimError> {
    image::open(path).map_err(|source| SimError::Picture {
        path: path.to_owned(),
        source,
    })
}

fn relief(portrait: &Path, landmarks: &Path) -> Result<Relief, SimError> {
    let image = open_picture(portrait)?.to_rgb8();
    let text = fs::read_to_string(landmarks);
    let points = text
        .and_then(|text| parse(&text))
        .map_err(|source| SimError::Landmarks {
            path: landmarks.to_owned(),
            source,
        })?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let rgb = image.into_raw();
    Ok(Relief::from_landmarks(rgb, width, height, &points)?)
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

fn code(path: &Path) -> Result<Code, SimError> {
    let modules = open_picture(path)?.to_luma8();
    let dark = modules.as_raw().iter().map(|y| *y < DARK_MODULE).collect();
    Code::new(modules.width() as usize, dark).ok_or_else(|| SimError::Code {
        path: path.to_owned(),
    })
}
