//! The slot between the camera thread and its consumer. It holds one frame: a newer one takes
//! its place, so that whoever looks always sees the present and nothing piles up behind a slow
//! consumer.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Frame;

/// One end of the slot; cloning gives another handle on the same slot.
#[derive(Clone, Default)]
pub struct LatestFrame(Arc<(Mutex<Slot>, Condvar)>);

#[derive(Default)]
struct Slot {
    frame: Option<Frame>,
    overwritten: u64,
    closed: bool,
}

/// Why [`LatestFrame::take`] brought no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// No frame came in time.
    #[error("no new frame in time")]
    TimedOut,
    /// The camera worker has ended; no frame will ever come.
    #[error("the camera worker has ended")]
    Closed,
}

impl LatestFrame {
    /// An empty slot.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the newest frame in; one that nobody took is dropped.
    pub fn put(&self, frame: Frame) {
        let old = {
            let mut slot = self.lock();
            let old = slot.frame.replace(frame);
            slot.overwritten += u64::from(old.is_some());
            old
        };
        self.0.1.notify_one();
        drop(old); // zeroed outside the lock
    }

    /// Takes the newest frame that nobody has taken yet, waiting for one if need be.
    ///
    /// # Errors
    /// [`TakeError`] when none comes within `timeout` or none can come any more.
    pub fn take(&self, timeout: Duration) -> Result<Frame, TakeError> {
        let deadline = Instant::now() + timeout;
        let mut slot = self.lock();
        loop {
            if let Some(frame) = slot.frame.take() {
                return Ok(frame);
            }
            if slot.closed {
                return Err(TakeError::Closed);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(TakeError::TimedOut);
            }
            slot = self
                .0
                .1
                .wait_timeout(slot, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Wipes a frame that nobody has taken: the camera has closed its eye.
    pub fn clear(&self) {
        let old = self.lock().frame.take();
        drop(old);
    }

    /// Frames that were replaced before anybody took them.
    #[must_use]
    pub fn overwritten(&self) -> u64 {
        self.lock().overwritten
    }

    /// Tells the consumer that no frame will come any more.
    pub(crate) fn close(&self) {
        let mut slot = self.lock();
        slot.closed = true;
        slot.frame = None;
        drop(slot);
        self.0.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        // Every change of the slot is a single assignment: a poisoned lock hides no half state.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{FrameLayout, PixelFormat};

    fn frame(sequence: u64) -> Frame {
        let layout = FrameLayout::packed(2, 2, PixelFormat::Grey8);
        Frame::new(vec![7; 4].into(), layout, Duration::ZERO, sequence).unwrap()
    }

    #[test]
    fn a_slow_consumer_sees_the_present_not_the_past() {
        let slot = LatestFrame::new();
        for sequence in 1..=3 {
            slot.put(frame(sequence));
        }
        assert_eq!(slot.take(Duration::ZERO).unwrap().sequence(), 3);
        assert_eq!(slot.overwritten(), 2);
        assert_eq!(slot.take(Duration::ZERO).err(), Some(TakeError::TimedOut));
    }

    #[test]
    fn a_waiting_consumer_is_woken_by_a_frame_and_by_the_end() {
        let slot = LatestFrame::new();
        let other = slot.clone();
        let consumer = std::thread::spawn(move || {
            let first = other.take(Duration::from_secs(60)).map(|f| f.sequence());
            let second = other.take(Duration::from_secs(60)).map(|f| f.sequence());
            (first, second)
        });
        slot.put(frame(9));
        while slot.lock().frame.is_some() {
            std::thread::yield_now();
        }
        slot.close();
        assert_eq!(consumer.join().unwrap(), (Ok(9), Err(TakeError::Closed)));
    }
}
