//! The receipt on paper: a wish, never a condition. Nothing in a session waits for the printer.

use std::time::Duration;

use kiosk_ui::PrintView;

use super::state::State;
use super::{Effect, Health, Session};
use crate::slip::Printout;

/// How it stands with this resident's slip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Paper {
    #[default]
    NotAsked,
    Printing,
    Printed,
    Failed,
}

impl Session {
    pub(super) fn printer(&mut self, health: Health) {
        self.printer_ready = health == Health::Ready;
    }

    /// What the receipt's screen says about paper.
    pub(super) fn paper_view(&self) -> PrintView {
        match self.paper {
            Paper::NotAsked if self.printer_ready => PrintView::Offered,
            Paper::NotAsked => PrintView::None,
            Paper::Printing => PrintView::Printing,
            Paper::Printed => PrintView::Printed,
            Paper::Failed => PrintView::Failed,
        }
    }

    /// The resident wants the receipt on paper, for as long as it is on the screen.
    pub(super) fn print(&mut self, now: Duration) {
        let State::Receipt {
            service, committed, ..
        } = &self.state
        else {
            return;
        };
        if self.paper_view() != PrintView::Offered {
            return;
        }
        let text = service.map(|service| self.service(service).text(self.language));
        let printout = Printout {
            language: self.language,
            decided: committed.decided,
            time: committed.time,
            service: text.map_or_else(String::new, |text| text.name.clone()),
            provider: text.map_or_else(String::new, |text| text.provider.clone()),
            receipt: committed.receipt.clone(),
            reference: committed.reference.clone(),
        };
        let left = self.deadline.map(|deadline| deadline.saturating_sub(now));
        let within = left.unwrap_or(self.limits.receipt);
        self.paper = Paper::Printing;
        self.effects
            .push(Effect::Print(self.turn, Box::new(printout), within));
    }

    /// The printer is done, one way or the other.
    pub(super) fn printed(&mut self, whole: bool) {
        if self.paper == Paper::Printing {
            self.paper = if whole { Paper::Printed } else { Paper::Failed };
        }
    }

    /// The resident leaves: a slip that has not begun would be the next one's to find.
    pub(super) fn leave_paper(&mut self) {
        if std::mem::take(&mut self.paper) == Paper::Printing {
            self.effects.push(Effect::GiveUpSlip);
        }
    }
}
