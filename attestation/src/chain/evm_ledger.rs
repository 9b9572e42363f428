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

use alloy_primitives::{Address, Bytes, U256};

use super::abi::{self, KioskState, Listed, kiosk_id};
use super::account::Account;
use super::agree::{Opinion, Opinions, Standing};
use super::contracts::Contracts;
use super::endpoint::RpcError;
use super::settings::{Settings, SettingsError};
use super::sight::Sight;
use super::transaction::Transaction;
use crate::ledger::{
    Happening, Hindrance, Ledger, LedgerId, Outbox, Pending, Progress, State, Submission,
};
use crate::log::LogError;
use crate::merkle::Hash;
use nodes::Nodes;
use steady::Steady;

mod nodes;
mod steady;

/// What an anchor may cost at most: four times what it does.
const GAS_LIMIT: u64 = 300_000;

/// A unit of gas is paid for with a quarter more than asked, because the price may rise until the
/// transaction is in a block; nodes take an offer for the same nonce again from a tenth more.
const OFFER_NUMERATOR: u64 = 5;
const OFFER_DENOMINATOR: u64 = 4;

/// How long a transaction stays out of all blocks before a higher price is offered, in patiences.
const STUCK_AFTER_PATIENCES: u32 = 10;

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

/// One step in progress.
struct Step<'a> {
    at: &'a mut EvmLedger,
    outbox: &'a mut dyn Outbox,
    now: Duration,
    pending: Pending,
    happened: Vec<Happening>,
}

