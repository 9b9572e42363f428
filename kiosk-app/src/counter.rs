//! Joins the key store's counter, which knows nothing of logs, and the log's guard, which knows
//! nothing of key stores.

use attestation::{GuardError, RollbackGuard};
use hal::key::Counter;

/// The key store's counter as the log wants it.
pub struct CounterGuard(Counter);

impl CounterGuard {
    /// For a log.
    pub fn boxed(counter: Counter) -> Box<dyn RollbackGuard> {
        Box::new(Self(counter))
    }
}

impl RollbackGuard for CounterGuard {
    fn read(&self) -> Result<u64, GuardError> {
        self.0.read().map_err(GuardError::new)
    }

    fn advance_to(&mut self, value: u64) -> Result<(), GuardError> {
        self.0.advance_to(value).map_err(GuardError::new)
    }
}
