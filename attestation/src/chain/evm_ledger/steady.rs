//! A time that only goes forward, made of one that may not.

use std::time::Duration;

/// Adds up how far a clock went forward; its steps back count as nothing.
#[derive(Debug, Default)]
pub(super) struct Steady {
    last: Option<Duration>,
    elapsed: Duration,
}

impl Steady {
    /// The time since the first call.
    pub(super) fn advance(&mut self, now: Duration) -> Duration {
        let last = self.last.replace(now).unwrap_or(now);
        self.elapsed = self.elapsed.saturating_add(now.saturating_sub(last));
        self.elapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_never_takes_time_back() {
        let mut steady = Steady::default();
        let seconds = [100, 110, 20, 25, 25, u64::MAX, 0, 1];
        let seen: Vec<_> = seconds
            .iter()
            .map(|s| steady.advance(Duration::from_secs(*s)).as_secs())
            .collect();
        assert!(seen.is_sorted());
        assert_eq!(seen[..5], [0, 10, 10, 15, 15]);
    }
}
