//! Presentation attacks made from images of people, for what no collection at hand holds: pictures
//! that move without depth, and screens. They are synthetic, and figures over them are called so.
//!
//! In: a folder of PERSON/IMAGE files. Out: PERSON/IMAGE-KIND_n.png, a few frames of each. The same
//! seed gives the same files.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use image::{Rgb, RgbImage};

use crate::output::line;
use crate::photo::{self, Photo};
use crate::progress;

type Failure = Box<dyn std::error::Error>;

/// What is held before the camera, or fed into its cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Attack {
    /// One still picture that fills the frame and is moved and tilted as a plane, with fresh noise.
    MovedStill,
    /// The same picture on a screen: its pixels, its light, its frame, and the moiré of both grids.
    Screen,
}

/// How long a picture takes there and back, seconds.
const PERIOD: [f32; 2] = [2.0, 4.0];
/// Standard deviation of a webcam's noise, grey levels.
const NOISE: f32 = 2.0;

/// What is made, of what, and how much of it.
#[derive(Args)]
pub struct Synthesis {
    /// What is made
    #[arg(value_enum)]
    attack: Attack,
    /// Folder of PERSON/IMAGE files
    #[arg(long)]
    root: PathBuf,
    /// Where PERSON/IMAGE-KIND_n.png go
    #[arg(long)]
    out: PathBuf,
    /// Take every so many of a person's images
    #[arg(long, default_value_t = 9)]
    every: usize,
    /// Frames of one presentation
    #[arg(long, default_value_t = 12)]
    frames: u32,
    /// Frames per second
    #[arg(long, default_value_t = 5.0)]
    rate: f32,
    /// The same seed gives the same files
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub fn synthesise(
    Synthesis {
        attack,
        root,
        out,
        every,
        frames,
        rate,
        seed,
    }: &Synthesis,
) -> Result<ExitCode, Failure> {
    let people = photo::people(root)?;
    let chosen: Vec<(&str, &PathBuf)> = people
        .iter()
        .flat_map(|p| {
            let images = p.images.iter().step_by((*every).max(1));
            images.map(|image| (p.name.as_str(), image))
        })
        .collect();
    let bar = progress::bar(chosen.len(), "presentations");
    for (number, (person, path)) in chosen.iter().enumerate() {
        let source = Photo::open(path)?.rgb().ok_or("not an image")?;
        let folder = out.join(person);
        std::fs::create_dir_all(&folder)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut chance = Chance(seed ^ ((number as u64) << 20));
        let scene = Scene::new(*attack, &mut chance);
        for frame in 0..*frames {
            let shown = scene.frame(&source, frame as f32 / rate, &mut chance);
            shown.save(folder.join(format!("{stem}-{attack:?}_{frame}.png")))?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    line(format_args!(
        "{} presentations of {frames} frames in {}",
        chosen.len(),
        out.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// One presentation: a plane that goes from one pose to another and back.
struct Scene {
    attack: Attack,
    pose: Pose,
    period: f32,
    /// Screen: camera pixels per screen pixel, share of the frame it fills, reflection.
    pitch: f32,
    fill: f32,
    glare: [f32; 3],
}

/// Of a plane: shift (over the frame's width), roll and tilts (radians), scale.
#[derive(Clone, Copy)]
struct Pose {
    shift: [f32; 2],
    roll: f32,
    tilt: [f32; 2],
    scale: f32,
}

impl Scene {
    fn new(attack: Attack, chance: &mut Chance) -> Self {
        // From a hand that hardly moves to one that waves the picture.
        let wide = chance.unit();
        let mut upto = |limit: f32| limit * wide * chance.sign() * (0.5 + 0.5 * chance.unit());
        let pose = Pose {
            shift: [upto(0.08), upto(0.05)],
            roll: upto(0.12),
            tilt: [upto(0.25), upto(0.2)],
            scale: 1.0 + upto(0.08),
        };
        Self {
            attack,
            pose,
            period: PERIOD[0] + (PERIOD[1] - PERIOD[0]) * chance.unit(),
            pitch: 0.7 + 1.1 * chance.unit(),
            fill: if attack == Attack::MovedStill {
                1.0
            } else {
                0.7 + 0.3 * chance.unit()
            },
            glare: [chance.unit(), chance.unit(), 60.0 * chance.unit()],
        }
    }

    fn frame(&self, source: &RgbImage, seconds: f32, chance: &mut Chance) -> RgbImage {
        let (width, height) = (source.width() as f32, source.height() as f32);
        let along = (std::f32::consts::TAU * seconds / self.period).sin();
        let Pose {
            shift,
            roll,
            tilt,
            scale,
        } = self.pose;
        let (sin, cos) = (roll * along).sin_cos();
        let scale = self.fill * (1.0 + (scale - 1.0) * along);
        let place = |x: f32, y: f32| {
            let x = x - width / 2.0 - shift[0] * along * width;
            let y = y - height / 2.0 - shift[1] * along * width;
            // A plane an arm's length away: distances in frame widths.
            let depth = 1.0 + along * (tilt[0] * x + tilt[1] * y) / width;
            let (x, y) = (x * depth / scale, y * depth / scale);
            (
                cos * x + sin * y + width / 2.0,
                cos * y - sin * x + height / 2.0,
            )
        };
        RgbImage::from_fn(source.width(), source.height(), |x, y| {
            let colour = match self.attack {
                Attack::MovedStill => {
                    let (u, v) = place(x as f32, y as f32);
                    sample(source, u, v)
                }
                Attack::Screen => self.screen(source, x as f32, y as f32, &place),
            };
            Rgb(colour.map(|v| (v + NOISE * chance.bell()).round().clamp(0.0, 255.0) as u8))
        })
    }

    /// A camera pixel that looks at a screen: the mean of what its stripes of red, green and blue
    /// and the dark between them send, in nine places of the pixel.
    fn screen(
        &self,
        source: &RgbImage,
        x: f32,
        y: f32,
        place: &impl Fn(f32, f32) -> (f32, f32),
    ) -> [f32; 3] {
        const BEZEL: f32 = 12.0;
        let (width, height) = (source.width() as f32, source.height() as f32);
        let mut sum = [0.0; 3];
        for i in 0..9 {
            let (u, v) = place(x + (i % 3) as f32 / 3.0, y + (i / 3) as f32 / 3.0);
            let outside = (-u).max(u - width).max(-v).max(v - height);
            let sent = if outside > BEZEL {
                [150.0, 148.0, 140.0]
            } else if outside > 0.0 {
                [14.0; 3]
            } else {
                let (column, row) = (u / self.pitch, v / self.pitch);
                let stripe = (column.fract() * 3.0) as usize;
                let lit = if row.fract() < 0.85 { 2.6 } else { 0.3 };
                let shown = sample(
                    source,
                    column.floor() * self.pitch,
                    row.floor() * self.pitch,
                );
                std::array::from_fn(|c| {
                    let own = if c == stripe { lit } else { 0.06 };
                    10.0 + [0.92, 0.97, 1.06][c] * own * 0.92 * shown[c]
                })
            };
            sum.iter_mut().zip(sent).for_each(|(s, v)| *s += v / 9.0);
        }
        let [gx, gy, strength] = self.glare;
        let off = (x / width - gx).powi(2) + (y / height - gy).powi(2);
        sum.map(|v| v + strength * (-off / 0.03).exp())
    }
}

/// The picture between its pixels; beyond its edges the edge.
fn sample(source: &RgbImage, x: f32, y: f32) -> [f32; 3] {
    let (width, height) = (source.width(), source.height());
    let x = x.clamp(0.0, (width - 1) as f32);
    let y = y.clamp(0.0, (height - 1) as f32);
    let (left, top) = (x as u32, y as u32);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (fx, fy) = (x.fract(), y.fract());
    let at = |x: u32, y: u32, c: usize| f32::from(source.get_pixel(x, y).0[c]);
    std::array::from_fn(|c| {
        let upper = at(left, top, c) + fx * (at(right, top, c) - at(left, top, c));
        let lower = at(left, bottom, c) + fx * (at(right, bottom, c) - at(left, bottom, c));
        upper + fy * (lower - upper)
    })
}

/// Chance that is the same for the same seed (Steele, Lea and Flood, SplitMix64, 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 to 1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    fn sign(&mut self) -> f32 {
        if self.next() & 1 == 0 { -1.0 } else { 1.0 }
    }

    /// About normal, variance 1: the sum of twelve, less its mean.
    fn bell(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }
}
