//! Presentation attacks made from images of people, for what no collection at hand holds: pictures
//! that move without depth, and screens. They are synthetic, and figures over them are called so.
//!
//! In: a folder of PERSON/IMAGE files. Out: PERSON/IMAGE-KIND_n.png, a few frames of each. The same
//! seed gives the same files.

mod film;
mod room;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use image::{Rgb, RgbImage};
use serde_json::json;

use self::film::Film;
use self::room::Held;
use crate::collection::{Collection, Person};
use crate::output::line;
use crate::progress;
use crate::recordings;
use crate::unreadable::Unreadable;

type Failure = Box<dyn std::error::Error>;

/// What is held before the camera, or fed into its cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Attack {
    /// One still picture that fills the frame and is moved and tilted as a plane, with fresh noise.
    MovedStill,
    /// The same picture on a screen: its pixels, its light, its frame, and the moiré of both grids.
    Screen,
    /// A small screen that a hand moves before a room full of things, as a phone is held: the face
    /// fills most of it, and its pixels are finer than the camera sees.
    HeldScreen,
}

/// How long a picture takes there and back, seconds.
const PERIOD: [f32; 2] = [2.0, 4.0];
/// Standard deviation of a webcam's noise, grey levels.
const NOISE: f32 = 2.0;

/// Of a screen: pixels of its picture.
const BEZEL: f32 = 12.0;
const WALL: [f32; 3] = [150.0, 148.0, 140.0];

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
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    frames: u32,
    /// Frames per second
    #[arg(long, default_value_t = 5.0, value_parser = recordings::rate)]
    rate: f64,
    /// Show a film: the images that follow on the same occasion, so many a second
    #[arg(long, value_parser = recordings::rate)]
    film: Option<f64>,
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
        film,
        seed,
    }: &Synthesis,
    as_json: bool,
) -> Result<ExitCode, Failure> {
    let images = Collection::read(root)?;
    let chosen = chosen(&images, *every);
    let names = names(root, &chosen)?;
    let mut unreadable = Unreadable::default();
    let bar = progress::bar(chosen.len(), "presentations");
    let (mut made, mut written) = (0, 0);
    for (number, (shown, name)) in chosen.iter().zip(&names).enumerate() {
        let folder = out.join(name.parent().unwrap_or(name));
        std::fs::create_dir_all(&folder)
            .map_err(|e| format!("cannot make the folder {}: {e}", folder.display()))?;
        let stem = name.file_name().unwrap_or_default().to_string_lossy();
        let mut chance = Chance(seed ^ ((number as u64) << 20));
        let scene = Scene::new(*attack, &mut chance);
        let mut film = Film::new(shown, film.map_or(0.0, |film| film / rate));
        for frame in 0..*frames {
            let Some(source) = film.at(frame, &mut unreadable) else {
                break;
            };
            let seen = scene.frame(source, frame as f32 / *rate as f32, &mut chance);
            let path = folder.join(format!("{stem}-{attack:?}_{frame}.png"));
            seen.save(&path)
                .map_err(|e| format!("cannot write the frame {}: {e}", path.display()))?;
            made += u32::from(frame == 0);
            written += 1;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    unreadable.warn();
    if made == 0 {
        return Err(format!("{}: no presentation made of its images", root.display()).into());
    }
    if as_json {
        line(json!({
            "found": images.json(), "presentations": made, "frames": written, "folder": out,
            "unreadable": unreadable.json(),
        }))?;
    } else {
        let out = out.display();
        line(&images)?;
        line(format_args!(
            "{made} presentations, {written} frames in {out}"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the frames of each presentation are called, below the folder that they go to: as the image that
/// it begins with, without its ending. Of two that would be called alike one would be lost.
fn names(root: &Path, chosen: &[&[PathBuf]]) -> Result<Vec<PathBuf>, Failure> {
    let mut first_of = BTreeMap::new();
    let mut names = Vec::with_capacity(chosen.len());
    for path in chosen.iter().filter_map(|shown| shown.first()) {
        let name = path.strip_prefix(root)?.with_extension("");
        if let Some(other) = first_of.insert(name.clone(), path) {
            return Err(format!(
                "{} and {} differ in their endings only, and so would their presentations overwrite each other: rename one",
                other.display(),
                path.display()
            )
            .into());
        }
        names.push(name);
    }
    Ok(names)
}

/// Every so many of a person's images, in the order of their paths, each with those that follow it on
/// its occasion.
fn chosen(images: &Collection, every: usize) -> Vec<&[PathBuf]> {
    fn of_person(person: &Person, every: usize) -> impl Iterator<Item = &[PathBuf]> {
        let occasions = person.occasions.iter();
        let mut shown: Vec<&[PathBuf]> = occasions
            .flat_map(|o| (0..o.images.len()).map(|from| &o.images[from..]))
            .collect();
        shown.sort_by_key(|images| &images[0]);
        shown.into_iter().step_by(every.max(1))
    }
    let people = images.people.iter();
    people.flat_map(|person| of_person(person, every)).collect()
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
    held: Option<Held>,
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
            fill: match attack {
                Attack::MovedStill => 1.0,
                Attack::Screen => 0.7 + 0.3 * chance.unit(),
                Attack::HeldScreen => 0.35 + 0.25 * chance.unit(),
            },
            glare: [chance.unit(), chance.unit(), 60.0 * chance.unit()],
            held: (attack == Attack::HeldScreen).then(|| Held::new(chance)),
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
        let scale = self.fill / self.shown() * (1.0 + (scale - 1.0) * along);
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
                Attack::Screen | Attack::HeldScreen => {
                    self.screen(source, x as f32, y as f32, &place)
                }
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
        let (width, height) = (source.width() as f32, source.height() as f32);
        let held = self.held.as_ref();
        let mut sum = [0.0; 3];
        for i in 0..9 {
            let at = [x + (i % 3) as f32 / 3.0, y + (i / 3) as f32 / 3.0];
            let (u, v) = place(at[0], at[1]);
            let edge = [width, height].map(|side| side * (1.0 - self.shown()) / 2.0);
            let aside = (edge[0] - u).max(u - width + edge[0]);
            let below = v - height + edge[1];
            let outside = aside.max(edge[1] - v).max(below);
            let around = || match held {
                Some(held) => held.room(at, height),
                None => WALL,
            };
            let skin = held.and_then(|_| Held::hand([u - width / 2.0, below], width));
            let sent = if let Some(skin) = skin {
                skin
            } else if outside > BEZEL {
                around()
            } else if outside > 0.0 {
                [14.0; 3]
            } else if held.is_some() {
                lit(sample(source, u, v), [1.0; 3])
            } else {
                self.pixel(source, u, v)
            };
            sum.iter_mut().zip(sent).for_each(|(s, v)| *s += v / 9.0);
        }
        let [gx, gy, strength] = self.glare;
        let off = (x / width - gx).powi(2) + (y / height - gy).powi(2);
        let reflects = if held.is_some() { 0.3 } else { 1.0 };
        sum.map(|v| v + reflects * strength * (-off / 0.03).exp())
    }

    /// Share of the picture that the screen shows.
    fn shown(&self) -> f32 {
        self.held.as_ref().map_or(1.0, |held| held.shown)
    }

    /// What a screen sends at one place: a stripe of a pixel, or the dark between them.
    fn pixel(&self, source: &RgbImage, u: f32, v: f32) -> [f32; 3] {
        let (column, row) = (u / self.pitch, v / self.pitch);
        let stripe = (column.fract() * 3.0) as usize;
        let on = if row.fract() < 0.85 { 2.6 } else { 0.3 };
        let shown = sample(
            source,
            column.floor() * self.pitch,
            row.floor() * self.pitch,
        );
        let own = |c| if c == stripe { on } else { 0.06 };
        lit(shown, std::array::from_fn(own))
    }
}

/// A screen's colours are bluish and its black is not dark.
fn lit(shown: [f32; 3], share: [f32; 3]) -> [f32; 3] {
    std::array::from_fn(|c| 10.0 + [0.92, 0.97, 1.06][c] * share[c] * 0.92 * shown[c])
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
