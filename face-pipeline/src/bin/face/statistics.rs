//! Error rates at thresholds (ISO/IEC 19795-1), with 95 % intervals.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A score and the person it is of. Comparisons of one person are not independent of each other.
#[derive(Clone, Copy)]
pub struct Scored {
    pub score: f32,
    pub person: usize,
}

/// An error rate with its 95 % interval: Wilson's score interval over the *effective* number of
/// comparisons. That is the number of comparisons divided by the design effect, the ratio of the
/// variance over people (ISO/IEC 19795-1, several comparisons per person, unequal in number) to
/// that of as many independent comparisons.
#[derive(Clone, Copy)]
pub struct Rate {
    pub errors: usize,
    pub of: usize,
    effective: f64,
}

/// Name of the method of all intervals.
pub const INTERVALS: &str = "95 % intervals: Wilson, over the effective number of comparisons by the variance over people (ISO/IEC 19795-1)";
/// 97.5th percentile of the normal distribution.
const Z: f64 = 1.96;

impl Rate {
    /// Of independent trials.
    pub fn of(errors: usize, of: usize) -> Self {
        Self {
            errors,
            of,
            effective: of.max(1) as f64,
        }
    }

    /// How many of `scores` fulfil `wrong`.
    pub fn count(scores: &[Scored], wrong: impl Fn(f32) -> bool) -> Self {
        let mut people = BTreeMap::<usize, (f64, f64)>::new();
        for scored in scores {
            let (errors, of) = people.entry(scored.person).or_default();
            *errors += f64::from(u8::from(wrong(scored.score)));
            *of += 1.0;
        }
        let errors = people.values().map(|p| p.0).sum::<f64>();
        Self {
            errors: errors as usize,
            of: scores.len(),
            effective: scores.len().max(1) as f64
                / design_effect(people.values(), errors / scores.len().max(1) as f64),
        }
    }

    pub fn value(&self) -> f64 {
        self.errors as f64 / self.of.max(1) as f64
    }

    pub fn interval(&self) -> (f64, f64) {
        let (n, p) = (self.effective, self.value());
        let centre = p + Z * Z / (2.0 * n);
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let whole = 1.0 + Z * Z / n;
        (
            ((centre - half) / whole).max(0.0),
            ((centre + half) / whole).min(1.0),
        )
    }

    pub fn json(&self) -> Value {
        let (low, high) = self.interval();
        json!({ "errors": self.errors, "of": self.of, "rate": self.value(), "low95": low, "high95": high })
    }
}

/// How many times the variance over people is that of independent trials; at least 1, and without
/// any error to learn from, the mean number of trials per person.
fn design_effect<'a>(people: impl Iterator<Item = &'a (f64, f64)>, rate: f64) -> f64 {
    let (mut squares, mut trials, mut count) = (0.0, 0.0, 0.0);
    for (errors, of) in people {
        squares += (errors - rate * of).powi(2);
        trials += of;
        count += 1.0;
    }
    let independent = rate * (1.0 - rate) * trials;
    if independent <= 0.0 || count < 2.0 {
        return (trials / f64::max(count, 1.0)).max(1.0);
    }
    (squares * count / (count - 1.0) / independent).max(1.0)
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (low, high) = self.interval();
        let [rate, low, high] = [self.value(), low, high].map(|v| v * 100.0);
        write!(
            f,
            "{rate:.2} % ({low:.2}–{high:.2} %, {} of {})",
            self.errors, self.of
        )
    }
}

/// The lowest threshold at which no more than `rate` of `descending` scores reach it.
pub fn threshold_at(descending: &[f32], rate: f64) -> Option<f32> {
    let allowed = (descending.len() as f64 * rate) as usize;
    (allowed > 0)
        .then(|| descending.get(allowed).map(|s| s.next_up()))
        .flatten()
}

/// Area under the receiver operating characteristic: how often a positive scores above a negative.
pub fn area_under_roc(positives: &[f32], descending_negatives: &[f32]) -> f64 {
    let negatives = descending_negatives;
    let above = |s: f32| negatives.partition_point(|n| *n > s);
    let reached = |s: f32| negatives.partition_point(|n| *n >= s);
    let beaten = positives
        .iter()
        .map(|s| negatives.len() as f64 - (above(*s) + reached(*s)) as f64 / 2.0);
    beaten.sum::<f64>() / (positives.len().max(1) as f64 * negatives.len().max(1) as f64)
}

/// Where as large a share of positives is refused as of negatives is accepted: rate and threshold.
pub fn equal_error(positives: &[f32], descending_negatives: &[f32]) -> Option<(f64, f32)> {
    let mut ascending = positives.to_vec();
    ascending.sort_by(f32::total_cmp);
    let count = ascending.len() as f64;
    ascending.iter().enumerate().find_map(|(refused, t)| {
        let accepted = descending_negatives.partition_point(|n| n >= t) as f64;
        let false_accepts = accepted / descending_negatives.len().max(1) as f64;
        let false_refusals = refused as f64 / count;
        (false_refusals >= false_accepts).then_some(((false_refusals + false_accepts) / 2.0, *t))
    })
}

pub fn descending(mut scores: Vec<f32>) -> Vec<f32> {
    scores.sort_by(|a, b| b.total_cmp(a));
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_lets_through_no_more_than_asked() {
        let scores: Vec<f32> = (0..1000).rev().map(|s| s as f32).collect();
        let threshold = threshold_at(&scores, 0.01).expect("enough scores");
        assert_eq!(scores.iter().filter(|s| **s >= threshold).count(), 10);
        assert_eq!(
            threshold_at(&scores, 1e-4),
            None,
            "a thousand scores cannot show this"
        );
    }

    #[test]
    fn no_error_seen_is_not_no_error() {
        let (low, high) = Rate::of(0, 300).interval();
        assert_eq!(low, 0.0);
        assert!((0.012..0.013).contains(&high));
    }

    #[test]
    fn comparisons_of_one_person_count_as_little_as_they_tell() {
        let scored = |each: usize| -> Vec<Scored> {
            let one = |n: usize| Scored {
                score: f32::from(u8::from(!(n / each).is_multiple_of(10))),
                person: n / each,
            };
            (0..1000).map(one).collect()
        };
        let wide = |each| {
            let (low, high) = Rate::count(&scored(each), |s| s < 0.5).interval();
            high - low
        };
        let (alone, dependent) = (wide(1), wide(10)); // ten comparisons, all wrong or all right
        assert!(
            (2.8..3.6).contains(&(dependent / alone)),
            "√10 times as wide"
        );
    }

    #[test]
    fn area_and_equal_error_of_a_known_case() {
        let (positives, negatives) = ([0.9, 0.8, 0.7, 0.3], [0.75, 0.4, 0.2, 0.1]);
        let area = area_under_roc(&positives, &negatives);
        assert!((area - 13.0 / 16.0).abs() < 1e-9);
        let (rate, _) = equal_error(&positives, &negatives).expect("scores");
        assert!((rate - 0.25).abs() < 1e-9);
    }
}
