//! Runs checks, each on a thread of its own and not longer than it may take: a driver that hangs
//! is a finding, not the end of the test.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Check, Finding};

/// Longest time for one check. The slowest (loading the networks on a small computer, a camera
/// that wakes up, a log of years) need a few seconds.
const LIMIT: Duration = Duration::from_secs(8);
/// Longest time for everything; what has not begun then fails at once.
const TOTAL: Duration = Duration::from_millis(19_500);

/// Hears how the test goes on.
pub type Progress = Box<dyn Fn(News) + Send + Sync>;

/// What a person in front of the kiosk is told meanwhile.
#[derive(Clone, Copy, Debug)]
pub enum News {
    /// The check with this name begins.
    Begins(&'static str),
    /// Something happens that only a person can see.
    Watch(&'static str),
}

/// Where checks are run.
pub struct Bench {
    progress: Progress,
    end: Instant,
}

impl Bench {
    /// A bench whose time begins now.
    pub fn new(progress: Progress) -> Self {
        Self {
            progress,
            end: Instant::now() + TOTAL,
        }
    }

    /// Tells the person in front of the kiosk what to look at.
    pub fn watch(&self, what: &'static str) {
        (self.progress)(News::Watch(what));
    }

    /// Runs a check.
    pub fn run(
        &self,
        id: &'static str,
        name: &'static str,
        check: impl FnOnce() -> Finding + Send + 'static,
    ) -> Check {
        self.learn(id, name, move || (check(), None::<()>)).0
    }

    /// Runs a check that also brings something that later checks need.
    pub fn learn<T: Send + 'static>(
        &self,
        id: &'static str,
        name: &'static str,
        check: impl FnOnce() -> (Finding, Option<T>) + Send + 'static,
    ) -> (Check, Option<T>) {
        (self.progress)(News::Begins(name));
        let begun = Instant::now();
        let limit = LIMIT.min(self.end.saturating_duration_since(begun));
        let (answer, answers) = channel();
        // Not joined: a thread that hangs in a driver ends with the program.
        thread::spawn(move || answer.send(check()));
        let (finding, learnt) = match answers.recv_timeout(limit) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => (late(limit), None),
            Err(RecvTimeoutError::Disconnected) => (broken(), None),
        };
        let took = begun.elapsed();
        let check = Check {
            id,
            name,
            finding,
            took,
        };
        (check, learnt)
    }
}

fn late(limit: Duration) -> Finding {
    Finding::failed(
        format!("No answer within {} seconds.", limit.as_secs()),
        "Switch the kiosk off and on again and repeat the self-test. If it stays like this, have \
         the device replaced.",
    )
}

fn broken() -> Finding {
    Finding::failed(
        "The check itself stopped with a defect of the software.",
        "Send this report and what the terminal showed to the software's supplier.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_panics_or_hangs_is_a_finding_and_not_the_end() {
        let bench = Bench::new(Box::new(|_| {}));
        let check = bench.run("a", "A", || panic!("as tested"));
        assert_eq!(check.finding, broken());

        let bench = Bench {
            end: Instant::now(),
            ..bench
        };
        let (_keep, forever) = channel::<()>();
        let check = bench.run("b", "B", move || {
            let _ = forever.recv();
            Finding::passed("never")
        });
        assert!(matches!(check.finding, Finding::Failed { .. }));
    }
}
