//! What comparisons of faces come to (ISO/IEC 19795-1): failures to enrol and to acquire, the trade-off of both error
//! rates, and what the manifest's threshold does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Failure;
use super::matching::{Comparisons, NonMated};
use super::samples::Sample;
use crate::collection::Collection;
use crate::output::line;
use crate::plot::{self, Mark};
use crate::statistics::{self, INTERVALS, Rate, Scored, threshold_at};
use crate::unreadable::Unreadable;

/// Rates of false matches at which FNMR is given.
const FMRS: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-5];
/// Independent errors from which a rate is within 30 % of the true one, with 90 % confidence (ISO/IEC
/// 19795-1, rule of 30). Two images compared both ways are one.
const RULE_OF_30: usize = 30;
/// Similarities that a plot shows.
const PLOTTED: (f64, f64) = (-0.4, 1.0);

pub struct Report {
    enrolment: Failed,
    acquisition: Failed,
    comparisons: Comparisons,
    mated: Vec<f32>,
    /// FMR, and what it comes with where there are comparisons enough.
    points: Vec<(f64, Option<Point>, Option<Transferred>)>,
    accepted: Point,
    false_clear: FalseMatches,
    equal_error: Option<(f64, f32)>,
    area: Option<f64>,
}

/// What a threshold does.
struct Point {
    threshold: f32,
    false_matches: FalseMatches,
    fnmr: Rate,
    /// Generalized false reject rate: an image that gave no reference, or no frame, counts as refused.
    gfrr: Rate,
}

/// Comparisons of two people that match, of how many, and of how many pairs of images and of people they
/// are.
struct FalseMatches {
    count: usize,
    of: usize,
    images: usize,
    people: usize,
}

impl FalseMatches {
    /// Those that reach a threshold.
    fn at(threshold: f32, non_mated: &[NonMated], samples: &[Sample]) -> Self {
        let reach = non_mated.iter().filter(|n| n.score >= threshold);
        let found: Vec<[u32; 2]> = reach.map(|n| n.images).collect();
        Self::among(&found, non_mated.len(), samples)
    }

    fn among(found: &[[u32; 2]], of: usize, samples: &[Sample]) -> Self {
        let sorted = |[a, b]: [usize; 2]| [a.min(b), a.max(b)];
        let images = found.iter().map(|pair| sorted(pair.map(|i| i as usize)));
        let people = found
            .iter()
            .map(|pair| sorted(pair.map(|i| samples[i as usize].person)));
        Self {
            count: found.len(),
            of,
            images: images.collect::<BTreeSet<_>>().len(),
            people: people.collect::<BTreeSet<_>>().len(),
        }
    }

    /// FMR; none where nothing was compared.
    fn rate(&self) -> Option<f64> {
        share(self.count, self.of)
    }

    fn json(&self) -> Value {
        json!({ "comparisons": self.count, "pairs_of_images": self.images, "pairs_of_people": self.people })
    }
}

/// FMR, and where it is hardly known, how little it rests on.
impl std::fmt::Display for FalseMatches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(rate) = self.rate() else {
            return write!(f, "FMR –");
        };
        write!(f, "FMR {rate:.1e}")?;
        if self.images < RULE_OF_30 {
            let Self {
                count,
                images,
                people,
                ..
            } = self;
            write!(
                f,
                " (by {count} false matches only, pairs of images: {images}, of people: {people}; rule of 30)"
            )?;
        }
        Ok(())
    }
}

/// What the mark means.
const RULE: &str = "rule of 30 (ISO/IEC 19795-1): an FMR by false matches of fewer than 30 pairs of images is not known to within 30 %";

/// A threshold set on one half of the people, and what it does to the other half.
struct Transferred {
    threshold: f32,
    false_matches: FalseMatches,
    fnmr: Rate,
}

/// The images of which nothing could be made that is compared.
struct Failed {
    rate: Rate,
    names: Vec<String>,
}

impl Failed {
    fn among<'a>(samples: impl Iterator<Item = &'a Sample>, is: fn(&Sample) -> bool) -> Self {
        let samples: Vec<&Sample> = samples.collect();
        let failed: Vec<Scored> = samples
            .iter()
            .map(|s| Scored {
                score: f32::from(u8::from(is(s))),
                person: s.person,
            })
            .collect();
        let names = samples.iter().filter(|s| is(s)).map(|s| s.name.clone());
        Self {
            rate: Rate::count(&failed, |failed| failed > 0.5),
            names: names.collect(),
        }
    }
}

