//! The narrow border between the panel's thread and whatever its lines are on; and the real board,
//! put together from a Raspberry Pi's header, GPIO chips and a PWM channel as the wiring says.

use std::collections::{BTreeMap, BTreeSet};
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

    /// Takes the outputs and the ring that are not taken yet; those that can be had work, whatever is
    /// missing. The switches came with the board.
    ///
    /// # Errors
    /// The first that cannot be had.
    fn complete(&mut self) -> Result<(), PanelError> {
        Ok(())
    }

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

/// Takes the switches of a wiring; lamps and ring come with [`Board::complete`], because a lamp that is
/// not there must not keep an opened case quiet.
///
/// # Errors
/// [`PanelError`], the first switch that cannot be had.
pub fn open(wiring: &Wiring, waker: &Waker) -> Result<Box<dyn Board>, PanelError> {
    wiring.check()?;
    Ok(Box::new(RealBoard {
        switches: Lines::open(&wiring.switches_alone(), waker)?,
        lamps: BTreeMap::new(),
        ring: None,
        wiring: wiring.clone(),
        waker: waker.clone(),
    }))
}

/// Lines of this computer, wherever they are.
struct Lines {
    header: Header,
    chardev: Chardev,
}

impl Lines {
    fn open(wiring: &Wiring, waker: &Waker) -> Result<Self, PanelError> {
        Ok(Self {
            header: Header::open(wiring, waker)?,
            chardev: Chardev::open(wiring)?,
        })
    }

    fn set(&mut self, output: Output, on: bool) -> Result<(), PanelError> {
        self.header.set(output, on);
        self.chardev.set(output, on)
    }

    fn describe(&self) -> impl Iterator<Item = String> {
        [self.header.describe(), self.chardev.describe()]
            .into_iter()
            .flatten()
    }
}

/// The panel of this computer.
struct RealBoard {
    wiring: Wiring,
    waker: Waker,
    switches: Lines,
    /// Each by itself: one that fails takes no other with it.
    lamps: BTreeMap<Output, Lines>,
    ring: Option<PwmRing>,
}

impl RealBoard {
    fn take_lamp(&mut self, output: Output) -> Result<(), PanelError> {
        if !self.lamps.contains_key(&output) {
            let lamp = Lines::open(&self.wiring.output_alone(output), &self.waker)?;
            self.lamps.insert(output, lamp);
        }
        Ok(())
    }

    fn take_ring(&mut self) -> Result<(), PanelError> {
        if let (None, Some(at)) = (&self.ring, self.wiring.ring) {
            self.ring = Some(PwmRing::open(at)?);
        }
        Ok(())
    }
}

impl Board for RealBoard {
    fn set(&mut self, output: Output, on: bool) -> Result<(), PanelError> {
        let Some(lamp) = self.lamps.get_mut(&output) else {
            return Ok(());
        };
        let set = lamp.set(output, on);
        if set.is_err() {
            // To be taken anew.
            self.lamps.remove(&output);
        }
        set
    }

    fn glow(&mut self, thousandths: u16) -> Result<(), PanelError> {
        let Some(ring) = &mut self.ring else {
            return Ok(());
        };
        let set = ring.glow(thousandths);
        if set.is_err() {
            self.ring = None;
        }
        set
    }

    fn complete(&mut self) -> Result<(), PanelError> {
        let wired: Vec<_> = self.wiring.outputs.keys().copied().collect();
        let mut whole = Ok(());
        for output in wired {
            whole = whole.and(self.take_lamp(output));
        }
        whole.and(self.take_ring())
    }

    fn active(&mut self) -> Result<BTreeSet<Switch>, PanelError> {
        let mut active = self.switches.chardev.active()?;
        active.extend(self.switches.header.active());
        Ok(active)
    }

    fn sleep(&mut self, waker: &Waker, limit: Duration) -> Result<(), PanelError> {
        // Interrupts of the header wake the waker.
        self.switches.chardev.sleep(waker, limit)
    }

    fn describe(&self) -> String {
        let lamps = self.lamps.values().flat_map(Lines::describe);
        let ring = self.ring.as_ref().map(PwmRing::describe);
        let parts: BTreeSet<_> = self.switches.describe().chain(lamps).chain(ring).collect();
        parts.into_iter().collect::<Vec<_>>().join("; ")
    }
}
