//! How long a test waits for what must happen. No test may fail for want of a processor: CI shares its
//! machines, and a thread may get no turn for seconds.
#![allow(dead_code, reason = "each test uses its part")]

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Longer than anything takes on the most starved machine; only failures wait for it.
pub const LONG: Duration = Duration::from_secs(120);

const PAUSE: Duration = Duration::from_millis(2);

/// Tries until it goes well, for as long as anything may take.
pub fn until<T, E: Debug>(what: &str, mut attempt: impl FnMut() -> Result<T, E>) -> T {
    let deadline = Instant::now() + LONG;
    loop {
        match attempt() {
            Ok(found) => return found,
            Err(last) => assert!(Instant::now() < deadline, "no {what}: {last:?}"),
        }
        // Who is waited for may need this processor.
        std::thread::sleep(PAUSE);
    }
}
