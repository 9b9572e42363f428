//! Whether the screen may rest: nobody stands before the kiosk, and nobody is being served. Presence
//! and time in, dim or bright out.

use std::time::Duration;

/// What is known of who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    dim_after: Duration,
    /// None until a sensor has said something: without one the screen never rests.
    there: Option<bool>,
    /// When somebody was there last, or touched the screen.
    last: Duration,
}

impl Attendance {
    /// Nobody has been seen yet, and no sensor is known.
    pub fn new(dim_after: Duration, now: Duration) -> Self {
        Self {
            dim_after,
            there: None,
            last: now,
        }
    }

    /// The sensor says whether somebody is there.
    pub fn seen(&mut self, there: bool, now: Duration) {
        self.there = Some(there);
        self.last = now;
    }

    /// The sensor cannot be asked any more.
    pub fn blind(&mut self) {
        self.there = None;
    }

    /// Somebody touched the screen, whatever the sensor says.
    pub fn touched(&mut self, now: Duration) {
        self.last = now;
    }

    /// Whether the screen rests. It never does while somebody is served.
    pub fn rests(&self, serving: bool, now: Duration) -> bool {
        !serving && self.there == Some(false) && now.saturating_sub(self.last) >= self.dim_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_screen_rests_when_nobody_was_there_for_long_enough_and_wakes_for_anybody() {
        let mut hall = Attendance::new(s(120), s(0));
        assert!(!hall.rests(false, s(9_999)), "no sensor, no rest");
        hall.seen(true, s(10));
        assert!(!hall.rests(false, s(9_999)), "somebody stands there, still");
        hall.seen(false, s(100));
        assert!(!hall.rests(false, s(219)));
        assert!(hall.rests(false, s(220)));
        assert!(!hall.rests(true, s(220)), "never while somebody is served");
        hall.touched(s(230));
        assert!(
            !hall.rests(false, s(240)),
            "a finger counts without the sensor"
        );
        hall.seen(true, s(400));
        assert!(!hall.rests(false, s(400)), "awake at once");
        hall.seen(false, s(401));
        hall.blind();
        assert!(!hall.rests(false, s(9_999)));
    }
}
