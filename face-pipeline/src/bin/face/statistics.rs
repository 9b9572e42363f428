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
/// comparisons, with Student's t for the normal distribution (Korn and Graubard, *Survey Methodology*
/// 24, 1998, adjust the effective number so), because the design effect is itself estimated from few
/// people. The effective number is that of the comparisons divided by the design effect: the ratio of
/// the variance over people (ISO/IEC 19795-1, several comparisons per person, unequal in number) to
/// that of as many independent comparisons. Without any error there is no variance, and each person
/// counts once; an error that is seen never makes the upper bound lower than that. The same holds where
/// all are errors, for the lower bound.
#[derive(Clone, Copy)]
pub struct Rate {
    pub errors: usize,
    pub of: usize,
    people: usize,
    effective: f64,
}

/// Name of the method of all intervals.
pub const INTERVALS: &str = "95 % intervals: Wilson with Student's t, over the effective number of comparisons by the variance over people (ISO/IEC 19795-1; Korn and Graubard, 1998), never narrower than of no error";

impl Rate {
    /// How many of `scores` fulfil `wrong`.
    pub fn count(scores: &[Scored], wrong: impl Fn(f32) -> bool) -> Self {
        let mut people = BTreeMap::<usize, (f64, f64)>::new();
        for scored in scores {
            let (errors, of) = people.entry(scored.person).or_default();
            *errors += f64::from(u8::from(wrong(scored.score)));
            *of += 1.0;
        }
        let errors = people.values().map(|p| p.0).sum::<f64>() as usize;
        Self {
            errors,
            of: scores.len(),
            people: people.len(),
            effective: effective(&people, errors, scores.len()),
        }
    }

    /// None where nothing was counted.
    pub fn value(&self) -> Option<f64> {
        (self.of > 0).then(|| self.errors as f64 / self.of as f64)
    }

    /// Of one person anything is possible.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let rate = self.value()?;
        let Some(t) = student(self.people.saturating_sub(1)) else {
            return Some((0.0, 1.0));
        };
        let (low, high) = wilson(rate, self.effective, t);
        let (_, of_none) = wilson(0.0, self.people as f64, t);
        let (of_all, _) = wilson(1.0, self.people as f64, t);
        Some((low.min(of_all), high.max(of_none)))
    }

    pub fn json(&self) -> Value {
        let (low, high) = self.interval().unzip();
        json!({ "errors": self.errors, "of": self.of, "people": self.people, "rate": self.value(), "low95": low, "high95": high })
    }
}

/// Wilson's score interval of a rate seen in so many trials.
fn wilson(rate: f64, trials: f64, quantile: f64) -> (f64, f64) {
    let square = quantile * quantile;
    let centre = rate + square / (2.0 * trials);
    let variance = rate * (1.0 - rate) / trials + square / (4.0 * trials * trials);
    let half = quantile * variance.sqrt();
    let whole = 1.0 + square / trials;
    let (low, high) = ((centre - half) / whole, (centre + half) / whole);
    (low.clamp(0.0, rate), high.clamp(rate, 1.0)) // rounding apart, it contains the rate
}

/// 97.5th percentile of Student's t: exact to four digits for few degrees of freedom, from five on by
/// Fisher's expansion about the normal distribution's (Abramowitz and Stegun, 26.7.5). None of none.
fn student(freedom: usize) -> Option<f64> {
    /// The normal distribution's 97.5th percentile.
    const Z: f64 = 1.959_964;
    const FEW: [f64; 4] = [12.706, 4.303, 3.182, 2.776];
    if let Some(exact) = FEW.get(freedom.checked_sub(1)?) {
        return Some(*exact);
    }
    let z = |power: i32| Z.powi(power);
    let terms = [
        (z(3) + Z) / 4.0,
        (5.0 * z(5) + 16.0 * z(3) + 3.0 * Z) / 96.0,
        (3.0 * z(7) + 19.0 * z(5) + 17.0 * z(3) - 15.0 * Z) / 384.0,
        (79.0 * z(9) + 776.0 * z(7) + 1482.0 * z(5) - 1920.0 * z(3) - 945.0 * Z) / 92_160.0,
    ];
    let over = |(power, term): (i32, f64)| term / (freedom as f64).powi(power);
    Some(Z + (1..).zip(terms).map(over).sum::<f64>())
}

/// The number of independent trials that tell as much: where there is no variance to learn from, that of
/// the people. Errors and trials of each person come in.
fn effective(people: &BTreeMap<usize, (f64, f64)>, errors: usize, of: usize) -> f64 {
    let count = people.len() as f64;
    if errors == 0 || errors == of || people.len() < 2 {
        return count;
    }
    let trials = of as f64;
    let rate = errors as f64 / trials;
    let squares: f64 = people
        .values()
        .map(|(errors, of)| (errors - rate * of).powi(2))
        .sum();
    let independent = rate * (1.0 - rate) * trials;
    let design_effect = squares * count / (count - 1.0) / independent;
    trials / design_effect.max(1.0)
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Some(rate), Some((low, high))) = (self.value(), self.interval()) else {
            return write!(f, "– (0 of 0)");
        };
        let [rate, low, high] = [rate, low, high].map(|v| v * 100.0);
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

/// Area under the receiver operating characteristic: how often a positive scores above a negative; none
/// where either are missing.
pub fn area_under_roc(positives: &[f32], descending_negatives: &[f32]) -> Option<f64> {
    let negatives = descending_negatives;
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    let above = |s: f32| negatives.partition_point(|n| *n > s);
    let reached = |s: f32| negatives.partition_point(|n| *n >= s);
    let beaten = positives
        .iter()
        .map(|s| negatives.len() as f64 - (above(*s) + reached(*s)) as f64 / 2.0);
    Some(beaten.sum::<f64>() / (positives.len() as f64 * negatives.len() as f64))
}

