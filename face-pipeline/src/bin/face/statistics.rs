//! Error rates at thresholds (ISO/IEC 19795-1), with 95 % intervals.

use serde_json::{Value, json};

/// A rate and its Wilson interval at 95 %.
pub struct Rate {
    pub errors: usize,
    pub of: usize,
}

const Z: f64 = 1.96;

impl Rate {
    /// How many of `scores` fulfil `wrong`.
    pub fn count(scores: &[f32], wrong: impl Fn(f32) -> bool) -> Self {
        Self {
            errors: scores.iter().filter(|s| wrong(**s)).count(),
            of: scores.len(),
        }
    }

    pub fn value(&self) -> f64 {
        self.errors as f64 / self.of.max(1) as f64
    }

    pub fn interval(&self) -> (f64, f64) {
        let (n, p) = (self.of.max(1) as f64, self.value());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_lets_through_no_more_than_asked() {
        let scores: Vec<f32> = (0..1000).rev().map(|s| s as f32).collect();
        let threshold = threshold_at(&scores, 0.01).expect("enough scores");
        assert_eq!(Rate::count(&scores, |s| s >= threshold).errors, 10);
        assert_eq!(
            threshold_at(&scores, 1e-4),
            None,
            "a thousand scores cannot show this"
        );
    }

    #[test]
    fn no_error_seen_is_not_no_error() {
        let (low, high) = Rate { errors: 0, of: 300 }.interval();
        assert_eq!(low, 0.0);
        assert!((0.012..0.013).contains(&high));
    }
}
