//! Runs checks, each on a thread of its own and not longer than it may take: a driver that hangs
//! is a finding, not the end of the test.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Check, Finding};

/// Longest time for one check. The slowest of most (a camera that wakes up, a log of years) need a few
/// seconds.
const LIMIT: Duration = Duration::from_secs(8);
/// For a check in which the processor works on all networks. A slow board is not broken.
pub const WORK: Duration = Duration::from_secs(30);
/// For the printer's slip: more than 20 KB take 21 s at 9,600 baud, and are given 15 s to come out.
pub const SLIP: Duration = Duration::from_secs(45);
/// Longest time for everything; what has not begun then is not tested. A kiosk needs a few seconds, one
/// in a slow virtual machine half a minute.
const TOTAL: Duration = Duration::from_secs(120);

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
#[derive(Clone)]
pub struct Bench {
    progress: Arc<Progress>,
    end: Instant,
    /// So many times as long as usual may everything take.
    patience: u32,
    limit: Duration,
    /// What to do about a check that does not come to its end.
    if_late: &'static str,
}

/// Of software alone, nothing needs to be replaced because it is slow.
const SLOW_SOFTWARE: &str = "Repeat the self-test while the kiosk does nothing else. If it stays like this, have its disk tested, and send this report to the software's supplier.";
const SLOW_DEVICE: &str = "Switch the kiosk off and on again and repeat the self-test. If it stays like this, have the device replaced.";

impl Bench {
    /// A bench for checks of software, whose time begins now. Everything may take so many times as long
    /// as usual.
    pub fn new(progress: Progress, patience: u32) -> Self {
        Self {
            progress: Arc::new(progress),
            end: Instant::now() + TOTAL * patience,
            patience,
            limit: LIMIT * patience,
            if_late: SLOW_SOFTWARE,
        }
    }

    /// The same for checks of devices.
    pub fn of_devices(&self) -> Self {
        Self {
            if_late: SLOW_DEVICE,
            ..self.clone()
        }
    }

    /// The same with another limit for each check.
    pub fn within(&self, limit: Duration) -> Self {
        Self {
            limit: limit * self.patience,
            ..self.clone()
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

    /// Runs a check of something that residents can be served without: if it does not come to an end,
    /// that is a warning.
    pub fn run_optional(
        &self,
        id: &'static str,
        name: &'static str,
        check: impl FnOnce() -> Finding + Send + 'static,
    ) -> Check {
        let undone = |Undone { seen, to_do }| Finding::warning(seen, to_do);
        self.measure(id, name, move || (check(), None::<()>), undone)
            .0
    }

    /// Runs a check that also brings something that later checks need.
    pub fn learn<T: Send + 'static>(
        &self,
        id: &'static str,
        name: &'static str,
        check: impl FnOnce() -> (Finding, Option<T>) + Send + 'static,
    ) -> (Check, Option<T>) {
        let undone = |Undone { seen, to_do }| Finding::failed(seen, to_do);
        self.measure(id, name, check, undone)
    }

    fn measure<T: Send + 'static>(
        &self,
        id: &'static str,
        name: &'static str,
        check: impl FnOnce() -> (Finding, Option<T>) + Send + 'static,
        undone: impl FnOnce(Undone) -> Finding,
    ) -> (Check, Option<T>) {
        (self.progress)(News::Begins(name));
        let begun = Instant::now();
        let left = self.end.saturating_duration_since(begun);
        let (finding, learnt) = match answer(check, left.min(self.limit)) {
            Ok(answer) => answer,
            // What is not waited for as long as it may take is not to blame.
            Err(RecvTimeoutError::Timeout) if left < self.limit => (undone(untested()), None),
            Err(RecvTimeoutError::Timeout) => (undone(self.late()), None),
            Err(RecvTimeoutError::Disconnected) => (undone(broken()), None),
        };
        let check = Check {
            id,
            name,
            finding,
            took: begun.elapsed(),
        };
        (check, learnt)
    }

    fn late(&self) -> Undone {
        Undone {
            seen: format!("No answer within {} seconds.", self.limit.as_secs()),
            to_do: self.if_late,
        }
    }
}

/// What a check says within its time, which may be over before it begins.
fn answer<A: Send + 'static>(
    check: impl FnOnce() -> A + Send + 'static,
    limit: Duration,
) -> Result<A, RecvTimeoutError> {
    if limit.is_zero() {
        return Err(RecvTimeoutError::Timeout);
    }
    let (answer, answers) = channel();
    // Not joined: a thread that hangs in a driver ends with the program.
    thread::spawn(move || answer.send(check()));
    answers.recv_timeout(limit)
}

/// Why a check has no finding of its own.
#[derive(Debug, PartialEq, Eq)]
struct Undone {
    seen: String,
    to_do: &'static str,
}

fn untested() -> Undone {
    Undone {
        seen: "Not tested: the checks before it took too long.".into(),
        to_do: "Mend what failed first, then repeat the self-test.",
    }
}

fn broken() -> Undone {
    Undone {
        seen: "The check itself stopped with a defect of the software.".into(),
        to_do: "Send this report and what the terminal showed to the software's supplier.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_panics_or_hangs_is_a_finding_and_not_the_end() {
        let bench = Bench::new(Box::new(|_| {}), 1);
        let check = bench.run("a", "A", || panic!("as tested"));
        assert_eq!(check.finding.seen(), broken().seen);
        assert_eq!(check.finding.code(), "failed");

        // Little time is left: it is not the check's fault that it does not answer.
        let bench = Bench {
            end: Instant::now() + Duration::from_millis(20),
            ..bench
        };
        let (_keep, forever) = channel::<()>();
        let check = bench.run("b", "B", move || {
            let _ = forever.recv();
            Finding::passed("never")
        });
        assert_eq!(check.finding.seen(), untested().seen);
    }

    #[test]
    fn a_check_that_hangs_ends_at_its_limit_and_only_a_device_is_blamed_for_it() {
        let bench = Bench::new(Box::new(|_| {}), 1).within(Duration::from_millis(20));
        let (_keep, forever) = channel::<()>();
        let hangs = || Finding::failed(bench.late().seen, bench.if_late);
        let check = bench.run("a", "A", move || {
            let _ = forever.recv();
            Finding::passed("never")
        });
        assert_eq!(check.finding, hangs());
        assert!(!bench.if_late.contains("replaced"));
        assert!(bench.of_devices().if_late.contains("replaced"));
        assert_eq!(Bench::new(Box::new(|_| {}), 3).limit, 3 * LIMIT);
    }

    #[test]
    fn what_has_no_time_left_is_not_tested_and_condemns_nothing() {
        let bench = Bench {
            end: Instant::now(),
            ..Bench::new(Box::new(|_| {}), 1)
        };
        let begun = |_: &str| -> Finding { panic!("not begun") };
        let needed = bench.run("a", "A", move || begun("a"));
        assert_eq!(
            needed.finding,
            Finding::failed(untested().seen, untested().to_do)
        );
        let spare = bench.run_optional("b", "B", move || begun("b"));
        assert_eq!(
            spare.finding,
            Finding::warning(untested().seen, untested().to_do)
        );
    }
}
