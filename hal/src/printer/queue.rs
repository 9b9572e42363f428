//! The printer's queue: room for one slip, which has until its deadline to be begun.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Slip;

/// A slip that is to be printed.
#[derive(Debug)]
pub(super) struct Job {
    /// Whoever wants it knows it by this number.
    pub(super) ticket: u64,
    pub(super) slip: Slip,
    /// Not begun by then, it is never printed.
    pub(super) begin_by: Instant,
}

/// What the queue has for the printer.
#[derive(Debug)]
pub(super) enum Next {
    /// Print this.
    Print(Job),
    /// This one's time is over; it is gone.
    TooLate(u64),
    /// Nothing.
    Nothing,
}

#[derive(Default)]
struct Inner {
    job: Option<Job>,
    stop: bool,
}

/// The queue, shared by a worker and its owner.
#[derive(Clone, Default)]
pub(super) struct Queue(Arc<(Mutex<Inner>, Condvar)>);

impl Queue {
    /// Puts a slip in; one that was there and not begun is handed back.
    pub(super) fn put(&self, job: Job) -> Option<u64> {
        let replaced = self.lock().job.replace(job);
        self.0.1.notify_all();
        replaced.map(|job| job.ticket)
    }

    /// Takes out whatever was not begun.
    pub(super) fn clear(&self) -> Option<u64> {
        self.lock().job.take().map(|job| job.ticket)
    }

    /// What is to be done now, by a printer that is ready or not.
    pub(super) fn next(&self, now: Instant, ready: bool) -> Next {
        let mut inner = self.lock();
        match inner.job.take() {
            Some(job) if now >= job.begin_by => Next::TooLate(job.ticket),
            Some(job) if ready => Next::Print(job),
            waiting => {
                inner.job = waiting;
                Next::Nothing
            }
        }
    }

    pub(super) fn stop(&self) {
        self.lock().stop = true;
        self.0.1.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stop
    }

    /// Waits for a stop, and where `for_jobs`, for a slip; at most this long, and never past a
    /// waiting slip's deadline.
    pub(super) fn wait(&self, longest: Duration, for_jobs: bool) {
        let mut end = Instant::now() + longest;
        let mut inner = self.lock();
        loop {
            if let Some(job) = &inner.job {
                end = end.min(job.begin_by);
            }
            let left = end.saturating_duration_since(Instant::now());
            if inner.stop || left.is_zero() || (for_jobs && inner.job.is_some()) {
                return;
            }
            let woken = self.0.1.wait_timeout(inner, left);
            inner = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A slip is there or not: no half-written state is possible behind a poisoned lock.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_whose_time_is_over_is_gone_even_if_the_printer_is_ready() {
        let queue = Queue::default();
        let now = Instant::now();
        let job = |ticket| Job {
            ticket,
            slip: Slip::new(),
            begin_by: now + Duration::from_secs(1),
        };
        assert!(queue.put(job(1)).is_none());
        assert!(matches!(queue.next(now, false), Next::Nothing));
        let later = now + Duration::from_secs(1);
        assert!(matches!(queue.next(later, true), Next::TooLate(1)));
        assert!(matches!(queue.next(now, true), Next::Nothing));

        queue.put(job(2));
        assert_eq!(queue.put(job(3)), Some(2));
        assert!(matches!(
            queue.next(now, true),
            Next::Print(Job { ticket: 3, .. })
        ));
    }
}
