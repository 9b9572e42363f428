//! What comparisons of faces come to (ISO/IEC 19795-1): failures to enrol and to acquire, the trade-off of both error
//! rates, and what the manifest's threshold does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Failure;
use super::matching::Comparisons;
use super::samples::Sample;
use crate::collection::Collection;
use crate::output::line;
use crate::plot::{self, Mark};
use crate::statistics::{self, INTERVALS, Rate, Scored, share_from, threshold_at};
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
    points: Vec<(f64, Option<Point>)>,
    accepted: Point,
    equal_error: Option<(f64, f32)>,
    area: Option<f64>,
}

/// What a threshold does.
struct Point {
    threshold: f32,
    fmr: Option<f64>,
    false_matches: FalseMatches,
    fnmr: Rate,
    /// Generalized false reject rate: an image that gave no reference, or no frame, counts as refused.
    gfrr: Rate,
}

/// Comparisons of two people that reach a threshold, and of how many pairs of images and of people.
struct FalseMatches {
    count: usize,
    images: usize,
    people: usize,
}

impl FalseMatches {
    fn at(threshold: f32, comparisons: &Comparisons, samples: &[Sample]) -> Self {
        let non_mated = comparisons.non_mated_of.iter();
        let found: Vec<[u32; 2]> = non_mated
            .filter(|(score, _)| *score >= threshold)
            .map(|(_, images)| *images)
            .collect();
        let sorted = |[a, b]: [usize; 2]| [a.min(b), a.max(b)];
        let images = found.iter().map(|pair| sorted(pair.map(|i| i as usize)));
        let people = found
            .iter()
            .map(|pair| sorted(pair.map(|i| samples[i as usize].person)));
        Self {
            count: found.len(),
            images: images.collect::<BTreeSet<_>>().len(),
            people: people.collect::<BTreeSet<_>>().len(),
        }
    }

    fn json(&self) -> Value {
        json!({ "comparisons": self.count, "pairs_of_images": self.images, "pairs_of_people": self.people })
    }
}

/// A threshold set on one half of the people, and what it does to the other half.
struct Transferred {
    threshold: f32,
    fmr: Option<f64>,
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
            non_mated,
            ..
        } = comparisons;
        let meant: Vec<Scored> = mated.iter().chain(not_made).copied().collect();
        Self {
            threshold,
            fmr: share_from(non_mated, threshold),
            false_matches: FalseMatches::at(threshold, comparisons, samples),
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
    fn new(fmr: f64, comparisons: &Comparisons) -> Option<Self> {
        let threshold = threshold_at(&comparisons.first_half, fmr)?;
        let (non_mated, mated) = &comparisons.second_half;
        Some(Self {
            threshold,
            fmr: share_from(non_mated, threshold),
            fnmr: Rate::count(mated, |s| s < threshold),
        })
    }
}

impl Report {
    pub fn new(samples: &[Sample], mut comparisons: Comparisons, accepted: f32) -> Self {
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
        let points = FMRS.map(|fmr| {
            let threshold = threshold_at(non_mated, fmr);
            (fmr, threshold.map(|t| Point::at(t, &comparisons, samples)))
        });
        let scores: Vec<f32> = mated.iter().map(|s| s.score).collect();
        let windows = samples.iter().filter(|s| s.begins_window);
        Self {
            enrolment: Failed::among(samples.iter(), |s| s.reference.is_none()),
            acquisition: Failed::among(windows, |s| s.probe.is_none()),
            points: points.into(),
            accepted: Point::at(accepted, &comparisons, samples),
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
            clear: [false_clear, clear],
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
            "clear by the first recogniser alone: {} of mated, {false_clear} non-mated (FMR {})",
            share(*clear, mated.len()).map_or("–".into(), |s| format!("{:.1} %", 100.0 * s)),
            exponent(share(*false_clear, non_mated.len()))
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
            "accepted by the manifest from {:.4}: FMR {}, FNMR {}, GFRR {}",
            accepted.threshold,
            exponent(accepted.fmr),
            accepted.fnmr,
            accepted.gfrr
        ))?;
        line(
            "GFRR: generalized false reject rate (ISO/IEC 19795-1), (mated comparisons below the threshold + those not made \
             for a failure to enrol or to acquire) ÷ all mated comparisons meant; that is FTE + (1 − FTE)·FTA + (1 − FTE)(1 − FTA)·FNMR \
             where failures befall all comparisons alike",
        )?;
        Ok(line(INTERVALS)?)
    }

    fn print_points(&self) -> Result<(), Failure> {
        for (fmr, point) in &self.points {
            let Some(point) = point else {
                line(format_args!("FMR {fmr:.0e}: too few comparisons"))?;
                continue;
            };
            let (threshold, fnmr, gfrr) = (point.threshold, &point.fnmr, &point.gfrr);
            line(format_args!(
                "FMR {fmr:.0e}: threshold {threshold:.4}, FNMR {fnmr}, GFRR {gfrr}"
            ))?;
            let FalseMatches {
                count,
                images,
                people,
            } = point.false_matches;
            if images < RULE_OF_30 {
                line(format_args!(
                    "  by {count} false matches (pairs of images: {images}, of people: {people}) only: this FMR is \
                     not known to within 30 % (ISO/IEC 19795-1, rule of 30)"
                ))?;
            }
            if let Some(t) = Transferred::new(*fmr, &self.comparisons) {
                let (threshold, rate, fnmr) = (t.threshold, exponent(t.fmr), t.fnmr);
                line(format_args!(
                    "  set on the first half of the people, {threshold:.4}; in the second: FMR {rate}, FNMR {fnmr}"
                ))?;
            }
        }
        Ok(())
    }

    pub fn json(&self, images: &Collection, unreadable: &Unreadable) -> Value {
        let points = self.points.iter().filter_map(|(fmr, point)| {
            let mut json = point.as_ref()?.json();
            json["fmr"] = json!(fmr);
            json["first_half_on_second"] = Transferred::new(*fmr, &self.comparisons)
                .map(|t| json!({ "threshold": t.threshold, "fmr": t.fmr, "fnmr": t.fnmr.json() }))
                .into();
            Some(json)
        });
        let Point {
            threshold,
            fmr,
            fnmr,
            gfrr,
            ..
        } = &self.accepted;
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
            "clear": { "mated": self.comparisons.clear[1], "non_mated": self.comparisons.clear[0] },
            "area_under_roc": self.area,
            "equal_error": self.equal_error.map(|(rate, t)| json!({ "rate": rate, "threshold": t })),
            "accepted": { "from": threshold, "fmr": fmr, "fnmr": fnmr.json(), "gfrr": gfrr.json() },
            "points": points.collect::<Vec<_>>(),
            "intervals": INTERVALS,
        })
    }

    pub fn plot(&self) -> String {
        let marks = self.points.iter().filter_map(|(fmr, point)| {
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

fn exponent(rate: Option<f64>) -> String {
    rate.map_or("–".into(), |rate| format!("{rate:.1e}"))
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
        let comparisons = Comparisons {
            non_mated_of: vec![
                (0.9, [0, 2]),
                (0.8, [2, 0]),
                (0.8, [1, 2]),
                (0.7, [0, 3]),
                (0.1, [3, 2]),
            ],
            ..Comparisons::default()
        };
        let found = FalseMatches::at(0.5, &comparisons, &samples);
        assert_eq!([found.count, found.images, found.people], [4, 3, 2]);
    }
}
