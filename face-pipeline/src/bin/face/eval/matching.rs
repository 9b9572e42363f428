//! Comparison of faces: failure to acquire, and the trade-off of both error rates (ISO/IEC 19795-1).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use face_pipeline::Pipeline;
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
    /// One half of the people.
    pub half: Option<Half>,
}

/// Halves of the people, in the order of their names: thresholds and weights found on one are
/// tested on the other.
#[derive(Clone, Copy, ValueEnum)]
pub enum Half {
    First,
    Second,
}

impl Half {
    pub fn takes(self, person: usize, of: usize) -> bool {
        (person < of / 2) == matches!(self, Self::First)
    }
}

#[derive(Default)]
struct Comparisons {
    mated: Vec<Scored>,
    non_mated: Vec<f32>,
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
    let comparisons = match &selection.pairs {
        Some(list) => listed(pipeline, &samples, list)?,
        None => all(pipeline, &samples, selection.window > 1),
    };
    let report = Report::new(&samples, comparisons, selection.window);
    save(plot, || report.plot())?;
    if as_json {
        line(report.json())?;
    } else {
        report.print()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Each image as reference against every other as frame; of one occasion only where it is all
/// there is of a person.
fn all(pipeline: &Pipeline, samples: &[Sample], other_occasion: bool) -> Comparisons {
    let mut found = Comparisons::default();
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
            found.add(score, a.person, a.person == b.person);
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
    for (number, row) in text.lines().enumerate().skip(1) {
        let columns: Vec<&str> = row.trim().split(',').collect();
        let [a, b, mated] = columns[..] else {
            return Err(format!("{} line {}: not `a,b,mated`", list.display(), number + 1).into());
        };
        let (Some(a), Some(b)) = (by_name.get(a), by_name.get(b)) else {
            continue; // of the other half
        };
        match (&a.reference, &b.probe) {
            (Some(reference), Some(probe)) => {
                let (score, _) = pipeline.compare(reference, probe);
                found.add(score, a.person, mated == "1");
            }
            _ => found.lost += 1,
        }
    }
    Ok(found)
}

impl Comparisons {
    fn add(&mut self, score: f32, person: usize, mated: bool) {
        if mated {
            self.mated.push(Scored { score, person });
        } else {
            self.non_mated.push(score);
        }
    }
}

struct Report {
    images: usize,
    failures: [(&'static str, Rate); 2],
    comparisons: Comparisons,
    mated: Vec<f32>,
    /// FMR, threshold, FNMR.
    points: Vec<(f64, Option<(f32, Rate)>)>,
    equal_error: Option<(f64, f32)>,
    area: f64,
}

impl Report {
    fn new(samples: &[Sample], mut comparisons: Comparisons, window: usize) -> Self {
        comparisons.non_mated = statistics::descending(std::mem::take(&mut comparisons.non_mated));
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
        }
        Ok(line(INTERVALS)?)
    }

    fn json(&self) -> serde_json::Value {
        let points = self.points.iter().filter_map(|(fmr, point)| {
            point.map(|(t, fnmr)| json!({ "fmr": fmr, "threshold": t, "fnmr": fnmr.json() }))
        });
        let failures = self.failures.iter();
        json!({
            "images": self.images,
            "mated": self.comparisons.mated.len(),
            "non_mated": self.comparisons.non_mated.len(),
            "pairs_lost": self.comparisons.lost,
            "failure_to_acquire": failures.map(|(what, rate)| json!({ *what: rate.json() })).collect::<Vec<_>>(),
            "area_under_roc": self.area,
            "equal_error": self.equal_error.map(|(rate, t)| json!({ "rate": rate, "threshold": t })),
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
