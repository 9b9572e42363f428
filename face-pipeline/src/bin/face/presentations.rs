//! Folders of recorded presentations, seen as a kiosk would see them that has time for so many frames
//! in a second.
//!
//! In: PERSON/OCCASION_n files, and how many of them were taken in a second. Out: for each occasion
//! a few [`Visit`]s, each beginning at another image. Where a recording ends it is played backwards,
//! so that a visit goes on for as long as a capture looks.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use face_pipeline::{Cues, Look, Pipeline, Presentation};

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

/// Half of the people, told by their names so that a person is on the same side in all folders: one sets
/// limits, the other one is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Half {
    /// Those with an even sum of the name's bytes.
    Even,
    /// The others.
    Odd,
}

impl Half {
    /// By the last part of a path, so that a person is on the same side wherever their folder is.
    pub fn of(person: &str) -> Self {
        let name = person.rsplit('/').next().unwrap_or(person);
        let sum: usize = name.bytes().map(usize::from).sum();
        if sum.is_multiple_of(2) {
            Self::Even
        } else {
            Self::Odd
        }
    }
}

/// The images of one occasion.
pub struct Recording {
    /// Number of the person in the folder.
    pub person: usize,
    pub half: Half,
    pub images: Vec<PathBuf>,
    recorded_at: f64,
}

/// One recording, from one of its images on.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    pub recording: &'a Recording,
    from: usize,
}

impl Visit<'_> {
    /// Which image is seen as the `number`th at `rate` frames a second, and when. A rate above that of
    /// the recording is that of the recording.
    pub fn frame(&self, number: usize, rate: f64) -> (usize, Duration) {
        let Recording {
            images,
            recorded_at,
            ..
        } = self.recording;
        let at = number as f64 / rate.min(*recorded_at);
        let last = images.len() - 1;
        let place = (self.from + (at * recorded_at).round() as usize) % (2 * last);
        let place = if place > last {
            2 * last - place
        } else {
            place
        };
        (place, Duration::from_secs_f64(at))
    }
}

/// The recordings of a folder, of these people or of all.
pub fn recordings(of: &Recordings, people: Option<Half>) -> Result<Vec<Recording>, Failure> {
    let mut all = Vec::new();
    for (person, folder) in photo::people(&of.root)?.into_iter().enumerate() {
        let half = Half::of(&folder.name);
        if people.is_some_and(|people| people != half) {
            continue;
        }
        let mut images = folder.images;
        images.sort_by_key(|path| photo::occasion(path));
        let occasions = images.chunk_by(|a, b| photo::occasion(a).0 == photo::occasion(b).0);
        let long = occasions.filter(|images| images.len() >= MIN_IMAGES);
        all.extend(long.map(|images| Recording {
            person,
            half,
            images: images.to_vec(),
            recorded_at: of.rate,
        }));
    }
    Ok(all)
}

/// The visits that can be made of a recording.
pub fn visits(recording: &Recording) -> impl Iterator<Item = Visit<'_>> {
    (0..BEGINNINGS).map(|beginning| Visit {
        recording,
        from: beginning * recording.images.len() / BEGINNINGS,
    })
}

/// A visit at one rate, whose it is, and its cues from the first to the last moment at which a
/// capture could be decided.
pub struct Windowed {
    pub half: Half,
    pub person: usize,
    pub growing: Vec<Cues>,
}

/// The cues of all visits at these rates; of recordings slower than all of them once, as they are. Each
/// image is looked at once.
pub fn windows(
    pipeline: &mut Pipeline,
    of: &Recordings,
    rates: &[f64],
) -> Result<Vec<Windowed>, Failure> {
    let recordings = recordings(of, None)?;
    let rates = distinct(rates, of.rate);
    let bar = progress::bar(recordings.iter().map(|r| r.images.len()).sum(), "images");
    let mut all = Vec::new();
    for recording in &recordings {
        let mut looks = Vec::with_capacity(recording.images.len());
        for path in &recording.images {
            looks.push(pipeline.look(Photo::open(path)?.view()?)?);
            bar.inc(1);
        }
        for visit in visits(recording) {
            all.extend(
                rates
                    .iter()
                    .filter_map(|rate| window(&visit, &looks, *rate)),
            );
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

fn window(visit: &Visit<'_>, looks: &[Option<Look>], rate: f64) -> Option<Windowed> {
    let mut presentation = Presentation::default();
    let mut growing = Vec::new();
    for number in 0..LONGEST {
        let Some(look) = &looks[visit.frame(number, rate).0] else {
            continue;
        };
        presentation.add(look);
        if presentation.frames() >= SHORTEST {
            growing.push(presentation.cues());
        }
    }
    (!growing.is_empty()).then_some(Windowed {
        half: visit.recording.half,
        person: visit.recording.person,
        growing,
    })
}
