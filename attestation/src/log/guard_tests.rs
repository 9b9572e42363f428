//! Roll-back of the file against a counter outside of it: here a file of its own, as the key store
//! without a TPM has it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::tests::Kiosk;
use super::{GuardError, Log, LogError, RollbackGuard};

/// A counter in a file; it can be told to fail.
#[derive(Clone)]
struct Counter {
    path: PathBuf,
    is_down: Arc<AtomicBool>,
}

impl Counter {
    fn beside(kiosk: &Kiosk) -> Self {
        Self {
            path: kiosk.path().with_file_name("counter"),
            is_down: Arc::default(),
        }
    }

    fn value(&self) -> u64 {
        match fs::read_to_string(&self.path) {
            Ok(text) => text.parse().unwrap(),
            Err(_) => 0,
        }
    }

    fn answers(&self) -> Result<(), GuardError> {
        match self.is_down.load(Ordering::SeqCst) {
            true => Err(GuardError::new("the key store is unplugged")),
            false => Ok(()),
        }
    }
}

impl RollbackGuard for Counter {
    fn read(&self) -> Result<u64, GuardError> {
        self.answers().map(|()| self.value())
    }

    fn advance_to(&mut self, value: u64) -> Result<(), GuardError> {
        self.answers()?;
        let higher = value.max(self.value());
        fs::write(&self.path, higher.to_string()).map_err(GuardError::new)
    }
}

struct Guarded {
    kiosk: Kiosk,
    counter: Counter,
}

impl Guarded {
    fn new() -> Self {
        let kiosk = Kiosk::new();
        drop(kiosk.log());
        let counter = Counter::beside(&kiosk);
        Self { kiosk, counter }
    }

    fn open(&self) -> Result<Log, LogError> {
        Log::open_guarded(&self.kiosk.path(), Box::new(self.counter.clone()))
    }

    /// Commits until the log has so many entries.
    fn grow(&self, to: u8) {
        let mut log = self.open().unwrap();
        for number in log.size().unwrap()..u64::from(to) {
            self.kiosk.commit(&mut log, number as u8).unwrap();
        }
    }

    fn copy(&self, name: &str) -> PathBuf {
        let copy = self.kiosk.path().with_file_name(name);
        fs::copy(self.kiosk.path(), &copy).unwrap();
        copy
    }

    fn put_back(&self, copy: &Path) {
        fs::copy(copy, self.kiosk.path()).unwrap();
    }
}

#[test]
fn every_commit_is_counted_before_it_is_reported() {
    let it = Guarded::new();
    let mut log = it.open().unwrap();
    for number in 0..5 {
        it.kiosk.commit(&mut log, number).unwrap();
        assert_eq!(it.counter.value(), u64::from(number) + 1);
    }
    it.kiosk.commit(&mut log, 2).unwrap();
    assert_eq!(
        it.counter.value(),
        5,
        "the same claims are not counted twice"
    );
    drop(log);
    assert_eq!(it.open().unwrap().size().unwrap(), 5);
}

#[test]
fn a_log_set_back_by_one_entry_or_more_is_refused_and_says_what_to_do() {
    let it = Guarded::new();
    it.grow(3);
    let old = it.copy("old");
    for size in [4, 9] {
        it.grow(size);
        let newest = it.copy("newest");
        it.put_back(&old);
        let refused = it.open().unwrap_err();
        assert_eq!(refused.as_code(), "log_rolled_back");
        assert!(
            refused
                .to_string()
                .contains("under a new name, with a new log"),
            "{refused}"
        );
        let told = matches!(refused, LogError::RolledBack { size: 3, counter, .. } if counter == u64::from(size));
        assert!(told);
        let adopted = Log::adopt_guard(&it.kiosk.path(), Box::new(it.counter.clone()));
        assert_eq!(adopted.unwrap_err().as_code(), "log_rolled_back");
        it.put_back(&newest);
        it.open().unwrap();
    }
}

#[test]
fn power_lost_between_commit_and_counter_stops_nobody() {
    let it = Guarded::new();
    it.grow(3);
    // The counter stays where it was: the process died right after the transaction.
    let mut log = it.kiosk.log();
    it.kiosk.commit(&mut log, 3).unwrap();
    drop(log);
    assert_eq!(
        (it.counter.value(), it.open().unwrap().size().unwrap()),
        (3, 4)
    );
    assert_eq!(
        it.counter.value(),
        4,
        "what is there is counted from now on"
    );
}

#[test]
fn a_counter_that_fails_gives_no_receipt_and_loses_nothing() {
    let it = Guarded::new();
    it.grow(2);
    let mut log = it.open().unwrap();
    it.counter.is_down.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let refused = it.kiosk.commit(&mut log, 2).unwrap_err();
        assert_eq!(refused.as_code(), "counter_failed");
    }
    assert_eq!(log.size().unwrap(), 3, "it lags by one entry and no more");
    let next = it.kiosk.commit(&mut log, 3).unwrap_err();
    assert_eq!((next.as_code(), log.size().unwrap()), ("counter_failed", 3));
    it.counter.is_down.store(false, Ordering::SeqCst);
    assert_eq!(it.kiosk.commit(&mut log, 2).unwrap().index(), 2);
    assert_eq!(it.counter.value(), 3);
}

#[test]
fn a_counter_that_never_saw_the_log_is_taken_over_only_on_the_operators_word() {
    let it = Guarded::new();
    drop(it.kiosk.log_of(7));
    let refused = it.open().unwrap_err();
    assert_eq!(refused.as_code(), "log_not_counted");
    let adopted = Log::adopt_guard(&it.kiosk.path(), Box::new(it.counter.clone()));
    drop(adopted.unwrap());
    assert_eq!(it.counter.value(), 7);
    it.open().unwrap();
}
