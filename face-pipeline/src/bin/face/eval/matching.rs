//! Comparison of faces (ISO/IEC 19795-1): which images are compared with which, and the scores. What
//! they come to is in `match_report.rs`.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use face_pipeline::{Pipeline, Reference};

use super::match_report::Report;
use super::pairs::{self, Pair};
use super::samples::{Sample, prepare};
use super::{Failure, Outcome, Plot};
use crate::collection::Collection;
use crate::options::Options;
use crate::output::line;
use crate::progress;
use crate::statistics::Scored;
use crate::unreadable::Unreadable;

/// Which comparisons are made, of what.
pub struct Selection {
    /// File of pairs; all pairs without.
    pub pairs: Option<PathBuf>,
    /// References are degraded to chip photos.
    pub as_chip: bool,
    /// Frames fused into one, of the same occasion.
    pub window: usize,
    /// Mated comparisons are of two occasions.
    pub other_occasion: bool,
}

/// The scores of all comparisons.
#[derive(Default)]
pub struct Comparisons {
    pub mated: Vec<Scored>,
    /// Mated that were meant and could not be made, for want of a reference or a frame: below every
    /// threshold.
    pub not_made: Vec<Scored>,
    pub non_mated: Vec<f32>,
    /// The same, each with its two images.
    pub non_mated_of: Vec<NonMated>,
    /// Non-mated among the first half of the people, in the order of their names.
    pub first_half: Vec<f32>,
    /// The same among the second half, and its mated.
    pub second_half: (Vec<NonMated>, Vec<Scored>),
    /// Mated at which the first recogniser alone was clear.
    pub clear: usize,
    /// The images of the non-mated at which it was.
    pub false_clear: Vec<[u32; 2]>,
    /// Pairs of a list of which an image gave no template.
    pub lost: usize,
}

/// The score of two people, and the numbers of the two images.
#[derive(Clone, Copy)]
pub struct NonMated {
    pub score: f32,
    pub images: [u32; 2],
}

impl Selection {
    /// Whether images of one occasion are not compared. A window is fused of several: a reference from
    /// among them would be compared with itself in part.
    fn is_apart(&self) -> bool {
        self.other_occasion || self.window > 1
    }
}

pub fn matching(
    pipeline: &mut Pipeline,
    root: &Path,
    selection: &Selection,
    options: &Options,
    plot: Option<&Path>,
) -> Outcome {
    let plot = Plot::open(plot)?;
    let mut images = Collection::read(root)?;
    let pairs = listed(&mut images, selection)?;
    check(&images, selection)?;
    let mut unreadable = Unreadable::of_frames(options.rotation);
    let samples = prepare(pipeline, &images, selection, &mut unreadable);
    let people = images.people.len();
    let comparisons = match &pairs {
        Some(pairs) => compare_listed(pipeline, &samples, pairs, people),
        None => compare_all(pipeline, &samples, selection.is_apart(), people),
    };
    unreadable.warn();
    if comparisons.mated.is_empty() && comparisons.non_mated.is_empty() {
        return Err(nothing_compared(&samples, selection).into());
    }
    let accepted = pipeline.accepted_similarity();
    let report = Report::new(&samples, comparisons, accepted);
    if options.json {
        line(report.json(&images, &unreadable))?;
    } else {
        report.print(&images)?;
    }
    plot.write(|| report.plot())?;
    Ok(ExitCode::SUCCESS)
}

/// The pairs of the list, if there is one; of the images those are left that its pairs need.
fn listed(images: &mut Collection, selection: &Selection) -> Result<Option<Vec<Pair>>, Failure> {
    let Some(list) = &selection.pairs else {
        return Ok(None);
    };
    let known: BTreeSet<String> = images.images().map(|path| images.name(path)).collect();
    let pairs = pairs::read(list, &known)?;
    let named = pairs.iter().flat_map(|pair| [&pair.a, &pair.b]);
    let named: BTreeSet<&str> = named.map(String::as_str).collect();
    images.keep(&named, selection.window > 1);
    if selection.is_apart() {
        check_occasions(images, &pairs).map_err(|what| format!("{}: {what}", list.display()))?;
    }
    Ok(Some(pairs))
}

/// Refuses a list with a pair of one occasion.
fn check_occasions(images: &Collection, pairs: &[Pair]) -> Result<(), String> {
    let occasions = images.occasions();
    let occasion_of: HashMap<String, &str> = occasions
        .flat_map(|o| {
            o.images
                .iter()
                .map(|path| (images.name(path), o.name.as_str()))
        })
        .collect();
    let alike = |pair: &&Pair| occasion_of.get(&pair.a) == occasion_of.get(&pair.b);
    pairs.iter().find(alike).map_or(Ok(()), |Pair { a, b, .. }| {
        Err(format!(
            "`{a}` and `{b}` are of one occasion, of which images are not compared where windows are fused or with \
             --other-occasion"
        ))
    })
}

