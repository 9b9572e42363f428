//! When a switch counts as switched: contacts bounce, and a spark is no opened case. Levels and
//! times in, settled levels out; nothing here reads a line or a clock.

use std::time::Duration;

/// Watches one line: a level counts when it was seen for long enough without another one between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settle {
    needs: Duration,
    told: Option<bool>,
    seen: Option<(bool, Duration)>,
}

impl Settle {
    /// A line of which nothing is known yet; a level must be there for `needs`.
    #[must_use]
    pub const fn new(needs: Duration) -> Self {
        Self {
            needs,
            told: None,
            seen: None,
        }
    }

    /// The line has this level at the moment `now`. Returns a level when it begins to count; the
    /// first one too, because whoever starts has to know how things stand.
    pub fn see(&mut self, level: bool, now: Duration) -> Option<bool> {
        let since = match self.seen {
            Some((seen, since)) if seen == level => since,
            _ => {
                self.seen = Some((level, now));
                now
            }
        };
        let settled = now.saturating_sub(since) >= self.needs;
        (settled && self.told != Some(level)).then(|| {
            self.told = Some(level);
            level
        })
    }

    /// When the level seen last begins to count if it stays; none if nothing is waited for.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        let (level, since) = self.seen?;
        (self.told != Some(level)).then(|| since + self.needs)
    }

    /// The level that counts; none before the first one has settled.
    #[must_use]
    pub const fn settled(&self) -> Option<bool> {
        self.told
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEEDS: Duration = Duration::from_millis(50);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_bouncing_contact_is_told_once_it_rests() {
        let mut line = Settle::new(NEEDS);
        assert_eq!(line.see(false, ms(0)), None);
        assert_eq!(line.due(), Some(ms(50)));
        assert_eq!(line.see(false, ms(50)), Some(false), "how it stands first");
        assert_eq!(line.due(), None);
        for (level, at) in [(true, 60), (false, 64), (true, 66), (false, 70), (true, 71)] {
            assert_eq!(line.see(level, ms(at)), None);
        }
        assert_eq!(line.see(true, ms(120)), None, "49 ms are not enough");
        assert_eq!(line.see(true, ms(121)), Some(true));
        assert_eq!(line.see(true, ms(500)), None, "and only once");
    }

    proptest! {
        /// Whatever the line does: what is told alternates, was there at that moment, and had been
        /// seen without interruption for as long as is needed.
        #[test]
        fn what_is_told_was_there_for_long_enough(
            steps in prop::collection::vec((any::<bool>(), 0_u64..80), 1..200)
        ) {
            let mut line = Settle::new(NEEDS);
            let (mut now, mut since, mut last, mut told) = (0, 0, None, None);
            for (level, pause) in steps {
                now += pause;
                if last != Some(level) {
                    (last, since) = (Some(level), now);
                }
                if let Some(news) = line.see(level, ms(now)) {
                    prop_assert_eq!(news, level);
                    prop_assert_ne!(Some(news), told);
                    prop_assert!(now - since >= 50);
                    told = Some(news);
                } else if now - since >= 50 {
                    prop_assert_eq!(told, Some(level), "a level that rests is never kept back");
                }
                prop_assert_eq!(line.settled(), told);
                prop_assert_eq!(line.due().is_none(), told == Some(level));
            }
        }
    }
}
