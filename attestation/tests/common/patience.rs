//! How long a test waits for what must happen. No test may fail for want of a processor: CI shares its
//! machines, and a thread may get no turn for seconds.
#![allow(dead_code, reason = "every test file uses another part of it")]

use std::time::Duration;

/// Longer than anything takes on the most starved machine; only failures wait for it.
pub const LONG: Duration = Duration::from_secs(120);
