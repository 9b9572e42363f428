//! A panel without a board: somebody opens its case, its door, pulls its cable, and sees its
//! lights. It stands where the real board does, below the same thread.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::panel::{Board, Output, PanelError, Switch, Waker};

/// The simulated panel, from outside.
#[derive(Clone, Default)]
pub struct SimPanel(Arc<(Mutex<Inside>, Condvar)>);

#[derive(Default)]
struct Inside {
    active: BTreeSet<Switch>,
    on: BTreeSet<Output>,
    ring: u16,
    /// Every output that was ever turned on, in order.
    story: Vec<Output>,
    pulled: bool,
    /// Lamps that cannot be driven.
    broken: BTreeSet<Output>,
    waker: Option<Waker>,
}

/// What is seen of a panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// What is on.
    pub on: BTreeSet<Output>,
    /// Brightness of the ring, in thousandths.
    pub ring: u16,
    /// Every output that was ever turned on, in order.
    pub story: Vec<Output>,
}

impl SimPanel {
    /// Takes the lines, as the real board does.
    ///
    /// # Errors
    /// [`PanelError::NoLine`] while the cable is pulled.
    pub fn open(&self, waker: &Waker) -> Result<Box<dyn Board>, PanelError> {
        let mut inside = self.lock();
        if inside.pulled {
            return Err(PanelError::NoLine {
                what: "panel",
                name: String::from("SIM"),
            });
        }
        inside.waker = Some(waker.clone());
        Ok(Box::new(SimBoard(self.clone())))
    }

    /// Makes a switch active or not.
    pub fn switch(&self, switch: Switch, active: bool) {
        self.change(|inside| {
            if active {
                inside.active.insert(switch);
            } else {
                inside.active.remove(&switch);
            }
        });
    }

    /// Pulls the panel's cable, or plugs it in again.
    pub fn pull(&self, pulled: bool) {
        self.change(|inside| inside.pulled = pulled);
    }

    /// Breaks a lamp's wire, or mends it.
    pub fn break_lamp(&self, lamp: Output, broken: bool) {
        self.change(|inside| {
            if broken {
                inside.broken.insert(lamp);
            } else {
                inside.broken.remove(&lamp);
            }
        });
    }

    /// Waits until the panel looks as wanted; what was seen last either way.
    ///
    /// # Errors
    /// What was seen instead until `limit` was over.
    pub fn wait_until(
        &self,
        limit: Duration,
        wanted: impl Fn(&Seen) -> bool,
    ) -> Result<Seen, Seen> {
        let end = Instant::now() + limit;
        let mut inside = self.lock();
        loop {
            let seen = inside.seen();
            if wanted(&seen) {
                return Ok(seen);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(seen);
            }
            let woken = self.0.1.wait_timeout(inside, left);
            inside = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn change(&self, change: impl FnOnce(&mut Inside)) {
        let mut inside = self.lock();
        change(&mut inside);
        if let Some(waker) = &inside.waker {
            waker.wake();
        }
        self.0.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn seen(&self) -> Seen {
        Seen {
            on: self.on.clone(),
            ring: self.ring,
            story: self.story.clone(),
        }
    }

    fn drives(&self, output: Output) -> Result<(), PanelError> {
        if self.broken.contains(&output) {
            return Err(PanelError::Lost {
                what: output.name(),
                source: None,
            });
        }
        Ok(())
    }

    fn there(&self) -> Result<(), PanelError> {
        if self.pulled {
            return Err(PanelError::Lost {
                what: "panel",
                source: None,
            });
        }
        Ok(())
    }
}

/// The lines, from the panel's thread.
struct SimBoard(SimPanel);

impl Board for SimBoard {
    fn set(&mut self, output: Output, on: bool) -> Result<(), PanelError> {
        let mut inside = self.0.lock();
        inside.there()?;
        inside.drives(output)?;
        if !on {
            inside.on.remove(&output);
        } else if inside.on.insert(output) {
            inside.story.push(output);
        }
        self.0.0.1.notify_all();
        Ok(())
    }

    fn glow(&mut self, thousandths: u16) -> Result<(), PanelError> {
        let mut inside = self.0.lock();
        inside.there()?;
        inside.ring = thousandths;
        self.0.0.1.notify_all();
        Ok(())
    }

    fn complete(&mut self) -> Result<(), PanelError> {
        let inside = self.0.lock();
        let mut outputs = Output::ALL.into_iter();
        outputs.try_for_each(|output| inside.drives(output))
    }

    fn active(&mut self) -> Result<BTreeSet<Switch>, PanelError> {
        let inside = self.0.lock();
        inside.there()?;
        Ok(inside.active.clone())
    }

    fn describe(&self) -> String {
        String::from("simulated panel")
    }
}

impl Drop for SimBoard {
    /// Lines that are let go are dark.
    fn drop(&mut self) {
        let mut inside = self.0.lock();
        inside.on.clear();
        inside.ring = 0;
        self.0.0.1.notify_all();
    }
}
