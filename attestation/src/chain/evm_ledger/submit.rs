//! What is sent: a new transaction, the same bytes again, or one at a higher price where the first is
//! stuck. Each is signed and stored before it is sent.

use alloy_primitives::{Bytes, U256};

use super::EvmLedger;
use super::step::{Step, hindrance};
use crate::chain::abi::{self, KioskState, Listed};
use crate::chain::agree::Opinions;
use crate::chain::transaction::Transaction;
use crate::ledger::{Happening, Hindrance, State, Submission};
use crate::log::LogError;
use crate::merkle::Hash;

/// What an anchor may cost at most: four times what it does.
const GAS_LIMIT: u64 = 300_000;

/// A unit of gas is paid for with a quarter more than asked, because the price may rise until the
/// transaction is in a block; nodes take an offer for the same nonce again from a tenth more.
const OFFER_NUMERATOR: u64 = 5;
const OFFER_DENOMINATOR: u64 = 4;

/// How long a transaction stays out of all blocks before a higher price is offered, in patiences.
const STUCK_AFTER_PATIENCES: u32 = 10;

impl Step<'_> {
    /// Sends what is on its way again, or replaces it where it can never arrive.
    pub(super) fn press_on(
        &mut self,
        opinions: &Opinions,
        flight: &Submission,
    ) -> Result<State, LogError> {
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
    pub(super) fn submit(
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
