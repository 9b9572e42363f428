//! How the panel's thread sleeps: on an eventfd, beside the lines of the GPIO character device.
//! Whoever has news (the owner, an interrupt) wakes it; it never looks in vain.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::{Errno, read, write};

/// Wakes the panel's thread, from anywhere.
#[derive(Clone, Debug)]
pub struct Waker(Arc<OwnedFd>);

impl Waker {
    /// A waker, and with it something to sleep on.
    ///
    /// # Errors
    /// The kernel has no descriptor left.
    pub fn new() -> io::Result<Self> {
        let flags = EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC;
        Ok(Self(Arc::new(eventfd(0, flags)?)))
    }

    /// Ends the present or next sleep.
    pub fn wake(&self) {
        // It can only fail when 2^64 - 1 wakes are waiting, and then one more is not missed.
        let _ = write(&*self.0, &1_u64.to_ne_bytes());
    }

    /// Sleeps until woken, until one of `others` has something to read, or for `limit`.
    ///
    /// # Errors
    /// The kernel refuses to wait.
    pub fn sleep(&self, others: &[BorrowedFd<'_>], limit: Duration) -> io::Result<()> {
        let mut waits = vec![PollFd::from_borrowed_fd(self.0.as_fd(), PollFlags::IN)];
        waits.extend(
            others
                .iter()
                .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)),
        );
        let limit = Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        };
        match poll(&mut waits, Some(&limit)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        // Empty if it was not woken: nothing to forget.
        let _ = read(&*self.0, &mut [0; 8]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_before_the_sleep_is_not_missed_and_one_after_it_ends_it() {
        let waker = Waker::new().unwrap();
        waker.wake();
        waker.sleep(&[], Duration::from_secs(3_600)).unwrap();
        let other = waker.clone();
        let sleeper = std::thread::spawn(move || other.sleep(&[], Duration::from_secs(3_600)));
        waker.wake();
        sleeper.join().unwrap().unwrap();
    }
}
