//! What a person does on the screen.

use std::time::Duration;

use attestation::Reason;
use face_pipeline::ChallengeOutcome;
use kiosk_ui::{CardPrompt, Ending, Language, Touch};

use super::state::State;
use super::{Agreed, Effect, Session};
use crate::record::{Outcome, Record};

impl Session {
    pub(super) fn touch(&mut self, touch: Touch, now: Duration) {
        if self.state.waits_for_touch() {
            // Somebody is there: the screen waits anew.
            self.deadline = self.waiting_time().map(|time| now + time);
        }
        match (touch, &self.state) {
            (Touch::Speak(language), _) => self.speak(language, now),
            (Touch::Begin, State::Attract) => self.begin(now),
            (Touch::Choose(id), State::Choosing) => self.choose(&id, now),
            (Touch::Agree, &State::Consenting { service }) => self.agreed_to_notice(service, now),
            (Touch::Share(field, yes), State::ChoosingFields { .. }) => self.share(field, yes),
            (Touch::Agree, State::ChoosingFields { service, agreed }) => {
                let (service, agreed) = (*service, agreed.clone());
                self.consent(service, agreed, now);
            }
            (Touch::Key(key), State::Presenting { .. }) => self.number_key(key),
            (Touch::Erase, State::Presenting { .. }) => self.number_erase(),
            (Touch::Next, State::Presenting { .. }) => self.number_next(now),
            (Touch::Back, State::Presenting { .. }) => self.number_back(),
            (Touch::Stop, state) if state.is_underway() => self.cancel(now),
            // Here it is the challenge that cannot be done, and that needs no officer.
            (Touch::Cannot, State::Challenging { .. }) => {
                self.challenged(ChallengeOutcome::Skipped, now);
            }
            (Touch::Cannot, state) if state.is_underway() => {
                self.refer(Reason::ResidentCannot, now);
            }
            (Touch::Print, State::Receipt { .. }) => self.print(now),
            (Touch::KeepOnPhone, State::Receipt { .. }) => self.open_wallet(now),
            (Touch::WithoutKey, State::Wallet(_)) => self.without_key(now),
            (Touch::BringKey, State::Wallet(_)) => self.bring_key(now),
            (Touch::Back, State::Wallet(_)) => self.wallet_back(now),
            (Touch::Done, State::Receipt { .. } | State::Wallet(_) | State::Ended(_)) => {
                self.go_home(now);
            }
            _ => {}
        }
    }

    /// Somebody who chooses a language on the invitation and walks off leaves it to nobody.
    fn speak(&mut self, language: Language, now: Duration) {
        self.language = language;
        if matches!(self.state, State::Attract) {
            self.deadline = Some(now + self.limits.choose);
        }
    }

    pub(super) fn begin(&mut self, now: Duration) {
        self.turn.0 += 1;
        self.record(Record::Begun);
        self.enter(State::Choosing, now);
    }

    pub(super) fn choose(&mut self, id: &str, now: Duration) {
        let Some(service) = self.services.position(id) else {
            return;
        };
        self.record(Record::Service { service: id.into() });
        self.enter(State::Consenting { service }, now);
    }

    pub(super) fn consent(&mut self, service: usize, agreed: Agreed, now: Duration) {
        self.record(Record::Consented);
        self.effects.push(Effect::ReadCard(self.turn));
        let prompt = CardPrompt::Present;
        self.enter(
            State::Presenting {
                service,
                agreed,
                prompt,
                failures: 0,
                awaited: 0,
                numbers: self.first_numbers(),
                trouble: None,
            },
            now,
        );
    }

    pub(super) fn cancel(&mut self, now: Duration) {
        self.ended(Outcome::Cancelled, "resident_stopped");
        self.leave_devices();
        self.wipe();
        self.enter(State::Ended(Ending::Cancelled), now);
    }
}
