//! Waiting for a condition. Everything in the lab waits for something that can be seen, never for a
//! time in which it should have happened.

use std::time::{Duration, Instant};

use crate::error::LabError;

/// Between two looks; an emulated machine needs its processor for other things than being asked.
const PAUSE: Duration = Duration::from_millis(300);

/// Looks again and again until `look` sees something; `Err` in it is what was seen instead.
pub fn until<T>(
    what: &str,
    patience: Duration,
    mut look: impl FnMut() -> Result<Result<T, String>, LabError>,
) -> Result<T, LabError> {
    let begun = Instant::now();
    loop {
        match look()? {
            Ok(seen) => return Ok(seen),
            Err(last) if begun.elapsed() > patience => {
                return Err(LabError::Missing {
                    what: what.to_owned(),
                    waited: patience,
                    last,
                });
            }
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}
