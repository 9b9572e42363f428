//! The resident's session as a value: events in, effects out. No I/O, no clock, no thread, no
//! randomness; time comes with every call. What the screen shows is derived from the state, and
//! the decision on the screen is the value that was signed.

mod answers;
mod challenge;
mod conclude;
mod decide;
mod document_number;
mod effect;
mod event;
mod fault_code;
mod fields;
mod keepsake;
mod limits;
mod numbers;
mod outages;
mod paper;
mod state;
mod touches;
mod view;
mod waits;
mod wallet;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use kiosk_ui::Language;

pub use challenge::{Ask, ChallengePolicy, Unanswered};
pub use decide::decide;
pub use document_number::DocumentNumber;
pub use effect::{Draft, Effect, Light, ServiceStamp, Sound};
pub use event::{
    Answer, CommitFailed, Committed, Device, Event, Health, IssueFailed, Presented,
    ReferenceUnusable, Turn,
};
pub use fields::{Agreed, CardFields};
pub use keepsake::Keepsake;
pub use limits::Limits;

use crate::record::{Outcome, Record};
use crate::services::{Service, Services};
use outages::{lost_code, outage_of};
use paper::Paper;
use state::State;

/// One kiosk's session, from boot to power-off; residents come and go in it.
#[derive(Debug)]
pub struct Session {
    services: Arc<Services>,
    limits: Limits,
    home_language: Language,
    language: Language,
    lost: BTreeSet<Device>,
    printer_ready: bool,
    scanner_ready: bool,
    paper: Paper,
    turn: Turn,
    challenge: ChallengePolicy,
    /// The numbers of a document are typed before it is put on the reader.
    numbers_first: bool,
    state: State,
    /// When the state gives up by itself; the invitation only gives up a language.
    deadline: Option<Duration>,
    effects: Vec<Effect>,
}

impl Session {
    /// A session that waits for its first resident.
    pub fn new(services: Arc<Services>, limits: Limits, language: Language) -> Self {
        Self {
            services,
            limits,
            home_language: language,
            language,
            lost: BTreeSet::new(),
            printer_ready: false,
            scanner_ready: false,
            paper: Paper::default(),
            turn: Turn::default(),
            challenge: ChallengePolicy::default(),
            numbers_first: false,
            state: State::Attract,
            deadline: None,
            effects: vec![Effect::Light(Light::Idle)],
        }
    }

    /// Takes in one event at the moment `now` (monotonic) and says what is to be done.
    pub fn handle(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.give_up(now);
        }
        match event {
            Event::Tick => {}
            Event::Touch(touch) => self.touch(touch, now),
            Event::Device(device, health) => self.device(device, health, now),
            Event::Printer(health) => self.printer(health),
            Event::Scanner(health) => self.scanner(health),
            Event::Answer(turn, answer) if turn == self.turn => self.answer(answer, now),
            // Meant for a resident who has left.
            Event::Answer(..) => {}
        }
        std::mem::take(&mut self.effects)
    }

    /// The number of the present turn.
    pub fn turn(&self) -> Turn {
        self.turn
    }

    /// Whether anything about a person is reachable from the session.
    pub fn holds_personal_data(&self) -> bool {
        self.state.holds_personal_data()
    }

    fn go_home(&mut self, now: Duration) {
        self.language = self.home_language;
        self.leave_devices();
        self.leave_paper();
        self.wipe();
        match self.lost.first() {
            None => {
                if matches!(self.state, State::OutOfService { .. }) {
                    self.record(Record::InService);
                }
                self.effects.push(Effect::Light(Light::Idle));
                self.enter(State::Attract, now);
            }
            Some(&lost) => {
                self.record(Record::OutOfService {
                    reason: lost_code(lost),
                });
                self.effects.push(Effect::Light(Light::Error));
                self.enter(
                    State::OutOfService {
                        outage: outage_of(lost),
                        late: None,
                    },
                    now,
                );
            }
        }
    }

    fn enter(&mut self, state: State, now: Duration) {
        self.state = state;
        self.deadline = self.waiting_time().map(|time| now + time);
    }

    fn wipe(&mut self) {
        self.effects.push(Effect::Wipe);
    }

    fn ended(&mut self, outcome: Outcome, reason: &'static str) {
        self.record(Record::Ended { outcome, reason });
    }

    fn record(&mut self, record: Record) {
        self.effects.push(Effect::Record(record));
    }

    fn service(&self, position: usize) -> &Service {
        self.services.at(position)
    }
}
