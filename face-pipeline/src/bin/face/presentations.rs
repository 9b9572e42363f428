//! Folders of recorded presentations, seen as a kiosk would see them that has time for so many frames
//! in a second.
//!
//! In: PERSON/OCCASION_n files, and how many of them were taken in a second. Out: for each occasion
//! a few [`Visit`]s, each beginning at another image. Where a recording ends it is played backwards,
//! so that a visit goes on for as long as a capture looks.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use face_pipeline::{Cues, Pipeline, Presentation};

use crate::photo::{self, Photo};
use crate::progress;

type Failure = Box<dyn std::error::Error>;

/// Frames of the shortest capture, and of those that are looked at for training.
pub const SHORTEST: usize = 5;
const LONGEST: usize = 20;
/// Occasions with fewer frames than this are no recording.
const MIN_IMAGES: usize = 3;
/// Visits begin at so many places of a recording, evenly spaced.
const BEGINNINGS: usize = 2;

/// A folder and the rate at which its images were taken: `FOLDER@RATE`.
#[derive(Clone, Debug)]
pub struct Recordings {
    pub root: PathBuf,
    pub rate: f64,
}

impl FromStr for Recordings {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (root, rate) = text
            .rsplit_once('@')
            .ok_or("FOLDER@RATE is missing @RATE")?;
        let rate: f64 = rate.parse().map_err(|_| format!("not a rate: {rate}"))?;
        if !(0.1..=240.0).contains(&rate) {
            return Err(format!("not between 0.1 and 240 images a second: {rate}"));
        }
        Ok(Self {
            root: root.into(),
            rate,
        })
    }
}

/// One recording, from one of its images on.
pub struct Visit {
    pub person: usize,
    images: Vec<PathBuf>,
    from: usize,
    recorded_at: f64,
}

impl Visit {
    /// The image that is seen as the `number`th at `rate` frames a second, and when. A rate above
    /// that of the recording is that of the recording.
    pub fn frame(&self, number: usize, rate: f64) -> (&Path, Duration) {
        let at = number as f64 / rate.min(self.recorded_at);
        let last = self.images.len() - 1;
        let place = (self.from + (at * self.recorded_at).round() as usize) % (2 * last);
        let place = if place > last {
            2 * last - place
        } else {
            place
        };
        (&self.images[place], Duration::from_secs_f64(at))
    }

    /// The first image of the recording.
    pub fn first(&self) -> &Path {
        &self.images[0]
    }
}

/// The visits that can be made of the recordings.
pub fn visits(recordings: &Recordings) -> Result<Vec<Visit>, Failure> {
    let mut all = Vec::new();
    for (person, folder) in photo::people(&recordings.root)?.into_iter().enumerate() {
        let mut images = folder.images;
        images.sort_by_key(|path| photo::occasion(path));
        for occasion in images.chunk_by(|a, b| photo::occasion(a).0 == photo::occasion(b).0) {
            if occasion.len() < MIN_IMAGES {
                continue;
            }
            all.extend((0..BEGINNINGS).map(|beginning| Visit {
                person,
                images: occasion.to_vec(),
                from: beginning * occasion.len() / BEGINNINGS,
                recorded_at: recordings.rate,
            }));
        }
    }
    Ok(all)
}

/// A visit at one rate, whose it is, and its cues from the first to the last moment at which a
/// capture could be decided.
pub struct Windowed {
    pub person: usize,
    pub growing: Vec<Cues>,
}

/// The cues of all visits at these rates; of recordings slower than all of them once, as they are.
pub fn windows(
    pipeline: &mut Pipeline,
    recordings: &Recordings,
    rates: &[f64],
) -> Result<Vec<Windowed>, Failure> {
    let visits = visits(recordings)?;
    let rates = distinct(rates, recordings.rate);
    let bar = progress::bar(visits.len() * rates.len(), "visits");
    let mut all = Vec::new();
    for visit in &visits {
        for rate in &rates {
            all.extend(window(pipeline, visit, *rate)?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(all)
}

/// The rates that a recording can be seen at, the fastest first.
pub fn distinct(rates: &[f64], recorded_at: f64) -> Vec<f64> {
    let mut rates: Vec<f64> = rates.iter().map(|rate| rate.min(recorded_at)).collect();
    rates.sort_by(|a, b| b.total_cmp(a));
    rates.dedup();
    rates
}

fn window(pipeline: &mut Pipeline, visit: &Visit, rate: f64) -> Result<Option<Windowed>, Failure> {
    let mut presentation = Presentation::default();
    let mut growing = Vec::new();
    for number in 0..LONGEST {
        let (path, _) = visit.frame(number, rate);
        let face = pipeline.present(&mut presentation, Photo::open(path)?.view()?)?;
        if face && presentation.frames() >= SHORTEST {
            growing.push(presentation.cues());
        }
    }
    Ok((!growing.is_empty()).then_some(Windowed {
        person: visit.person,
        growing,
    }))
}