impl Step<'_> {
    fn run(&mut self) -> Result<State, LogError> {
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

    /// Sends what is on its way again, or replaces it where it can never arrive.
    fn press_on(&mut self, opinions: &Opinions, flight: &Submission) -> Result<State, LogError> {
        if let Some(hindrance) = self.not_entitled(opinions) {
            return Ok(State::Hindered(hindrance));
        }
        let nonce = opinions.nonce();
        let patience = self.at.settings.patience;
        // Without the transaction of the sender's next nonce, no later one can come into a block.
        let reachable = nonce <= flight.nonce
            && self
                .pending
                .submissions
                .iter()
                .any(|one| one.nonce == nonce);
        if reachable {
            self.at.impossible_since = None;
        } else if EvmLedger::holds_for(&mut self.at.impossible_since, self.now, patience) {
            return self.submit(opinions, None);
        }
        let stuck_after = patience * STUCK_AFTER_PATIENCES;
        if EvmLedger::holds_for(&mut self.at.unseen_since, self.now, stuck_after)
            && flight.nonce == nonce
        {
            return self.submit(opinions, Some(flight));
        }
        let sent = self.at.last_sent;
        if sent.is_none_or(|sent| self.now.saturating_sub(sent) >= patience) {
            self.happened
                .push(Happening::SentAgain { size: flight.size });
            return Ok(self.send_from(nonce));
        }
        Ok(State::Submitted)
    }

    /// Signs, stores and sends a transaction for the newest head, or, at a higher price, for the
    /// head of one that is stuck.
    fn submit(
        &mut self,
        opinions: &Opinions,
        stuck: Option<&Submission>,
    ) -> Result<State, LogError> {
        if let Some(hindrance) = self.not_entitled(opinions) {
            return Ok(State::Hindered(hindrance));
        }
        let price = match self.offer(stuck) {
            Ok(Some(price)) => price,
            Ok(None) => {
                self.at.unseen_since = Some(self.now);
                return Ok(self.send_from(opinions.nonce()));
            }
            Err(hindrance) => return Ok(State::Hindered(hindrance)),
        };
        let newest = self.pending.head.map(|(size, _)| size);
        let size = stuck.map(|submission| submission.size).or(newest);
        let Some(size) = size else {
            return Ok(State::Settled);
        };
        let Some(root) = self.outbox.root_of(size)? else {
            return Ok(State::Settled);
        };
        let submission = self.at.sign(size, &root, opinions.nonce(), price);
        self.outbox.keep(&self.at.ledger, &submission)?;
        self.forget_flight();
        self.at.signed_at = Some(self.now);
        let transaction = submission.hash;
        self.happened
            .push(Happening::Submitted { size, transaction });
        self.refresh()?;
        Ok(self.send_from(opinions.nonce()))
    }

    /// The price to offer; none if the stuck transaction's is still good enough.
    fn offer(&mut self, stuck: Option<&Submission>) -> Result<Option<u64>, Hindrance> {
        let asked = self
            .at
            .nodes
            .median(self.now, |endpoint| endpoint.gas_price());
        let asked = asked.map_err(|error| error.map_or(Hindrance::Disagree, hindrance))?;
        let offer = asked.saturating_mul(OFFER_NUMERATOR) / OFFER_DENOMINATOR;
        if asked > self.at.settings.max_gas_price {
            return Err(Hindrance::TooExpensive { price: asked });
        }
        let offer = offer.min(self.at.settings.max_gas_price);
        let Some(stuck) = stuck else {
            return Ok(Some(offer));
        };
        let enough = stuck.gas_price + stuck.gas_price.div_ceil(8);
        Ok((offer > 0 && offer >= enough).then_some(offer))
    }

    /// Hands every stored transaction from this nonce on to all endpoints: whichever takes it.
    fn send_from(&mut self, nonce: u64) -> State {
        let mut chosen: Vec<&Submission> = Vec::new();
        for one in self
            .pending
            .submissions
            .iter()
            .filter(|one| one.nonce >= nonce)
        {
            // Of several for one nonce the last offers most.
            chosen.retain(|other| other.nonce != one.nonce);
            chosen.push(one);
        }
        chosen.sort_by_key(|one| one.nonce);
        let mut refused = None;
        for one in chosen {
            refused = self.at.nodes.send_to_all(self.now, one);
        }
        self.at.last_sent = Some(self.now);
        match refused {
            Some(why) => State::Hindered(Hindrance::Refused { why }),
            None => State::Submitted,
        }
    }

    /// A transaction of a kiosk that may not anchor would only cost.
    fn not_entitled(&self, opinions: &Opinions) -> Option<Hindrance> {
        let sender = self.at.sender.address();
        let is_ours = |listed: &Listed| listed.sender == sender;
        let state_is = |state| opinions.most(move |opinion| opinion.sight.listed.state == state);
        if state_is(KioskState::Unknown) {
            return Some(Hindrance::NotRegistered);
        }
        if state_is(KioskState::Suspended) {
            return Some(Hindrance::Suspended);
        }
        if !state_is(KioskState::Active) {
            return Some(Hindrance::Disagree);
        }
        let ours = opinions.most(|opinion| is_ours(&opinion.sight.listed));
        (!ours).then_some(Hindrance::OtherSender)
    }

    fn forget_flight(&mut self) {
        self.at.last_sent = None;
        self.at.unseen_since = None;
        self.at.impossible_since = None;
    }

    fn refresh(&mut self) -> Result<(), LogError> {
        let ours: [u8; 20] = self.at.sender.address().into();
        self.pending = self.outbox.pending(&self.at.ledger)?;
        self.pending.submissions.retain(|one| one.sender == ours);
        Ok(())
    }
}

impl EvmLedger {
    fn sign(&self, size: u64, root: &Hash, nonce: u64, gas_price: u64) -> Submission {
        let contracts = &self.settings.contracts;
        let transaction = Transaction {
            chain_id: contracts.chain_id,
            nonce,
            gas_price,
            gas_limit: GAS_LIMIT,
            to: Some(contracts.anchor),
            value: U256::ZERO,
            data: Bytes::from(abi::call_anchor(root, size)),
        };
        let (signed, hash) = transaction.sign(&self.sender);
        Submission {
            sender: self.sender.address().into(),
            size,
            nonce,
            gas_price,
            hash,
            signed,
        }
    }
}

fn hindrance(error: RpcError) -> Hindrance {
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
