//! The demo's resident: looks at the same views as a person and answers with the same touches,
//! after a moment to read.

use std::collections::BTreeSet;
use std::time::Duration;

use hal::panel::Switch;
use hal::sim::camera::{Script, Side};
use kiosk_ui::{
    CardPrompt, ChallengeTask, NumbersTrouble, NumbersView, Outage, PrintView, ReceiptView, Screen,
    Touch, View, WalletTrouble, WalletView,
};

use super::album;
use super::scenario::Scenario;

/// What a resident does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Touches the screen.
    Touch(Touch),
    /// Puts the card on the reader, taking it off first if it lies there.
    PlaceCard,
    /// Lays the page on the document scanner, crookedly or flat.
    Scan { flat: bool },
    /// Somebody pulls the document scanner's plug.
    PullScanner,
    /// Holds the phone up to the camera.
    HoldPhone,
    /// Turns the head, or the picture in front of it, to a side and back.
    Turn(Script),
    /// Somebody else opens the case or the door, or closes it.
    Switch(Switch, bool),
    /// Takes the card and goes home: the story is over.
    Leave,
}

/// How long the resident waits for a kiosk that is out of service.
const PATIENCE: Duration = Duration::from_secs(12);

/// Keys are found faster than sentences are read.
const KEYS_IN_A_PACE: u32 = 5;

/// A resident in a story.
#[derive(Debug)]
pub struct Resident {
    scenario: Scenario,
    pace: Duration,
    begun: bool,
    prompt: Option<CardPrompt>,
    /// The kiosk said that the numbers do not open the chip.
    looked_again: bool,
    /// What was done with the document scanner last.
    scanned: Option<Act>,
    holds_phone: bool,
    /// Which codes were photographed.
    codes: BTreeSet<u32>,
    /// There is a printer, and the resident waits until it can be used.
    wants_paper: bool,
    asked_for_paper: bool,
    /// The slip lies there, or never will.
    has_paper: bool,
    /// What went wrong on the way into the wallet.
    trouble: Option<WalletTrouble>,
    last: Option<&'static str>,
}

impl Resident {
    /// A resident who takes this long to read a screen.
    pub fn new(scenario: Scenario, pace: Duration) -> Self {
        Self {
            scenario,
            pace,
            begun: false,
            prompt: None,
            looked_again: false,
            scanned: None,
            holds_phone: false,
            codes: BTreeSet::new(),
            wants_paper: false,
            asked_for_paper: false,
            has_paper: false,
            trouble: None,
            last: None,
        }
    }

    /// The same, who takes a receipt home on paper if this says that there is a printer.
    pub fn with_paper(self, wants_paper: bool) -> Self {
        Self {
            wants_paper,
            ..self
        }
    }

    /// Somebody who only sees the invitation.
    pub fn passer_by() -> Self {
        Self {
            begun: true,
            ..Self::new(Scenario::Genuine, Duration::ZERO)
        }
    }

    /// What the resident does on seeing this, and after which time. Each screen is answered
    /// once.
    pub fn see(&mut self, view: &View) -> Option<(Duration, Act)> {
        let seen = Some(album::name(view));
        let act = self.answer(&view.screen, self.last == seen)?;
        self.last = seen;
        let pause = match view.screen {
            // A receipt is photographed, which takes longer than reading a button.
            Screen::Receipt(_) | Screen::Wallet(WalletView::Codes(_)) => self.pace * 3,
            Screen::Numbers(_) => self.pace / KEYS_IN_A_PACE,
            Screen::OutOfService(Outage::Service | Outage::Tampered) => self.pace,
            // Long enough for a kiosk that can to come back by itself.
            Screen::OutOfService(_) => PATIENCE,
            _ => self.pace,
        };
        Some((pause, act))
    }

