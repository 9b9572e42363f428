//! Where a session stands. A card's contents exist only inside the states that need them, so
//! leaving such a state forgets them.

use attestation::{DocumentEvidence, Factors};
use face_pipeline::Task;
use kiosk_ui::{CardPrompt, Ending, Guidance, Outage};

use super::document_number::DocumentNumber;
use super::event::Committed;
use super::fields::{Agreed, CardFields};
use super::keepsake::Keepsake;
use super::numbers::Numbers;
use super::wallet::{Step, Wallet};

/// The states, in a resident's order.
#[derive(Debug)]
pub(super) enum State {
    Attract,
    Choosing,
    Consenting {
        service: usize,
    },
    ChoosingFields {
        service: usize,
        agreed: Agreed,
    },
    Presenting {
        service: usize,
        agreed: Agreed,
        prompt: CardPrompt,
        failures: u8,
        /// For how many attempts the wait was begun anew: never more than one after each failure.
        awaited: u8,
        /// What was typed to open a document's chip.
        numbers: Numbers,
        /// What the last failure was, for the outcome if nothing follows.
        trouble: Option<&'static str>,
    },
    Preparing {
        service: usize,
        holder: Holder,
    },
    Capturing {
        service: usize,
        holder: Holder,
        guidance: Guidance,
        progress: f32,
        face_seen: bool,
    },
    Challenging {
        service: usize,
        holder: Holder,
        /// What the capture before it gave.
        passive: Factors,
        task: Task,
        guidance: Guidance,
        turned: f32,
    },
    Deciding {
        service: Option<usize>,
        reason: &'static str,
    },
    Receipt {
        service: Option<usize>,
        committed: Committed,
        /// Where the service offers the wallet form, and it was not made yet.
        keepsake: Option<Keepsake>,
    },
    Wallet(Wallet),
    Ended(Ending),
    OutOfService {
        outage: Outage,
        /// A commit that took too long and may still succeed, until this state has waited long
        /// enough.
        late: Option<LateCommit>,
    },
}

/// What the session keeps of a card until the decision.
#[derive(Debug)]
pub(super) struct Holder {
    pub evidence: DocumentEvidence,
    pub number: DocumentNumber,
    /// Only what the resident agreed to share.
    pub shared: CardFields,
}

/// What is needed to hand out a receipt that comes late.
#[derive(Clone, Copy, Debug)]
pub(super) struct LateCommit {
    pub service: Option<usize>,
    pub reason: &'static str,
}

impl State {
    /// Whether anything about a person is reachable from here.
    pub fn holds_personal_data(&self) -> bool {
        let keepsake = match self {
            Self::Preparing { .. } | Self::Capturing { .. } | Self::Challenging { .. } => {
                return true;
            }
            Self::Presenting { numbers, .. } => return numbers.is_personal(),
            Self::Receipt { keepsake, .. } => keepsake.as_ref(),
            Self::Wallet(wallet) => Some(&wallet.keepsake),
            _ => None,
        };
        keepsake.is_some_and(|keepsake| !keepsake.disclosures().is_empty())
    }

    /// Whether a resident is in the middle of something.
    pub fn is_underway(&self) -> bool {
        matches!(
            self,
            Self::Choosing
                | Self::Consenting { .. }
                | Self::ChoosingFields { .. }
                | Self::Presenting { .. }
                | Self::Preparing { .. }
                | Self::Capturing { .. }
                | Self::Challenging { .. }
        )
    }

    /// Whether a touch shows that somebody is there, for whom the screen waits anew.
    pub fn waits_for_touch(&self) -> bool {
        match self {
            Self::Capturing { .. } | Self::Challenging { .. } => false,
            Self::Wallet(wallet) => matches!(wallet.step, Step::Choosing(_) | Step::Shown(_)),
            other => other.is_underway(),
        }
    }

    /// The service, once it is chosen.
    pub fn service(&self) -> Option<usize> {
        match self {
            Self::Consenting { service }
            | Self::ChoosingFields { service, .. }
            | Self::Presenting { service, .. }
            | Self::Preparing { service, .. }
            | Self::Capturing { service, .. }
            | Self::Challenging { service, .. } => Some(*service),
            Self::Deciding { service, .. } | Self::Receipt { service, .. } => *service,
            Self::Wallet(wallet) => wallet.service,
            _ => None,
        }
    }
}
