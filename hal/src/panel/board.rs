//! The narrow border between the panel's thread and whatever its lines are on; and the real board,
//! put together from a Raspberry Pi's header, GPIO chips and a PWM channel as the wiring says.

use std::collections::BTreeSet;
use std::time::Duration;

use super::chardev::Chardev;
use super::header::Header;
use super::ring::PwmRing;
use super::{Output, PanelError, Switch, Waker, Wiring};

/// The lines of one panel, ready to use.
pub trait Board: Send {
    /// Turns an output on or off; one that is not built in stays what it is: nothing.
    ///
    /// # Errors
    /// The line is gone.
    fn set(&mut self, output: Output, on: bool) -> Result<(), PanelError>;

    /// Sets the ring's brightness, in thousandths.
    ///
    /// # Errors
    /// The ring is gone.
    fn glow(&mut self, thousandths: u16) -> Result<(), PanelError>;

    /// The switches that are active now.
    ///
    /// # Errors
    /// A line is gone.
    fn active(&mut self) -> Result<BTreeSet<Switch>, PanelError>;

    /// Sleeps until a switch may have changed, the waker is woken, or `limit` is over.
    ///
    /// # Errors
    /// A line is gone.
    fn sleep(&mut self, waker: &Waker, limit: Duration) -> Result<(), PanelError> {
        waker.sleep(&[], limit).map_err(PanelError::Wait)
    }

    /// What is driven, for a technician.
    fn describe(&self) -> String;
}

/// Takes the lines of a wiring.
///
/// # Errors
/// [`PanelError`], the first line that cannot be had.
pub fn open(wiring: &Wiring, waker: &Waker) -> Result<Box<dyn Board>, PanelError> {
    wiring.check()?;
    Ok(Box::new(RealBoard {
        header: Header::open(wiring, waker)?,
        chardev: Chardev::open(wiring)?,
        ring: wiring.ring.map(PwmRing::open).transpose()?,
    }))
}

/// Lines of this computer.
struct RealBoard {
    header: Header,
    chardev: Chardev,
    ring: Option<PwmRing>,
}

impl Board for RealBoard {
    fn set(&mut self, output: Output, on: bool) -> Result<(), PanelError> {
        self.header.set(output, on);
        self.chardev.set(output, on)
    }

    fn glow(&mut self, thousandths: u16) -> Result<(), PanelError> {
        self.ring
            .as_mut()
            .map_or(Ok(()), |ring| ring.glow(thousandths))
    }

    fn active(&mut self) -> Result<BTreeSet<Switch>, PanelError> {
        let mut active = self.chardev.active()?;
        active.extend(self.header.active());
        Ok(active)
    }

    fn sleep(&mut self, waker: &Waker, limit: Duration) -> Result<(), PanelError> {
        // Interrupts of the header wake the waker.
        self.chardev.sleep(waker, limit)
    }

    fn describe(&self) -> String {
        let ring = self.ring.as_ref().map(PwmRing::describe);
        let parts = [self.header.describe(), self.chardev.describe(), ring];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}
