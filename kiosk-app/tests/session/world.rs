//! A session together with what an honest shell around it would know, and what must hold after
//! every step.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use attestation::wallet::HolderKey;
use kiosk_app::clock::WallTime;
use kiosk_app::record::{Outcome, Record};
use kiosk_app::services::Services;
use kiosk_app::session::{
    Answer, ChallengePolicy, CommitFailed, Committed, Device, Draft, Effect, Event, Health,
    IssueFailed, Limits, Session, Sound, Turn,
};
use kiosk_ui::{CardField, Confidential, Decided, Language, Outage, Screen, Touch, WalletView};
use zeroize::Zeroizing;

use crate::given::{answer, keepsake};
use crate::steps::{Step, What};

/// A session together with what an honest shell around it would know.
pub(crate) struct World {
    pub(crate) session: Session,
    pub(crate) now: Duration,
    /// The commit that the store has not answered yet.
    pub(crate) open_commit: Option<(Turn, Box<Draft>)>,
    /// The wish for a wallet form that the store has not answered yet.
    open_issue: Option<(Turn, Option<HolderKey>)>,
    /// Whether the resident asked for the camera to read a key.
    brings_key: bool,
    /// Commits of the present turn.
    pub(crate) commits: usize,
    /// What the store made durable in this turn.
    durable: Option<Committed>,
    camera_open: bool,
    consented: bool,
    /// The switches that are on, as an honest screen shows them.
    pub(crate) switched_on: BTreeSet<CardField>,
    held_personal_data: bool,
    /// What could be heard.
    pub(crate) heard: Vec<Sound>,
    /// The case was opened, some time.
    pub(crate) opened: bool,
    /// How often it was written down that the visit of this turn ended.
    endings: usize,
    /// A slip was ordered, and neither printed nor given up.
    slip_ordered: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_services(&Path::new(env!("CARGO_MANIFEST_DIR")).join("services"))
    }

    /// A kiosk that asks for a turn of the head.
    pub(crate) fn asking(challenge: ChallengePolicy) -> Self {
        let mut world = Self::new();
        world.session = world.session.with_challenge(challenge);
        world
    }

    pub(crate) fn with_services(folder: &Path) -> Self {
        let services = Arc::new(Services::load(folder).unwrap());
        Self {
            session: Session::new(services, Limits::default(), Language::Chinese),
            now: Duration::ZERO,
            open_commit: None,
            open_issue: None,
            brings_key: false,
            commits: 0,
            durable: None,
            camera_open: false,
            consented: false,
            switched_on: BTreeSet::new(),
            held_personal_data: false,
            heard: Vec::new(),
            opened: false,
            slip_ordered: false,
            endings: 0,
        }
    }

    /// A world in which somebody has gone so many steps of a path.
    pub(crate) fn after(steps: usize, path: Vec<Step>) -> Self {
        let mut world = Self::new();
        for step in path.into_iter().take(steps) {
            world.step(step);
        }
        world
    }

    pub(crate) fn screen(&self) -> Screen {
        self.session.view(self.now).screen
    }

    pub(crate) fn step(&mut self, step: Step) {
        let turn = self.session.turn();
        let printed = matches!(
            step,
            Step::Answer {
                late: false,
                what: What::Printed(_)
            }
        );
        let event = match step {
            Step::Wait(milliseconds) => {
                self.now += Duration::from_millis(milliseconds);
                Event::Tick
            }
            Step::Touch(touch) => Event::Touch(touch),
            Step::Device(device, health) => Event::Device(device, health),
            Step::Printer(health) => Event::Printer(health),
            Step::Scanner(health) => Event::Scanner(health),
            Step::Answer { late, what } => Event::Answer(
                if late {
                    Turn(turn.0.wrapping_sub(1))
                } else {
                    turn
                },
                answer(what),
            ),
            Step::Store { works } => match self.store(works) {
                Some(event) => event,
                None => return,
            },
            Step::Issue { works } => match self.issue(works) {
                Some(event) => event,
                None => return,
            },
        };
        if printed {
            self.slip_ordered = false;
        }
        self.handle(event);
    }

    fn store(&mut self, works: bool) -> Option<Event> {
        let (turn, draft) = self.open_commit.take()?;
        let result = works.then(|| Committed {
            decided: kiosk_app::store::decided(draft.decision),
            receipt: format!("RECEIPT {}", turn.0),
            reference: "1234".into(),
            time: WallTime::at(1_795_000_000),
        });
        if turn == self.session.turn() {
            self.durable = result.clone();
        }
        let result = result.map(|committed| (committed, keepsake(&draft)));
        Some(Event::Answer(
            turn,
            Answer::Committed(result.ok_or(CommitFailed)),
        ))
    }

    pub(crate) fn issue(&mut self, works: bool) -> Option<Event> {
        let (turn, holder) = self.open_issue.take()?;
        let proof = Confidential::new(Zeroizing::new("secret proof ".repeat(200)));
        let result = works.then_some(proof).ok_or(IssueFailed);
        Some(Event::Answer(turn, Answer::Issued { holder, result }))
    }

    pub(crate) fn handle(&mut self, event: Event) {
        let turn = self.session.turn();
        if let Event::Touch(touch) = &event {
            self.foresee(touch);
        }
        self.opened |= matches!(event, Event::Device(Device::Case, Health::Lost));
        let effects = self.session.handle(event, self.now);
        if self.opened {
            assert!(!effects.iter().any(begins_something));
        }
        let ends = |effect: &&Effect| matches!(effect, Effect::Record(Record::Ended { .. }));
        self.endings += effects.iter().filter(ends).count();
        assert!(self.endings <= 1, "a visit ends once");
        if self.session.turn() != turn {
            self.endings = 0;
            self.commits = 0;
            self.durable = None;
            self.consented = false;
            self.switched_on.clear();
            self.brings_key = false;
        }
        let mut wiped = false;
        for effect in effects {
            match effect {
                Effect::Commit(turn, draft) => {
                    self.commits += 1;
                    for (field, _) in draft.shared.iter() {
                        assert!(
                            self.switched_on.contains(&field) && self.consented,
                            "{field:?} is signed without consent"
                        );
                    }
                    self.open_commit = Some((turn, draft));
                }
                Effect::StartCapture(_) => {
                    assert!(self.consented, "the camera opens only after consent");
                    self.camera_open = true;
                }
                Effect::StartChallenge(..) => {
                    assert!(self.camera_open, "a challenge follows a capture");
                }
                Effect::StartScan(_) => {
                    assert!(self.brings_key, "the camera opens only when asked for");
                    self.camera_open = true;
                }
                Effect::Issue(turn, _, holder) => {
                    assert!(holder.is_none() || self.brings_key);
                    self.open_issue = Some((turn, holder));
                }
                Effect::ReadCard(_) | Effect::OpenDocument(_) => {
                    assert!(self.consented, "the card is read only after consent")
                }
                Effect::Print(turn, printout, within) => {
                    assert!(!self.slip_ordered, "one slip at a time");
                    assert_eq!(turn, self.session.turn());
                    let durable = self
                        .durable
                        .as_ref()
                        .expect("paper only of what is durable");
                    assert_eq!(printout.receipt, durable.receipt);
                    assert_eq!(printout.decided, durable.decided);
                    assert!(within <= Limits::default().receipt);
                    self.slip_ordered = true;
                }
                Effect::GiveUpSlip => self.slip_ordered = false,
                Effect::StopCapture => self.camera_open = false,
                Effect::Sound(sound) => self.heard.push(sound),
                Effect::Wipe => wiped = true,
                Effect::Record(Record::Consented) => self.consented = true,
                Effect::Record(Record::Ended {
                    outcome: Outcome::Cancelled,
                    ..
                }) => {
                    assert_eq!(self.commits, 0, "a cancelled session leaves no attestation");
                }
                _ => {}
            }
        }
        self.check(wiped);
    }

    /// What this touch means on the screen as it is.
    fn foresee(&mut self, touch: &Touch) {
        match (touch, self.screen()) {
            (Touch::Share(field, yes), Screen::Fields(choices))
                if choices.iter().any(|choice| choice.field == *field) =>
            {
                self.switch(*field, *yes);
            }
            (Touch::BringKey, Screen::Wallet(WalletView::Choose { .. })) => self.brings_key = true,
            _ => {}
        }
    }

    fn switch(&mut self, field: CardField, yes: bool) {
        if yes {
            self.switched_on.insert(field);
        } else {
            self.switched_on.remove(&field);
        }
    }

    fn check(&mut self, wiped: bool) {
        assert!(self.commits <= 1, "a decision is made once");
        let holds = self.session.holds_personal_data();
        assert!(
            holds || !self.held_personal_data || wiped,
            "what is no longer needed is wiped"
        );
        self.held_personal_data = holds;

        let view = self.session.view(self.now);
        let locked = Screen::OutOfService(Outage::Tampered);
        assert_eq!(
            view.screen == locked,
            self.opened,
            "an opened kiosk is closed for good"
        );
        match &view.screen {
            Screen::Receipt(shown) => {
                let durable = self
                    .durable
                    .as_ref()
                    .expect("no receipt before the commit is durable");
                assert_eq!(shown.receipt, durable.receipt);
                assert_eq!(
                    shown.decision, durable.decided,
                    "the screen says what was signed"
                );
                assert!(!holds || shown.wallet && !self.switched_on.is_empty());
            }
            Screen::Wallet(wallet) => self.check_wallet(wallet, holds),
            Screen::Capture(_) | Screen::Challenge(_) => {
                assert!(self.camera_open && self.consented);
            }
            Screen::Card(_) | Screen::Numbers(_) => assert!(self.consented),
            Screen::Attract
            | Screen::Services(_)
            | Screen::Consent(_)
            | Screen::Fields(_)
            | Screen::Ended(_) => {
                assert!(!holds);
            }
            Screen::OutOfService(_) | Screen::Deciding => assert!(!holds),
        }
        if !matches!(
            view.screen,
            Screen::Capture(_) | Screen::Challenge(_) | Screen::Wallet(WalletView::Scan(_))
        ) {
            assert!(
                !self.camera_open,
                "the camera is open only while it is looked into"
            );
        }
    }
}

impl World {
    fn check_wallet(&self, wallet: &WalletView, holds: bool) {
        let durable = self.durable.as_ref().expect("a commit that is durable");
        assert_eq!(durable.decided, Decided::Verified);
        assert_eq!(holds, !self.switched_on.is_empty());
        match wallet {
            WalletView::Scan(_) => assert!(self.camera_open && self.brings_key),
            WalletView::Codes(codes) => {
                assert!(codes.fields.iter().eq(&self.switched_on));
                assert!(!codes.bound || self.brings_key);
                assert!(codes.number >= 1 && codes.number <= codes.count);
            }
            WalletView::Choose { .. } | WalletView::Preparing => {}
        }
    }
}

/// What a kiosk whose case was opened must not do any more.
fn begins_something(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::ReadCard(_)
            | Effect::PrepareReference(..)
            | Effect::StartCapture(_)
            | Effect::StartChallenge(..)
            | Effect::StartScan(_)
            | Effect::Commit(..)
            | Effect::Issue(..)
    )
}