/// What would be found out after hours only.
fn check(images: &Collection, selection: &Selection) -> Result<(), Failure> {
    let root = images.root.display();
    let longest = images.occasions().map(|o| o.images.len()).max();
    if longest < Some(selection.window) {
        return Err(format!(
            "{root}: no occasion has {} images in a row: files of one occasion are called OCCASION_n",
            selection.window
        )
        .into());
    }
    if selection.pairs.is_some() {
        return Ok(());
    }
    if images.people.len() < 2 {
        return Err(format!(
            "{root} has images of one person only: those of each person belong in a folder of their own"
        )
        .into());
    }
    let twice = images.people.iter().any(|p| p.occasions.len() > 1);
    if selection.is_apart() && !twice {
        return Err(format!(
            "{root}: nobody has images of two occasions, and where windows are fused or with --other-occasion those of \
             one are not compared: files are called PERSON/OCCASION_n, or lie in PERSON/OCCASION"
        )
        .into());
    }
    Ok(())
}

fn nothing_compared(samples: &[Sample], selection: &Selection) -> String {
    let references = samples.iter().filter(|s| s.reference.is_some()).count();
    let probes = samples.iter().filter(|s| s.probe.is_some()).count();
    let what = if selection.window > 1 {
        "windows"
    } else {
        "frames"
    };
    format!(
        "nothing to compare: of {} images {references} gave a reference, and {probes} {what} a template; \
         `face detect` says what is wrong with an image",
        samples.len()
    )
}

/// Each image as reference against every other as frame, or every other of another occasion.
fn compare_all(pipeline: &Pipeline, samples: &[Sample], apart: bool, people: usize) -> Comparisons {
    let mut found = Comparisons::default();
    let bar = progress::bar(samples.len(), "comparisons");
    for (i, a) in samples.iter().enumerate() {
        bar.inc(1);
        for (j, b) in samples.iter().enumerate() {
            let same = apart && a.occasion == b.occasion;
            if i != j && !same && b.begins_window {
                found.compare(pipeline, [(i, a), (j, b)], people, a.person == b.person);
            }
        }
    }
    bar.finish_and_clear();
    found
}

/// The pairs of a list. A pair of a file that could not be read is lost.
fn compare_listed(
    pipeline: &Pipeline,
    samples: &[Sample],
    pairs: &[Pair],
    people: usize,
) -> Comparisons {
    let numbered = samples.iter().enumerate();
    let by_name: HashMap<&str, (usize, &Sample)> = numbered
        .map(|(number, s)| (s.name.as_str(), (number, s)))
        .collect();
    let mut found = Comparisons::default();
    for Pair { a, b, mated } in pairs {
        let made = match (by_name.get(a.as_str()), by_name.get(b.as_str())) {
            (Some(a), Some(b)) if b.1.begins_window => {
                found.compare(pipeline, [*a, *b], people, *mated)
            }
            _ => false,
        };
        found.lost += usize::from(!made);
    }
    found
}

impl Comparisons {
    /// Whether there was something to compare.
    fn compare(
        &mut self,
        pipeline: &Pipeline,
        [(i, a), (j, b)]: [(usize, &Sample); 2],
        people: usize,
        mated: bool,
    ) -> bool {
        let (Some(reference), Some(probe)) = (&a.reference, &b.probe) else {
            self.not_made.extend(mated.then_some(Scored {
                score: f32::NEG_INFINITY,
                person: a.person,
            }));
            return false;
        };
        let (score, _) = pipeline.compare(reference, probe);
        let images = [i as u32, j as u32];
        let (a, b) = (a.person, b.person);
        let (first, second) = (a.max(b) < people / 2, a.min(b) >= people / 2);
        let is_clear = is_clear(pipeline, [reference, probe]);
        if mated {
            let scored = Scored { score, person: a };
            self.mated.push(scored);
            self.second_half.1.extend(second.then_some(scored));
            self.clear += usize::from(is_clear);
        } else {
            let scored = NonMated { score, images };
            self.non_mated.push(score);
            self.non_mated_of.push(scored);
            self.first_half.extend(first.then_some(score));
            self.second_half.0.extend(second.then_some(scored));
            self.false_clear.extend(is_clear.then_some(images));
        }
        true
    }
}

/// Whether a capture would ask the first recogniser alone.
fn is_clear(pipeline: &Pipeline, [a, b]: [&Reference; 2]) -> bool {
    let (score, clear) = pipeline.compare_first(a, b);
    clear.is_some_and(|clear| score >= clear)
}