impl Point {
    fn at(threshold: f32, comparisons: &Comparisons, samples: &[Sample]) -> Self {
        let Comparisons {
            mated,
            not_made,
            non_mated_of,
            ..
        } = comparisons;
        let meant: Vec<Scored> = mated.iter().chain(not_made).copied().collect();
        Self {
            threshold,
            false_matches: FalseMatches::at(threshold, non_mated_of, samples),
            fnmr: Rate::count(mated, |s| s < threshold),
            gfrr: Rate::count(&meant, |s| s < threshold),
        }
    }

    fn json(&self) -> Value {
        json!({
            "threshold": self.threshold,
            "false_matches": self.false_matches.json(),
            "fnmr": self.fnmr.json(),
            "gfrr": self.gfrr.json(),
        })
    }
}

impl Transferred {
    /// Error rates in the second half of the people at the threshold that the first half sets.
    fn new(fmr: f64, comparisons: &Comparisons, samples: &[Sample]) -> Option<Self> {
        let threshold = threshold_at(&comparisons.first_half, fmr)?;
        let (non_mated, mated) = &comparisons.second_half;
        Some(Self {
            threshold,
            false_matches: FalseMatches::at(threshold, non_mated, samples),
            fnmr: Rate::count(mated, |s| s < threshold),
        })
    }

    fn json(&self) -> Value {
        json!({
            "threshold": self.threshold, "fmr": self.false_matches.rate(),
            "false_matches": self.false_matches.json(), "fnmr": self.fnmr.json(),
        })
    }
}

impl Report {
    pub fn new(samples: &[Sample], mut comparisons: Comparisons, accepted: f32) -> Self {
        for scores in [&mut comparisons.non_mated, &mut comparisons.first_half] {
            *scores = statistics::descending(std::mem::take(scores));
        }
        let Comparisons {
            mated, non_mated, ..
        } = &comparisons;
        let points = FMRS.map(|fmr| {
            let threshold = threshold_at(non_mated, fmr);
            let point = threshold.map(|t| Point::at(t, &comparisons, samples));
            (fmr, point, Transferred::new(fmr, &comparisons, samples))
        });
        let scores: Vec<f32> = mated.iter().map(|s| s.score).collect();
        let windows = samples.iter().filter(|s| s.begins_window);
        Self {
            enrolment: Failed::among(samples.iter(), |s| s.reference.is_none()),
            acquisition: Failed::among(windows, |s| s.probe.is_none()),
            points: points.into(),
            accepted: Point::at(accepted, &comparisons, samples),
            false_clear: FalseMatches::among(&comparisons.false_clear, non_mated.len(), samples),
            equal_error: statistics::equal_error(&scores, non_mated),
            area: statistics::area_under_roc(&scores, non_mated),
            mated: scores,
            comparisons,
        }
    }

    pub fn print(&self, images: &Collection) -> Result<(), Failure> {
        let Comparisons {
            mated,
            non_mated,
            lost,
            clear,
            ..
        } = &self.comparisons;
        line(images)?;
        line(format_args!(
            "{} mated and {} non-mated comparisons, {lost} pairs lost",
            mated.len(),
            non_mated.len()
        ))?;
        let (enrolment, acquisition) = (self.enrolment.rate, self.acquisition.rate);
        line(format_args!(
            "failure to enrol (FTE), images that give no reference: {enrolment}"
        ))?;
        line(format_args!(
            "failure to acquire (FTA), frames or windows that give no template: {acquisition}"
        ))?;
        line(format_args!(
            "clear by the first recogniser alone: {} of mated; {}",
            share(*clear, mated.len()).map_or("–".into(), |s| format!("{:.1} %", 100.0 * s)),
            self.false_clear
        ))?;
        if let Some(area) = self.area {
            line(format_args!("area under the ROC: {area:.6}"))?;
        }
        if let Some((rate, threshold)) = self.equal_error {
            let rate = rate * 100.0;
            line(format_args!("EER {rate:.2} % at {threshold:.4}"))?;
        }
        self.print_points()?;
        let accepted = &self.accepted;
        line(format_args!(
            "accepted by the manifest from {:.4}: {}, FNMR {}, GFRR {}",
            accepted.threshold, accepted.false_matches, accepted.fnmr, accepted.gfrr
        ))?;
        line(RULE)?;
        line(
            "GFRR: generalized false reject rate (ISO/IEC 19795-1), (mated comparisons below the threshold + those not made \
             for a failure to enrol or to acquire) ÷ all mated comparisons meant; that is FTE + (1 − FTE)·FTA + (1 − FTE)(1 − FTA)·FNMR \
             where failures befall all comparisons alike",
        )?;
        Ok(line(INTERVALS)?)
    }

