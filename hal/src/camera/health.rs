//! Whether the pictures of a running camera can be believed: a stream whose pictures never change
//! is a hung camera (or a picture fed in by somebody), one without light a covered lens. Pure:
//! frames in, a verdict out; time is that of the frames.

use std::time::Duration;

use super::Frame;
use super::light::{Measured, measure};

/// For so long all sampled pixels must stay the same until a picture counts as frozen. The noise of
/// a sensor changes some of 19,000 samples with every frame; encoders that repeat a picture on
/// a missed frame do so for a few frames.
const FROZEN_AFTER: Duration = Duration::from_secs(1);
/// For so long a picture must be black until the lens counts as covered: a hand that brushes over
/// the lens, or a lamp that is switched, must not put the kiosk out of service.
const BLACK_AFTER: Duration = Duration::from_secs(5);

/// What is wrong with pictures that do come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The same picture again and again.
    Frozen,
    /// No light.
    Black,
}

/// A watch over the pictures of one opened camera.
#[derive(Debug, Default)]
pub struct Watch {
    last: Option<Measured>,
    same_since: Duration,
    black_since: Option<Duration>,
    sound: bool,
}

impl Watch {
    /// Looks at the next frame; says what has been wrong for long enough to be sure.
    pub fn look(&mut self, frame: &Frame) -> Option<Trouble> {
        let (now, seen) = (frame.at(), measure(frame));
        let before = self.last.replace(seen);
        let changed = before.is_none_or(|before| before.fingerprint != seen.fingerprint);
        if changed {
            self.same_since = now;
        }
        let black = seen.light.is_black();
        self.black_since = black.then(|| self.black_since.unwrap_or(now));
        self.sound |= before.is_some() && changed && !black;
        let lasts = |since: Duration, limit: Duration| now.saturating_sub(since) >= limit;
        // A covered lens may also give the same picture; that it is black tells more.
        match self.black_since {
            Some(since) => lasts(since, BLACK_AFTER).then_some(Trouble::Black),
            None => lasts(self.same_since, FROZEN_AFTER).then_some(Trouble::Frozen),
        }
    }

    /// Whether a picture with light has been seen that differed from the one before.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.sound
    }

    /// What is doubtful about the pictures so far, sure or not; nothing if there was none.
    #[must_use]
    pub fn suspicion(&self) -> Option<Trouble> {
        let last = self.last?;
        Some(if last.light.is_black() {
            Trouble::Black
        } else {
            Trouble::Frozen
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{FrameLayout, PixelFormat};

    /// Looks at frames of 30 a second, each of one shade with a little noise or none; says in
    /// which frame trouble was seen first.
    fn first_trouble(frames: u32, paint: impl Fn(u32) -> (u8, u8)) -> Option<(u32, Trouble)> {
        let mut watch = Watch::default();
        let layout = FrameLayout::packed(64, 48, PixelFormat::Grey8);
        (0..frames).find_map(|number| {
            let (shade, noise) = paint(number);
            let mut bytes = vec![shade; 64 * 48];
            bytes[0] += noise;
            let at = Duration::from_secs(100) + Duration::from_secs(1) * number / 30;
            let frame = Frame::new(bytes.into(), layout, at, u64::from(number)).unwrap();
            watch.look(&frame).map(|trouble| (number, trouble))
        })
    }

    #[test]
    fn a_picture_that_stays_the_same_for_a_second_is_frozen() {
        let seen = first_trouble(300, |n| (90, if n < 60 { (n % 2) as u8 } else { 0 }));
        // The last change was from frame 59 to frame 60.
        assert_eq!(seen, Some((90, Trouble::Frozen)));
        assert_eq!(first_trouble(300, |n| (90, (n / 20 % 2) as u8)), None);
    }

    #[test]
    fn a_covered_lens_is_black_after_five_seconds_and_a_hand_before_it_is_not() {
        let covered = first_trouble(300, |n| (if n < 30 { 90 } else { 2 }, (n % 2) as u8));
        assert_eq!(covered, Some((30 + 150, Trouble::Black)));
        let dead_and_black = first_trouble(300, |_| (0, 0));
        assert_eq!(dead_and_black, Some((150, Trouble::Black)));
        let brushed = first_trouble(600, |n| (if n % 150 < 120 { 2 } else { 90 }, (n % 2) as u8));
        assert_eq!(brushed, None);
    }

    #[test]
    fn a_stream_is_sound_once_a_lit_picture_has_changed() {
        let layout = FrameLayout::packed(8, 8, PixelFormat::Grey8);
        let frame =
            |shade: u8| Frame::new(vec![shade; 64].into(), layout, Duration::ZERO, 0).unwrap();
        let mut watch = Watch::default();
        assert_eq!(watch.suspicion(), None);
        watch.look(&frame(3));
        assert_eq!(watch.suspicion(), Some(Trouble::Black));
        watch.look(&frame(4));
        assert!(!watch.is_sound(), "still black");
        watch.look(&frame(80));
        assert!(watch.is_sound());
    }
}
