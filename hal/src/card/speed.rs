//! At which speed does the module speak? Asked by "status" at each speed of GA 467 until an answer
//! is understood; on request the line is then made as fast as it can be.

use std::time::Duration;

use super::ga467::{Baud, Command, Sw3};
use super::link::{Limits, Link, Trouble};

/// Silence within an answer after which it counts as broken off.
const GAP: Duration = Duration::from_millis(60);

/// How often all speeds are tried: an answer can be hit by noise.
const ROUNDS: usize = 2;

/// The speed of a reader's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSpeed {
    /// This one, in bits per second.
    Fixed(u32),
    /// The one at which the module answers.
    Detect {
        /// Once it answers, set it to 115,200 baud.
        raise: bool,
    },
}

impl LineSpeed {
    /// Bits per second with which to open the line.
    pub(super) fn first(self, last: Option<Baud>) -> u32 {
        match self {
            Self::Fixed(baud) => baud,
            Self::Detect { .. } => last.unwrap_or(Baud::B115200).bits_per_second(),
        }
    }
}

/// Patience with each speed: until the answer begins, and as much again and more until it is there.
fn limits(answer: Duration) -> Limits {
    Limits {
        answer,
        gap: GAP,
        total: answer * 8 / 5,
    }
}

/// Finds the module's speed, beginning with the one it had last, and leaves the line at it. An answer
/// begins within `answer`; `go_on` is asked whether anybody still waits.
pub(super) fn detect(
    link: &mut Link,
    last: Option<Baud>,
    answer: Duration,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Baud, Trouble> {
    let limits = limits(answer);
    let mut outcome = Trouble::Silent(limits.answer);
    for _ in 0..ROUNDS {
        for baud in last.into_iter().chain(Baud::ALL) {
            link.set_baud(baud.bits_per_second())?;
            match link.exchange(Command::Status, limits, &mut |_| go_on()) {
                Ok(_) => return Ok(baud),
                Err(Trouble::Silent(_)) => {}
                Err(heard @ (Trouble::Garbled | Trouble::Oversized(_))) => outcome = heard,
                Err(trouble) => return Err(trouble),
            }
        }
        if matches!(outcome, Trouble::Silent(_)) {
            break;
        }
    }
    Err(outcome)
}

/// Sets the module to 115,200 baud and says at which speed it is afterwards: not all can change
/// theirs, and not all that say so do.
pub(super) fn raise(
    link: &mut Link,
    now: Baud,
    answer: Duration,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Baud, Trouble> {
    if now == Baud::B115200 {
        return Ok(now);
    }
    let set = Command::SetBaud(Baud::B115200);
    match link.exchange(set, limits(answer), &mut |_| go_on()) {
        Ok(answer) if answer.sw3() == Sw3::Ok => {}
        Ok(_) => return Ok(now),
        Err(lost @ (Trouble::Lost(_) | Trouble::Cancelled)) => return Err(lost),
        // The answer can be at either speed.
        Err(_) => {}
    }
    detect(link, Some(Baud::B115200), answer, go_on)
}