    fn answer(&mut self, screen: &Screen, answered: bool) -> Option<Act> {
        if let Screen::Card(prompt) = screen {
            return self.handle_card(*prompt);
        }
        if let Screen::Numbers(numbers) = screen {
            return self.give_numbers(numbers);
        }
        if let Screen::Receipt(ReceiptView {
            print: PrintView::Offered,
            ..
        }) = screen
        {
            let wants = !std::mem::replace(&mut self.asked_for_paper, true);
            return wants.then_some(Act::Touch(Touch::Print));
        }
        if let Screen::Receipt(receipt) = screen
            && self.asked_for_paper
            && !std::mem::replace(&mut self.has_paper, is_settled(receipt.print))
        {
            return self.has_paper.then_some(Act::Touch(Touch::Done));
        }
        let no_paper_yet = self.wants_paper && !self.asked_for_paper;
        if answered || (no_paper_yet && matches!(screen, Screen::Receipt(_))) {
            return None;
        }
        match screen {
            Screen::Attract if self.begun => Some(Act::Leave),
            Screen::Attract => {
                self.begun = true;
                Some(Act::Touch(Touch::Begin))
            }
            Screen::Services(services) => {
                let first = services.first().map(|service| service.id.as_str());
                let id = self.scenario.service().or(first)?;
                Some(Act::Touch(Touch::Choose(id.to_owned())))
            }
            Screen::Consent(_) if self.scenario == Scenario::Cannot => {
                Some(Act::Touch(Touch::Cannot))
            }
            Screen::Fields(fields) => {
                let agreed = fields.iter().any(|choice| choice.agreed);
                let first = fields.first().filter(|_| !agreed);
                let touch = first.map_or(Touch::Agree, |choice| Touch::Share(choice.field, true));
                Some(Act::Touch(touch))
            }
            Screen::Consent(_) => Some(Act::Touch(Touch::Agree)),
            Screen::Capture(_) if self.scenario == Scenario::Cancelled => {
                Some(Act::Touch(Touch::Stop))
            }
            Screen::Capture(_) => {
                let opened = self.scenario.opened()?;
                Some(Act::Switch(opened, true))
            }
            Screen::Challenge(_) if self.scenario == Scenario::ChallengeSkipped => {
                Some(Act::Touch(Touch::Cannot))
            }
            Screen::Challenge(prompt) => self.turn(prompt.task),
            Screen::OutOfService(Outage::Service) => Some(Act::Switch(Switch::ServiceDoor, false)),
            Screen::Receipt(receipt) if receipt.wallet && self.trouble.is_none() => {
                Some(Act::Touch(Touch::KeepOnPhone))
            }
            Screen::Wallet(wallet) => self.fill_wallet(wallet),
            Screen::Receipt(_) | Screen::Ended(_) => Some(Act::Touch(Touch::Done)),
            // Who has pulled the plug sees that the kiosk comes back by itself.
            Screen::OutOfService(Outage::Camera) if self.scenario == Scenario::CameraLost => None,
            Screen::OutOfService(_) => Some(Act::Leave),
            _ => None,
        }
    }

    /// Turns when that is asked, and again when it is asked again.
    fn turn(&mut self, task: ChallengeTask) -> Option<Act> {
        let side = match task {
            ChallengeTask::Left => Side::Left,
            ChallengeTask::Right => Side::Right,
            ChallengeTask::Ahead | ChallengeTask::Back => {
                self.last = None;
                return None;
            }
        };
        Some(Act::Turn(self.scenario.answer(side)))
    }

    /// Ties the proof to the phone, photographs every code, and gives up when that fails.
    fn fill_wallet(&mut self, wallet: &WalletView) -> Option<Act> {
        match wallet {
            WalletView::Choose { trouble, .. } => {
                self.trouble = *trouble;
                let touch = trouble.map_or(Touch::BringKey, |_| Touch::Back);
                Some(Act::Touch(touch))
            }
            WalletView::Scan(_) if self.holds_phone => None,
            WalletView::Scan(_) => {
                self.holds_phone = true;
                Some(Act::HoldPhone)
            }
            WalletView::Preparing => None,
            WalletView::Codes(codes) => {
                self.codes.insert(codes.number);
                let all = (1..=codes.count).all(|number| self.codes.contains(&number));
                all.then_some(Act::Touch(Touch::Back))
            }
        }
    }

    /// Scans the page where a scanner is offered, once more if it was misread; else types.
    fn give_numbers(&mut self, numbers: &NumbersView) -> Option<Act> {
        if !numbers.scanner {
            return Some(Act::Touch(self.type_numbers(numbers)));
        }
        let act = match (self.scenario, numbers.trouble) {
            (Scenario::ScannerLost, _) => Act::PullScanner,
            (_, Some(NumbersTrouble::Misread)) => Act::Scan { flat: true },
            _ => Act::Scan { flat: false },
        };
        let news = self.scanned.as_ref() != Some(&act);
        self.scanned = Some(act.clone());
        news.then_some(act)
    }

    /// The next key, or one back; after a slip the numbers are looked at again.
    fn type_numbers(&mut self, numbers: &NumbersView) -> Touch {
        self.looked_again |= numbers.trouble.is_some();
        let slip = self.scenario.slip(numbers.field);
        let slip = slip.filter(|_| !self.looked_again);
        let wanted = slip.unwrap_or_else(|| self.scenario.printed(numbers.field));
        match wanted.strip_prefix(numbers.typed.reveal()) {
            Some(rest) => rest.chars().next().map_or(Touch::Next, Touch::Key),
            None => Touch::Erase,
        }
    }

    /// Does what each prompt asks for, once. A card that was pulled away is kept: that is the story.
    fn handle_card(&mut self, prompt: CardPrompt) -> Option<Act> {
        let news = self.prompt.replace(prompt) != Some(prompt);
        let place = match prompt {
            // A passport whose numbers were wrong lies there still.
            CardPrompt::Present => news && !self.looked_again,
            CardPrompt::Unreadable | CardPrompt::NotAccepted => news,
            CardPrompt::Reading | CardPrompt::Removed => false,
        };
        place.then_some(Act::PlaceCard)
    }
}

/// Whether waiting for paper is over.
fn is_settled(print: PrintView) -> bool {
    matches!(print, PrintView::Printed | PrintView::Failed)
}
