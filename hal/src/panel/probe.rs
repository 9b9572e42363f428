//! One look at the panel, for the technician's self-test and before a sign-off: every output can be
//! switched by hand, and the switches are read once they rest.

use std::collections::BTreeMap;
use std::time::Duration;

use super::plan::rest;
use super::{Board, Output, PanelError, Settle, Switch, Waker, Wiring, open};
use crate::clock::monotonic_now;

/// A switch that never rests for so long is read as it is.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest sleep between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The panel's lines, held for as long as the look takes; dark before and after.
pub struct Probe {
    board: Box<dyn Board>,
    waker: Waker,
    switches: Vec<Switch>,
}

impl Probe {
    /// Takes the lines.
    ///
    /// # Errors
    /// [`PanelError`]; also while the kiosk runs, which has them.
    pub fn open(wiring: &Wiring) -> Result<Self, PanelError> {
        let waker = Waker::new().map_err(PanelError::Wait)?;
        let mut board = open(wiring, &waker)?;
        board.complete()?;
        Ok(Self::of(board, waker, wiring.switches.keys().copied()))
    }

    /// A look at these switches of a board whose lines are taken.
    #[must_use]
    pub fn of(
        board: Box<dyn Board>,
        waker: Waker,
        switches: impl IntoIterator<Item = Switch>,
    ) -> Self {
        Self {
            board,
            waker,
            switches: switches.into_iter().collect(),
        }
    }

    /// Turns an output on or off.
    ///
    /// # Errors
    /// The line is gone.
    pub fn set(&mut self, output: Output, on: bool) -> Result<(), PanelError> {
        self.board.set(output, on)
    }

    /// Sets the ring's brightness, in thousandths.
    ///
    /// # Errors
    /// The ring is gone.
    pub fn glow(&mut self, thousandths: u16) -> Result<(), PanelError> {
        self.board.glow(thousandths)
    }

    /// Whether each switch is active.
    ///
    /// # Errors
    /// A line is gone.
    pub fn switches(&mut self) -> Result<BTreeMap<Switch, bool>, PanelError> {
        let begun = monotonic_now();
        let settle = |switch: &Switch| (*switch, Settle::new(rest(*switch)));
        let mut settling: BTreeMap<_, _> = self.switches.iter().map(settle).collect();
        loop {
            let (active, now) = (self.board.active()?, monotonic_now());
            let mut rests = true;
            for (switch, settle) in &mut settling {
                settle.see(active.contains(switch), now);
                rests &= settle.settled().is_some();
            }
            if rests || now.saturating_sub(begun) > PATIENCE {
                let level = |(switch, settle): (Switch, Settle)| {
                    (switch, settle.settled().unwrap_or(active.contains(&switch)))
                };
                return Ok(settling.into_iter().map(level).collect());
            }
            self.board.sleep(&self.waker, LOOK_EVERY)?;
        }
    }

    /// What is driven.
    #[must_use]
    pub fn describe(&self) -> String {
        self.board.describe()
    }
}
