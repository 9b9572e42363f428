//! The outbox worked off against a contract on an EVM chain. Rules that make it lose and repeat
//! nothing, through crashes, partitions, reorganisations and bad endpoints:
//!
//! - The newest head covers all before it, so one transaction is on its way at a time, and whatever
//!   waits meanwhile goes with the next.
//! - A transaction is stored before it is sent; the same bytes are sent again until it is settled.
//! - A new one is signed only when the old one's nonce is used up (or can never be reached) and its
//!   head is not on the chain. If both should come through after all, the contract takes the
//!   second as no repetition.
//! - What counts is what the contract says by most endpoints, never a node's words about a
//!   transaction.
//! - A confirmed head is looked at again and again; if the chain lost it, it waits again.

use std::time::Duration;

use alloy_primitives::Address;

use super::abi::kiosk_id;
use super::account::Account;
use super::settings::{Settings, SettingsError};
use crate::ledger::{Ledger, LedgerId, Outbox, Pending, Progress, State};
use crate::log::LogError;
use nodes::Nodes;
use steady::Steady;
use step::Step;

mod nodes;
mod steady;
mod step;
mod submit;

/// The longest time between two looks while it does not go on.
const MAX_WAIT: Duration = Duration::from_secs(300);

/// The ledger of one kiosk on an EVM chain.
#[derive(Debug)]
pub struct EvmLedger {
    settings: Settings,
    ledger: LedgerId,
    kiosk: [u8; 32],
    sender: Account,
    nodes: Nodes,
    steady: Steady,
    /// Nothing is asked before.
    not_before: Duration,
    /// When the newest confirmed head is looked at again.
    recheck_at: Duration,
    /// Since when something waits; none while nothing does, or what waits is from before the start.
    waiting_since: Option<Duration>,
    /// Something waited when the program started: for how long is not known.
    overdue: bool,
    /// When the transaction on its way was signed; none if that was before the start.
    signed_at: Option<Duration>,
    last_sent: Option<Duration>,
    /// Since when the transaction on its way is out of all blocks.
    unseen_since: Option<Duration>,
    /// Since when it looks as if it can never come into one.
    impossible_since: Option<Duration>,
    /// Since when a confirmed head looks lost.
    lost_since: Option<Duration>,
    /// How many looks in a row did not help.
    hindered: u32,
}

impl EvmLedger {
    /// The ledger for the log with this origin (of its checkpoints), with the kiosk's sender. No
    /// node is asked yet.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn new(settings: Settings, sender: Account, origin: &str) -> Result<Self, SettingsError> {
        let contracts = &settings.contracts;
        Ok(Self {
            ledger: LedgerId {
                chain_id: contracts.chain_id,
                contract: contracts.anchor.into_array(),
            },
            kiosk: kiosk_id(origin),
            nodes: Nodes::new(settings.open_endpoints()?),
            settings,
            sender,
            steady: Steady::default(),
            not_before: Duration::ZERO,
            recheck_at: Duration::ZERO,
            waiting_since: None,
            overdue: true,
            signed_at: None,
            last_sent: None,
            unseen_since: None,
            impossible_since: None,
            lost_since: None,
            hindered: 0,
        })
    }

    /// Under which name the log's file knows this ledger.
    #[must_use]
    pub const fn id(&self) -> &LedgerId {
        &self.ledger
    }

    /// The address that pays and is listed in the registry.
    #[must_use]
    pub fn sender(&self) -> Address {
        self.sender.address()
    }

    /// Each endpoint (without what may be secret in its address) and the code of its trouble.
    pub fn endpoints(&self) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        self.nodes.states()
    }
}

impl Ledger for EvmLedger {
    fn step(&mut self, outbox: &mut dyn Outbox, now: Duration) -> Result<Progress, LogError> {
        let now = self.steady.advance(now);
        let pending = outbox.pending(&self.ledger)?;
        self.note_waiting(&pending, now);
        let mut step = Step {
            at: self,
            outbox,
            now,
            pending,
            happened: Vec::new(),
        };
        let state = step.run()?;
        let (pending, happened) = (step.pending, step.happened);
        let again_after = self.again_after(&pending, now);
        Ok(Progress {
            waiting: pending.waiting(),
            anchor: pending.anchor,
            state,
            happened,
            again_after,
        })
    }
}

impl EvmLedger {
    fn note_waiting(&mut self, pending: &Pending, now: Duration) {
        if pending.waiting() == 0 {
            self.waiting_since = None;
            self.overdue = false;
        } else if self.waiting_since.is_none() {
            self.waiting_since = Some(now);
        }
    }

    /// Whether what waits is to be anchored now.
    fn is_due(&self, pending: &Pending, now: Duration) -> bool {
        let waits = self.waiting_since.map(|since| now.saturating_sub(since));
        let waits_long = self.overdue || waits.is_some_and(|time| time >= self.settings.max_delay);
        pending.waiting() > 0 && (waits_long || pending.waiting() >= self.settings.batch.get())
    }

    /// Whether the chain is to be looked at.
    fn is_time(&self, pending: &Pending, now: Duration) -> bool {
        let recheck = pending.anchor.is_some() && now >= self.recheck_at;
        let busy = pending.in_flight().is_some() || self.is_due(pending, now);
        now >= self.not_before && (busy || recheck || self.lost_since.is_some())
    }

    /// When the next look may be, after one that left things so.
    fn schedule(&mut self, state: &State, now: Duration) {
        let settings = &self.settings;
        let wait = match state {
            State::Settled | State::Collecting => Duration::ZERO,
            State::Submitted | State::Confirming => settings.poll,
            State::Hindered(_) => {
                let doubled = settings.poll.saturating_mul(1 << self.hindered.min(16));
                doubled.min(MAX_WAIT.max(settings.poll))
            }
        };
        self.not_before = now + wait;
        self.recheck_at = now + settings.recheck;
    }

    /// When to call again. New entries are noticed soon, at the price of one short read.
    fn again_after(&self, pending: &Pending, now: Duration) -> Duration {
        if pending.in_flight().is_some() || self.is_due(pending, now) {
            self.not_before.saturating_sub(now)
        } else {
            self.settings.poll
        }
    }

    fn holds_for(since: &mut Option<Duration>, now: Duration, long: Duration) -> bool {
        let since = since.get_or_insert(now);
        now.saturating_sub(*since) >= long
    }
}
