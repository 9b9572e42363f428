//! One look at the chain: what most endpoints say is compared with the log; what settled is confirmed,
//! what was lost waits again, and then it is decided whether anything is to be sent (`submit.rs`).

use std::time::Duration;

use super::EvmLedger;
use crate::chain::agree::{Opinion, Opinions, Standing};
use crate::chain::contracts::Contracts;
use crate::chain::endpoint::RpcError;
use crate::chain::sight::Sight;
use crate::ledger::{Happening, Hindrance, Outbox, Pending, State};
use crate::log::LogError;

/// One step in progress.
pub(super) struct Step<'a> {
    pub(super) at: &'a mut EvmLedger,
    pub(super) outbox: &'a mut dyn Outbox,
    pub(super) now: Duration,
    pub(super) pending: Pending,
    pub(super) happened: Vec<Happening>,
}

impl Step<'_> {
    pub(super) fn run(&mut self) -> Result<State, LogError> {
        if !self.at.is_time(&self.pending, self.now) {
            return Ok(self.resting());
        }
        let state = self.look()?;
        self.at.hindered = match state {
            State::Hindered(_) => self.at.hindered.saturating_add(1),
            _ => 0,
        };
        self.at.schedule(&state, self.now);
        Ok(state)
    }

    /// Nothing is asked this time.
    fn resting(&self) -> State {
        match self.pending.waiting() {
            0 => State::Settled,
            _ if self.pending.in_flight().is_some() => State::Submitted,
            _ => State::Collecting,
        }
    }

    fn look(&mut self) -> Result<State, LogError> {
        let opinions = match self.ask()? {
            Ok(opinions) => opinions,
            Err(hindrance) => return Ok(State::Hindered(hindrance)),
        };
        if let Some(hindrance) = self.contradiction(&opinions) {
            return Ok(State::Hindered(hindrance));
        }
        self.withdraw_what_was_lost(&opinions)?;
        self.confirm_what_settled(&opinions)?;
        let seen = opinions.seen();
        if let Some(in_flight) = self.pending.in_flight().cloned() {
            if seen >= in_flight.size {
                self.at.unseen_since = None;
                self.at.impossible_since = None;
                return Ok(State::Confirming);
            }
            return self.press_on(&opinions, &in_flight);
        }
        if !self.at.is_due(&self.pending, self.now) {
            return Ok(self.resting());
        }
        self.submit(&opinions, None)
    }

    /// Asks every endpoint that is not to be left alone, and compares with the log.
    fn ask(&mut self) -> Result<Result<Opinions, Hindrance>, LogError> {
        let at = &mut *self.at;
        let contracts: &Contracts = &at.settings.contracts;
        let (kiosk, sender) = (&at.kiosk, at.sender.address());
        let look = |endpoint: &_| Sight::take(endpoint, contracts, kiosk, &sender);
        let (sights, first_error) = at.nodes.ask_all(self.now, look);
        if sights.is_empty() {
            return Ok(Err(first_error.map_or(Hindrance::Disagree, hindrance)));
        }
        let mut all = Vec::new();
        for sight in sights {
            let standing = self.standing(&sight)?;
            all.push(Opinion { sight, standing });
        }
        Ok(Ok(Opinions {
            all,
            quorum: self.at.settings.quorum(),
            confirmations: self.at.settings.confirmations.get(),
        }))
    }

    fn standing(&mut self, sight: &Sight) -> Result<Standing, LogError> {
        let here = self.pending.head.map_or(0, |(size, _)| size);
        Ok(match sight.anchor.size {
            0 => Standing::Ours,
            // Any number may come from outside; the log's file is asked only for what it can hold.
            size if size > here => Standing::Beyond,
            size => match self.outbox.root_of(size)? {
                Some(root) if root == sight.root => Standing::Ours,
                Some(_) => Standing::Different,
                None => Standing::Beyond,
            },
        })
    }

    fn contradiction(&self, opinions: &Opinions) -> Option<Hindrance> {
        let here = self.pending.head.map_or(0, |(size, _)| size);
        let size_of = |standing| {
            let mut all = opinions.all.iter();
            let first = all.find(|opinion| opinion.standing == standing);
            first.map_or(0, |opinion| opinion.sight.anchor.size)
        };
        if opinions.most(|opinion| opinion.standing == Standing::Beyond) {
            let there = size_of(Standing::Beyond);
            return Some(Hindrance::LogBehind { there, here });
        }
        if opinions.most(|opinion| opinion.standing == Standing::Different) {
            let size = size_of(Standing::Different);
            return Some(Hindrance::LogDiffers { size });
        }
        let ours = opinions.most(|opinion| opinion.standing == Standing::Ours);
        (!ours).then_some(Hindrance::Disagree)
    }

    fn withdraw_what_was_lost(&mut self, opinions: &Opinions) -> Result<(), LogError> {
        let lost = self.pending.anchor.filter(|anchor| opinions.lost(anchor));
        let Some(anchor) = lost else {
            self.at.lost_since = None;
            return Ok(());
        };
        let patience = self.at.settings.patience;
        if EvmLedger::holds_for(&mut self.at.lost_since, self.now, patience) {
            let size = anchor.size;
            self.outbox.withdraw(&self.at.ledger, size)?;
            self.happened.push(Happening::Withdrawn { size });
            self.at.overdue = true;
            self.refresh()?;
        }
        Ok(())
    }

    fn confirm_what_settled(&mut self, opinions: &Opinions) -> Result<(), LogError> {
        let settled = opinions.settled();
        let new = settled.filter(|anchor| anchor.size > self.pending.anchored());
        let Some(anchor) = new else {
            return Ok(());
        };
        self.outbox.confirm(&self.at.ledger, &anchor)?;
        self.happened.push(Happening::Confirmed(anchor));
        self.at.overdue = false;
        // What came meanwhile waits since then at the most.
        self.at.waiting_since = self.at.signed_at.take();
        self.forget_flight();
        self.refresh()?;
        self.at.note_waiting(&self.pending, self.now);
        Ok(())
    }

    pub(super) fn forget_flight(&mut self) {
        self.at.last_sent = None;
        self.at.unseen_since = None;
        self.at.impossible_since = None;
    }

    pub(super) fn refresh(&mut self) -> Result<(), LogError> {
        let ours: [u8; 20] = self.at.sender.address().into();
        self.pending = self.outbox.pending(&self.at.ledger)?;
        self.pending.submissions.retain(|one| one.sender == ours);
        Ok(())
    }
}

pub(super) fn hindrance(error: RpcError) -> Hindrance {
    match error {
        RpcError::WrongChain { found, .. } => Hindrance::WrongChain { found },
        RpcError::Malformed { .. } | RpcError::TooLarge | RpcError::Refused { .. } => {
            let why = error.to_string();
            Hindrance::Malformed { why }
        }
        other => Hindrance::Unreachable {
            why: other.to_string(),
        },
    }
}