    fn print_points(&self) -> Result<(), Failure> {
        for (fmr, point, transferred) in &self.points {
            let Some(point) = point else {
                line(format_args!("FMR {fmr:.0e}: too few comparisons"))?;
                continue;
            };
            let (threshold, fnmr, gfrr) = (point.threshold, &point.fnmr, &point.gfrr);
            line(format_args!(
                "FMR {fmr:.0e}: threshold {threshold:.4}, FNMR {fnmr}, GFRR {gfrr}"
            ))?;
            line(format_args!("  there: {}", point.false_matches))?;
            if let Some(t) = transferred {
                let (threshold, found, fnmr) = (t.threshold, &t.false_matches, t.fnmr);
                line(format_args!(
                    "  set on the first half of the people, {threshold:.4}; in the second: {found}, FNMR {fnmr}"
                ))?;
            }
        }
        Ok(())
    }

    pub fn json(&self, images: &Collection, unreadable: &Unreadable) -> Value {
        let points = self.points.iter().filter_map(|(fmr, point, transferred)| {
            let mut json = point.as_ref()?.json();
            json["fmr"] = json!(fmr);
            json["first_half_on_second"] = transferred.as_ref().map(Transferred::json).into();
            Some(json)
        });
        let mut accepted = self.accepted.json();
        accepted["fmr"] = json!(self.accepted.false_matches.rate());
        json!({
            "found": images.json(),
            "unreadable": unreadable.json(),
            "mated": self.comparisons.mated.len(),
            "non_mated": self.comparisons.non_mated.len(),
            "mated_not_made": self.comparisons.not_made.len(),
            "pairs_lost": self.comparisons.lost,
            "failure_to_enrol": self.enrolment.rate.json(),
            "not_enrolled": self.enrolment.names,
            "failure_to_acquire": self.acquisition.rate.json(),
            "not_acquired": self.acquisition.names,
            "clear": {
                "mated": self.comparisons.clear, "non_mated": self.false_clear.count,
                "fmr": self.false_clear.rate(), "false_matches": self.false_clear.json(),
            },
            "area_under_roc": self.area,
            "equal_error": self.equal_error.map(|(rate, t)| json!({ "rate": rate, "threshold": t })),
            "accepted": accepted,
            "points": points.collect::<Vec<_>>(),
            "intervals": INTERVALS,
        })
    }

    pub fn plot(&self) -> String {
        let marks = self.points.iter().filter_map(|(fmr, point, _)| {
            point.as_ref().map(|point| Mark {
                x: f64::from(point.threshold),
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

fn share(count: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| count as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(person: usize) -> Sample {
        Sample {
            person,
            name: String::new(),
            occasion: String::new(),
            reference: None,
            probe: None,
            begins_window: true,
        }
    }

    /// Two images compared both ways are not two independent errors (rule of 30).
    #[test]
    fn a_pair_of_images_counts_once_whichever_is_the_reference() {
        let samples = [0, 0, 1, 2].map(sample);
        let non_mated = [
            (0.9, [0, 2]),
            (0.8, [2, 0]),
            (0.8, [1, 2]),
            (0.7, [0, 3]),
            (0.1, [3, 2]),
        ]
        .map(|(score, images)| NonMated { score, images });
        let found = FalseMatches::at(0.5, &non_mated, &samples);
        assert_eq!([found.count, found.images, found.people], [4, 3, 2]);
        assert_eq!(found.rate(), Some(0.8));
        assert!(found.to_string().contains("rule of 30"), "{found}");
    }

    #[test]
    fn an_fmr_by_thirty_pairs_of_images_has_no_mark_and_one_of_nothing_no_value() {
        let samples: Vec<Sample> = (0..32).map(sample).collect();
        let found: Vec<[u32; 2]> = (1..=30).map(|n| [0, n]).collect();
        let marked = |found| FalseMatches::among(found, 1000, &samples).to_string();
        assert_eq!(marked(&found), "FMR 3.0e-2");
        assert!(marked(&found[1..]).contains("rule of 30"));
        assert_eq!(FalseMatches::among(&[], 0, &samples).to_string(), "FMR –");
    }
}