/// Where as large a share of positives is refused as of negatives is accepted: rate and threshold.
pub fn equal_error(positives: &[f32], descending_negatives: &[f32]) -> Option<(f64, f32)> {
    if descending_negatives.is_empty() {
        return None;
    }
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
    use proptest::test_runner::Config as ProptestConfig;

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
        let one = |person| Scored { score: 1.0, person };
        let people: Vec<Scored> = (0..300).map(one).collect();
        let rate = Rate::count(&people, |s| s < 0.5);
        let (low, high) = rate.interval().expect("an interval");
        assert_eq!(low, 0.0);
        assert!((0.012..0.013).contains(&high));
    }

    /// Of each person so many comparisons, of which so many are errors.
    fn counted(people: &[[usize; 2]]) -> Rate {
        let scored = people.iter().enumerate().flat_map(|(person, [wrong, of])| {
            (0..*of).map(move |number| Scored {
                score: f32::from(u8::from(number >= *wrong)),
                person,
            })
        });
        Rate::count(&scored.collect::<Vec<_>>(), |s| s < 0.5)
    }

    fn bounds(people: &[[usize; 2]]) -> (f64, f64) {
        counted(people).interval().expect("an interval")
    }

    /// Of 5 people with 664 comparisons each no error bounded the rate to 43.4 %, and one to 0.17 %.
    #[test]
    fn an_error_seen_is_no_better_than_none() {
        let mut people = [[0, 664]; 5];
        let (_, of_none) = bounds(&people);
        people[0][0] = 1;
        assert!(bounds(&people).1 >= of_none);
        assert!((0.60..0.61).contains(&of_none), "t² ÷ (5 + t²): {of_none}");
    }

    #[test]
    fn few_people_are_no_normal_distribution() {
        for (freedom, tabulated) in [
            (1, 12.706),
            (4, 2.776),
            (5, 2.571),
            (7, 2.365),
            (30, 2.042),
            (1000, 1.962),
        ] {
            let t = student(freedom).expect("a percentile");
            assert!((t - tabulated).abs() < 1e-3, "{freedom}: {t}");
        }
        assert_eq!(student(0), None);
        assert_eq!(
            bounds(&[[0, 1000]]),
            (0.0, 1.0),
            "one person tells nothing of others"
        );
    }

    /// An interval, its rate, and the upper bound if there had been no error.
    fn contains(people: &[[usize; 2]]) {
        let none: Vec<[usize; 2]> = people.iter().map(|[_, of]| [0, *of]).collect();
        let ((low, high), (_, of_none)) = (bounds(people), bounds(&none));
        let rate = counted(people).value().expect("a rate");
        assert!(0.0 <= low && low <= rate && rate <= high && high <= 1.0);
        assert!(high >= of_none, "{high} {of_none}");
    }

    /// More errors of one person, and of each of `count` people, who have so many trials each.
    fn rises((count, of): (usize, usize), wrong: usize) {
        let one = |wrong| {
            let mut people = vec![[0, of]; count];
            people[0][0] = wrong;
            bounds(&people)
        };
        let all = |wrong| bounds(&vec![[wrong, of]; count]);
        for (fewer, more) in [(one(wrong), one(wrong + 1)), (all(wrong), all(wrong + 1))] {
            assert!(fewer.0 <= more.0 && fewer.1 <= more.1, "{fewer:?} {more:?}");
        }
    }

    /// 151 trials divided by their mean number per person were not quite the 7 people again.
    #[test]
    fn the_bound_of_no_error_is_the_same_however_it_is_counted() {
        contains(&[[5, 49], [1, 34], [4, 11], [7, 35], [1, 9], [5, 5], [8, 8]]);
    }

    #[test]
    fn bounds_rise_to_where_all_are_errors() {
        rises((2, 79), 78);
    }

    proptest::proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_interval_contains_its_rate_and_the_bound_of_no_error(
            people in proptest::collection::vec((0..=50_usize, 1..=50_usize), 1..20),
        ) {
            let people: Vec<[usize; 2]> =
                people.into_iter().map(|(wrong, of)| [wrong.min(of), of]).collect();
            contains(&people);
        }

        #[test]
        fn bounds_rise_with_errors_of_one_person_and_of_all(
            (count, of) in (2..30_usize, 2..100_usize), wrong in 0..99_usize,
        ) {
            rises((count, of), wrong % of);
        }

        #[test]
        fn fewer_people_of_the_same_kind_tell_less(
            people in proptest::collection::vec((0..=50_usize, 1..=50_usize), 2..20),
        ) {
            let people: Vec<[usize; 2]> =
                people.into_iter().map(|(wrong, of)| [wrong.min(of), of]).collect();
            let (few, many) = (bounds(&people), bounds(&[&people[..], &people[..]].concat()));
            proptest::prop_assert!(many.1 - many.0 < few.1 - few.0, "{many:?} {few:?}");
        }
    }

    #[test]
    fn nothing_counted_is_no_rate() {
        let none = Rate::count(&[], |_| true);
        assert_eq!(none.to_string(), "– (0 of 0)");
        assert!(none.json()["rate"].is_null() && none.json()["high95"].is_null());
        assert_eq!(area_under_roc(&[0.5], &[]), None);
        assert_eq!(equal_error(&[0.5], &[]), None);
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
            let rate = Rate::count(&scored(each), |s| s < 0.5);
            let (low, high) = rate.interval().expect("an interval");
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
        let area = area_under_roc(&positives, &negatives).expect("scores");
        assert!((area - 13.0 / 16.0).abs() < 1e-9);
        let (rate, _) = equal_error(&positives, &negatives).expect("scores");
        assert!((rate - 0.25).abs() < 1e-9);
    }
}
