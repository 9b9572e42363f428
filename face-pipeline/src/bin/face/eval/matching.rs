//! Comparison of faces: failure to acquire, and the trade-off of both error rates (ISO/IEC 19795-1).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use face_pipeline::{Pipeline, Reference};
use serde_json::json;

use super::samples::{Sample, prepare};
use super::{Failure, Outcome, save};
use crate::output::line;
use crate::plot::{self, Mark};
use crate::progress;
use crate::statistics::{self, INTERVALS, Rate, Scored, threshold_at};

/// Rates of false matches at which FNMR is given.
const FMRS: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-5];
/// Similarities that a plot shows.
const PLOTTED: (f64, f64) = (-0.4, 1.0);

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

#[derive(Default)]
struct Comparisons {
    mated: Vec<Scored>,
    non_mated: Vec<f32>,
    /// Non-mated among the first half of the people, in the order of their names.
    first_half: Vec<f32>,
    /// The same among the second half, and its mated.
    second_half: (Vec<f32>, Vec<Scored>),
    /// Non-mated and mated at which the first recogniser alone was clear.
    clear: [usize; 2],
    /// Pairs of a list of which an image gave no template.
    lost: usize,
}

pub fn matching(
    pipeline: &mut Pipeline,
    root: &Path,
    selection: &Selection,
    as_json: bool,
    plot: Option<&Path>,
) -> Outcome {
    let samples = prepare(pipeline, root, selection)?;
    if people(&samples) < 2 {
        let root = root.display();
        return Err(format!(
            "{root} has images of one person only: those of each person belong in a folder of their own"
        )
        .into());
    }
    let comparisons = match &selection.pairs {
        Some(list) => listed(pipeline, &samples, list)?,
        None => all(pipeline, &samples, selection.other_occasion),
    };
    let accepted = pipeline.accepted_similarity();
    let report = Report::new(&samples, comparisons, selection.window, accepted);
    save(plot, || report.plot())?;
    if as_json {
        line(report.json())?;
    } else {
        report.print()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Each image as reference against every other as frame, or every other of another occasion.
fn all(pipeline: &Pipeline, samples: &[Sample], other_occasion: bool) -> Comparisons {
    let mut found = Comparisons::default();
    let people = people(samples);
    let bar = progress::bar(samples.len(), "comparisons");
    for (i, a) in samples.iter().enumerate() {
        bar.inc(1);
        let Some(reference) = &a.reference else {
            continue;
        };
        for (j, b) in samples.iter().enumerate() {
            let Some(probe) = &b.probe else { continue };
            if i == j || (other_occasion && a.sequence == b.sequence) {
                continue;
            }
            let (score, _) = pipeline.compare(reference, probe);
            found.count_clear(pipeline, [reference, probe], a.person == b.person);
            found.add(score, [a.person, b.person], people, a.person == b.person);
        }
    }
    bar.finish_and_clear();
    found
}

/// The pairs of a file with the columns `a,b,mated`.
fn listed(pipeline: &Pipeline, samples: &[Sample], list: &Path) -> Result<Comparisons, Failure> {
    let text = std::fs::read_to_string(list)
        .map_err(|e| format!("cannot read the pairs {}: {e}", list.display()))?;
    let by_name: HashMap<&str, &Sample> = samples.iter().map(|s| (s.name.as_str(), s)).collect();
    let mut found = Comparisons::default();
    let people = people(samples);
    for (number, row) in text.lines().enumerate().skip(1) {
        let columns: Vec<&str> = row.trim().split(',').collect();
        let [a, b, mated] = columns[..] else {
            return Err(format!("{} line {}: not `a,b,mated`", list.display(), number + 1).into());
        };
        let (Some(a), Some(b)) = (by_name.get(a), by_name.get(b)) else {
            return Err(format!("{} line {}: no such image", list.display(), number + 1).into());
        };
        match (&a.reference, &b.probe) {
            (Some(reference), Some(probe)) => {
                let (score, _) = pipeline.compare(reference, probe);
                found.count_clear(pipeline, [reference, probe], mated == "1");
                found.add(score, [a.person, b.person], people, mated == "1");
            }
            _ => found.lost += 1,
        }
    }
    Ok(found)
}

impl Comparisons {
    fn add(&mut self, score: f32, [a, b]: [usize; 2], people: usize, mated: bool) {
        let scored = Scored { score, person: a };
        let (first, second) = (a.max(b) < people / 2, a.min(b) >= people / 2);
        if mated {
            self.mated.push(scored);
            self.second_half.1.extend(second.then_some(scored));
        } else {
            self.non_mated.push(score);
            self.first_half.extend(first.then_some(score));
            self.second_half.0.extend(second.then_some(score));
        }
    }

    fn count_clear(&mut self, pipeline: &Pipeline, [a, b]: [&Reference; 2], mated: bool) {
        let (score, clear) = pipeline.compare_first(a, b);
        if clear.is_some_and(|clear| score >= clear) {
            self.clear[usize::from(mated)] += 1;
        }
    }

    /// Error rates in the second half of the people at the threshold that the first half sets.
    fn transferred(&self, fmr: f64) -> Option<Transferred> {
        let threshold = threshold_at(&self.first_half, fmr)?;
        let (non_mated, mated) = &self.second_half;
        let reached = non_mated.partition_point(|s| *s >= threshold);
        Some(Transferred {
            threshold,
            fmr: reached as f64 / non_mated.len().max(1) as f64,
            fnmr: Rate::count(mated, |s| s < threshold),
        })
    }
}

/// A threshold set on one half of the people, and what it does to the other half.
struct Transferred {
    threshold: f32,
    fmr: f64,
    fnmr: Rate,
}

fn people(samples: &[Sample]) -> usize {
    samples.iter().map(|s| s.person + 1).max().unwrap_or(0)
}

struct Report {
    images: usize,
    failures: [(&'static str, Rate); 2],
    comparisons: Comparisons,
    mated: Vec<f32>,
    /// FMR, threshold, FNMR.
    points: Vec<(f64, Option<(f32, Rate)>)>,
    accepted: Accepted,
    equal_error: Option<(f64, f32)>,
    area: f64,
}

/// What the manifest's threshold does to these images.
struct Accepted {
    from: f32,
    fmr: f64,
    fnmr: Rate,
}

impl Report {
    fn new(samples: &[Sample], mut comparisons: Comparisons, window: usize, accepted: f32) -> Self {
        for scores in [
            &mut comparisons.non_mated,
            &mut comparisons.first_half,
            &mut comparisons.second_half.0,
        ] {
            *scores = statistics::descending(std::mem::take(scores));
        }
        let Comparisons {
            mated, non_mated, ..
        } = &comparisons;
        let missing = |is: fn(&Sample) -> bool| {
            Rate::of(samples.iter().filter(|s| is(s)).count(), samples.len())
        };
        let points = FMRS.map(|fmr| {
            let threshold = threshold_at(non_mated, fmr);
            (fmr, threshold.map(|t| (t, Rate::count(mated, |s| s < t))))
        });
        let scores: Vec<f32> = mated.iter().map(|s| s.score).collect();
        Self {
            images: samples.len(),
            failures: [
                ("reference", missing(|s| s.reference.is_none())),
                (
                    if window > 1 { "window" } else { "frame" },
                    missing(|s| s.probe.is_none()),
                ),
            ],
            points: points.to_vec(),
            accepted: Accepted {
                from: accepted,
                fmr: non_mated.partition_point(|s| *s >= accepted) as f64
                    / non_mated.len().max(1) as f64,
                fnmr: Rate::count(mated, |s| s < accepted),
            },
            equal_error: statistics::equal_error(&scores, non_mated),
            area: statistics::area_under_roc(&scores, non_mated),
            mated: scores,
            comparisons,
        }
    }

    fn print(&self) -> Result<(), Failure> {
        let Comparisons {
            mated,
            non_mated,
            lost,
            ..
        } = &self.comparisons;
        line(format_args!(
            "{} images, {} mated and {} non-mated comparisons, {lost} pairs lost",
            self.images,
            mated.len(),
            non_mated.len()
        ))?;
        for (what, rate) in &self.failures {
            line(format_args!("failure to acquire a {what}: {rate}"))?;
        }
        let [false_clear, clear] = self.comparisons.clear;
        line(format_args!(
            "clear by the first recogniser alone: {:.1} % of mated, {false_clear} non-mated (FMR {:.1e})",
            100.0 * clear as f64 / mated.len().max(1) as f64,
            false_clear as f64 / non_mated.len().max(1) as f64
        ))?;
        line(format_args!("area under the ROC: {:.6}", self.area))?;
        if let Some((rate, threshold)) = self.equal_error {
            let rate = rate * 100.0;
            line(format_args!("EER {rate:.2} % at {threshold:.4}"))?;
        }
        for (fmr, point) in &self.points {
            match point {
                Some((t, fnmr)) => {
                    line(format_args!("FMR {fmr:.0e}: threshold {t:.4}, FNMR {fnmr}"))?
                }
                None => line(format_args!("FMR {fmr:.0e}: too few comparisons"))?,
            }
            if let Some(t) = self.comparisons.transferred(*fmr) {
                let (threshold, rate, fnmr) = (t.threshold, t.fmr, t.fnmr);
                line(format_args!(
                    "  set on the first half of the people, {threshold:.4}; in the second: FMR {rate:.1e}, FNMR {fnmr}"
                ))?;
            }
        }
        let Accepted { from, fmr, fnmr } = &self.accepted;
        line(format_args!(
            "accepted by the manifest from {from:.4}: FMR {fmr:.1e}, FNMR {fnmr}"
        ))?;
        Ok(line(INTERVALS)?)
    }

    fn json(&self) -> serde_json::Value {
        let points = self.points.iter().filter_map(|(fmr, point)| {
            point.map(|(t, fnmr)| {
                let transferred = self.comparisons.transferred(*fmr).map(|t| {
                    json!({ "threshold": t.threshold, "fmr": t.fmr, "fnmr": t.fnmr.json() })
                });
                json!({ "fmr": fmr, "threshold": t, "fnmr": fnmr.json(), "first_half_on_second": transferred })
            })
        });
        let failures = self.failures.iter();
        json!({
            "images": self.images,
            "mated": self.comparisons.mated.len(),
            "non_mated": self.comparisons.non_mated.len(),
            "pairs_lost": self.comparisons.lost,
            "failure_to_acquire": failures.map(|(what, rate)| json!({ *what: rate.json() })).collect::<Vec<_>>(),
            "clear": { "mated": self.comparisons.clear[1], "non_mated": self.comparisons.clear[0] },
            "area_under_roc": self.area,
            "equal_error": self.equal_error.map(|(rate, t)| json!({ "rate": rate, "threshold": t })),
            "accepted": {
                "from": self.accepted.from, "fmr": self.accepted.fmr, "fnmr": self.accepted.fnmr.json(),
            },
            "points": points.collect::<Vec<_>>(),
            "intervals": INTERVALS,
        })
    }

    fn plot(&self) -> String {
        let marks = self.points.iter().filter_map(|(fmr, point)| {
            point.map(|(t, _)| Mark {
                x: f64::from(t),
                name: format!("{fmr:.0e}"),
            })
        });
        plot::histogram(
            "Similarity of faces, with thresholds at FMR",
            &[
                ("mated", &self.mated),
                ("non-mated", &self.comparisons.non_mated),
            ],
            PLOTTED,
            &marks.collect::<Vec<_>>(),
        )
    }
}
