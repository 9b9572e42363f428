//! Every state that can wait gives up by itself.

use std::time::Duration;

use attestation::Reason;
use face_pipeline::ChallengeOutcome;
use kiosk_ui::{Ending, Outage};

use super::state::{LateCommit, State};
use super::wallet::Step;
use super::{Device, Session};
use crate::record::{Outcome, Record};

/// The store did not answer in time.
const TOO_SLOW: &str = "storage_too_slow";

impl Session {
    /// The state waited long enough.
    pub(super) fn give_up(&mut self, now: Duration) {
        match &self.state {
            State::Capturing {
                face_seen: true, ..
            } => self.refer(Reason::NoUsableCapture, now),
            State::Capturing { .. } => self.time_out("no_face", now),
            State::Challenging { .. } => self.challenged(ChallengeOutcome::NotShown, now),
            State::Presenting { trouble, .. } => {
                let reason = trouble.unwrap_or("no_card");
                self.time_out(reason, now);
            }
            State::Preparing { .. } => {
                self.fail(Outage::Fault, "face_pipeline_too_slow", now);
            }
            State::Choosing | State::Consenting { .. } | State::ChoosingFields { .. } => {
                self.time_out("no_touch", now)
            }
            &State::Deciding { service, reason } => {
                self.commit_too_slow(LateCommit { service, reason }, now)
            }
            State::Wallet(_) => self.wallet_gives_up(now),
            State::Receipt { .. } | State::Ended(_) => self.go_home(now),
            State::OutOfService { .. } => {
                self.give_up_late_commit();
                if self.lost.is_empty() {
                    self.go_home(now);
                }
            }
            State::Attract => {
                self.language = self.home_language;
                self.deadline = None;
            }
        }
    }

    /// The disk is too slow or stuck. The attestation may still become durable: then the resident,
    /// who is probably still there as long as an outage lasts at least, gets the receipt for it.
    fn commit_too_slow(&mut self, commit: LateCommit, now: Duration) {
        self.lost.insert(Device::Storage);
        self.record(Record::OutOfService { reason: TOO_SLOW });
        self.leave_service(Outage::Storage, Some(commit), now);
    }

    /// Nobody waits for this receipt any more: whoever stands there now may be somebody else. The
    /// attestation itself, if it becomes durable, is in the log.
    pub(super) fn give_up_late_commit(&mut self) {
        if let State::OutOfService { late, .. } = &mut self.state
            && late.take().is_some()
        {
            self.ended(Outcome::OutOfService, TOO_SLOW);
        }
    }

    pub(super) fn time_out(&mut self, reason: &'static str, now: Duration) {
        self.ended(Outcome::TimedOut, reason);
        self.leave_devices();
        self.wipe();
        self.enter(State::Ended(Ending::TimedOut), now);
    }

    pub(super) fn waiting_time(&self) -> Option<Duration> {
        let limits = &self.limits;
        match &self.state {
            State::Attract => None,
            State::Choosing => Some(limits.choose),
            State::Consenting { .. } | State::ChoosingFields { .. } => Some(limits.consent),
            State::Presenting { numbers, .. } if numbers.typing() => Some(limits.numbers),
            State::Presenting { .. } => Some(limits.card),
            State::Preparing { .. } | State::Deciding { .. } => Some(limits.commit),
            State::Capturing { .. } => Some(limits.capture),
            State::Challenging { .. } => Some(limits.challenge),
            State::Receipt { .. } => Some(limits.receipt),
            State::Wallet(wallet) => Some(match wallet.step {
                Step::Choosing(_) | Step::Shown(_) => limits.wallet,
                Step::Scanning(_) => limits.scan,
                Step::Issuing(_) => limits.commit,
            }),
            State::Ended(_) => Some(limits.ended),
            State::OutOfService { .. } => Some(limits.outage),
        }
    }
}
