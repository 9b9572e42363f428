//! The slot between the camera thread and its consumer. It holds one frame: a newer one takes
//! its place, so that whoever looks always sees the present and nothing piles up behind a slow
//! consumer.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Frame, pair};

/// One end of the slot; cloning gives another handle on the same slot.
#[derive(Clone)]
pub struct LatestFrame(Arc<(Mutex<Slot>, Condvar)>);

struct Slot {
    /// At most `capacity`, the oldest first.
    frames: VecDeque<Frame>,
    capacity: usize,
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
        Self::keeping(1)
    }

    /// An empty slot with room for the newest few, from which they are taken by their time.
    #[must_use]
    pub(super) fn keeping(capacity: usize) -> Self {
        let slot = Slot {
            frames: VecDeque::with_capacity(capacity),
            capacity,
            overwritten: 0,
            closed: false,
        };
        Self(Arc::new((Mutex::new(slot), Condvar::new())))
    }

    /// Puts the newest frame in; one that nobody took is dropped.
    pub fn put(&self, frame: Frame) {
        let old = {
            let mut slot = self.lock();
            let full = slot.frames.len() == slot.capacity;
            let old = full.then(|| slot.frames.pop_front()).flatten();
            slot.frames.push_back(frame);
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
            if let Some(frame) = slot.frames.pop_front() {
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

    /// Takes the frame that belongs to a time, if there is one; earlier ones are dropped.
    pub(super) fn take_nearest(&self, at: Duration, within: Duration) -> Option<Frame> {
        let mut slot = self.lock();
        let index = pair::nearest(slot.frames.iter(), at, within)?;
        slot.frames.drain(..index);
        slot.frames.pop_front()
    }

    /// Wipes a frame that nobody has taken: the camera has closed its eye.
    pub fn clear(&self) {
        self.lock().frames.clear();
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
        slot.frames.clear();
        drop(slot);
        self.0.1.notify_all();
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> Vec<Duration> {
        self.lock().frames.iter().map(Frame::at).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        // Nothing between two changes of a slot can panic: a poisoned lock hides no half state.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for LatestFrame {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{FrameLayout, PixelFormat};
    use crate::patience::{LONG, until};

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
            let first = other.take(LONG).map(|f| f.sequence());
            let second = other.take(LONG).map(|f| f.sequence());
            (first, second)
        });
        slot.put(frame(9));
        until("frame taken", || match slot.lock().frames.len() {
            0 => Ok(()),
            left => Err(left),
        });
        slot.close();
        assert_eq!(consumer.join().unwrap(), (Ok(9), Err(TakeError::Closed)));
    }
}
