//! Folders of recorded presentations, seen as a kiosk would see them that has time for so many frames
//! in a second.
//!
//! In: PERSON/OCCASION_n files, and how many of them were taken in a second. Out: for each occasion
//! a few [`Visit`]s, each beginning at another image; and what was left out. Where a recording ends it is played backwards,
//! so that a visit goes on for as long as a capture looks.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use face_pipeline::{Cues, Look, Pipeline, Presentation};
use serde_json::Value;

use crate::collection::Collection;
use crate::progress;
use crate::unreadable::Unreadable;

type Failure = Box<dyn std::error::Error>;

/// Frames of the shortest capture, and of those that are looked at for training.
pub const SHORTEST: usize = 5;
const LONGEST: usize = 20;
/// Occasions with fewer frames than this are no recording.
const MIN_IMAGES: usize = 3;
/// Images a second that a recording may have.
const RATES: RangeInclusive<f64> = 0.1..=240.0;
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
        Ok(Self {
            root: root.into(),
            rate: self::rate(rate)?,
        })
    }
}

/// Reads how many images a second there are.
pub fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| format!("not a rate: {text}"))?;
    if !RATES.contains(&rate) {
        return Err(format!("not between 0.1 and 240 images a second: {rate}"));
    }
    Ok(rate)
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
    /// By the person's name, so that a person is on the same side wherever their folder is.
    pub fn of(person: &str) -> Self {
        let sum: usize = person.bytes().map(usize::from).sum();
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

/// What a folder holds.
pub struct Recorded {
    pub found: Collection,
    pub recordings: Vec<Recording>,
    /// Images taken in a second.
    pub rate: f64,
    /// Occasions with too few images.
    pub short: usize,
}

impl Recorded {
    /// The recordings of these people or of all.
    pub fn read(of: &Recordings, people: Option<Half>) -> Result<Self, Failure> {
        let mut found = Collection::read(&of.root)?;
        found
            .people
            .retain(|person| people.is_none_or(|half| half == Half::of(&person.name)));
        let mut recorded = Self {
            recordings: Vec::new(),
            rate: of.rate,
            short: 0,
            found,
        };
        for (person, folder) in recorded.found.people.iter().enumerate() {
            for occasion in &folder.occasions {
                if occasion.images.len() < MIN_IMAGES {
                    recorded.short += 1;
                    continue;
                }
                recorded.recordings.push(Recording {
                    person,
                    half: Half::of(&folder.name),
                    images: occasion.images.clone(),
                    recorded_at: of.rate,
                });
            }
        }
        recorded.check()?;
        Ok(recorded)
    }

    fn check(&self) -> Result<(), Failure> {
        let root = self.found.root.display();
        if self.found.people.is_empty() {
            return Err(format!("{root}: nobody of this half of the people is in it").into());
        }
        if self.recordings.is_empty() {
            let short = self.short;
            return Err(format!(
                "{root}: no recording: each of the {short} occasions has fewer than {MIN_IMAGES} images; \
                 files of one recording are called OCCASION_n"
            )
            .into());
        }
        Ok(())
    }

    pub fn json(&self) -> Value {
        let mut json = self.found.json();
        json["occasions_too_short"] = self.short.into();
        json
    }

    /// What was found, and how many occasions were left out.
    pub fn describe(&self) -> String {
        let Self { found, short, .. } = self;
        match short {
            0 => found.to_string(),
            _ => format!(
                "{found}\n  left out: {short} occasions with fewer than {MIN_IMAGES} images"
            ),
        }
    }
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
    recordings: &[Recording],
    rates: &[f64],
    unreadable: &mut Unreadable,
) -> Vec<Windowed> {
    let bar = progress::bar(recordings.iter().map(|r| r.images.len()).sum(), "images");
    let mut all = Vec::new();
    for recording in recordings {
        let rates = distinct(rates, recording.recorded_at);
        let mut looks = Vec::with_capacity(recording.images.len());
        for path in &recording.images {
            let look = unreadable.look(path, |photo| Ok(pipeline.look(photo.view()?)?));
            looks.push(look.flatten());
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
    all
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
