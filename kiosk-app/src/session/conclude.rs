//! The decision: made once, handed to the store, and nothing that happens later changes it.

use std::time::Duration;

use attestation::{Decision, FactorOutcome, Factors, Reason};

use super::state::State;
use super::{CardFields, Draft, Effect, Session};
use crate::record::Record;

impl Session {
    pub(super) fn refer(&mut self, reason: Reason, now: Duration) {
        let factors = Factors {
            liveness: FactorOutcome::NotPerformed,
            face: FactorOutcome::NotPerformed,
        };
        self.conclude(factors, Decision::Referred(reason), now);
    }

    /// Makes the decision, once: nothing that happens later changes it.
    pub(super) fn conclude(&mut self, factors: Factors, decision: Decision, now: Duration) {
        let service = self.state.service();
        self.leave_devices();
        let holder = match std::mem::replace(&mut self.state, State::Attract) {
            State::Preparing { holder, .. }
            | State::Capturing { holder, .. }
            | State::Challenging { holder, .. } => Some(holder),
            _ => None,
        };
        let (document, number, shared) = match holder {
            Some(holder) => (Some(holder.evidence), Some(holder.number), holder.shared),
            None => (None, None, CardFields::default()),
        };
        let offered = service.is_some_and(|service| self.service(service).rules.wallet);
        let wallet = offered && decision == Decision::Verified;
        // A proof about the holder of the card is for nobody else.
        let shared = match decision {
            Decision::Verified => shared,
            _ => CardFields::default(),
        };
        let reason = decision
            .reason()
            .map_or("all_factors_accepted", Reason::as_code);
        self.record(Record::Decided {
            decision: decision.as_code(),
            reason,
        });
        self.record(Record::Committing);
        let draft = Draft {
            service: service.map(|service| self.service(service).stamp()),
            document,
            number,
            shared,
            wallet,
            factors,
            decision,
        };
        self.effects
            .push(Effect::Commit(self.turn, Box::new(draft)));
        // The reference and the frames have done their work.
        self.wipe();
        self.enter(State::Deciding { service, reason }, now);
    }
}
