//! The demo's resident: looks at the same views as a person and answers with the same touches,
//! after a moment to read.

use std::time::Duration;

use kiosk_ui::{CardPrompt, Screen, Touch, View};

use super::scenario::Scenario;

/// What a resident does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Touches the screen.
    Touch(Touch),
    /// Puts the card on the reader, taking it off first if it lies there.
    PlaceCard,
    /// Takes the card and goes home: the story is over.
    Leave,
}

/// How long the resident waits for a kiosk that is out of service.
const PATIENCE: Duration = Duration::from_secs(12);

/// A resident in a story.
#[derive(Debug)]
pub struct Resident {
    scenario: Scenario,
    pace: Duration,
    begun: bool,
    prompt: Option<CardPrompt>,
    last: Option<std::mem::Discriminant<Screen>>,
}

impl Resident {
    /// A resident who takes this long to read a screen.
    pub fn new(scenario: Scenario, pace: Duration) -> Self {
        Self {
            scenario,
            pace,
            begun: false,
            prompt: None,
            last: None,
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
        let kind = Some(std::mem::discriminant(&view.screen));
        let act = self.answer(&view.screen, self.last == kind)?;
        self.last = kind;
        let pause = match view.screen {
            // A receipt is photographed, which takes longer than reading a button.
            Screen::Receipt(_) => self.pace * 3,
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
        if answered {
            return None;
        }
        match screen {
            Screen::Attract if self.begun => Some(Act::Leave),
            Screen::Attract => {
                self.begun = true;
                Some(Act::Touch(Touch::Begin))
            }
            Screen::Services(services) => services
                .first()
                .map(|service| Act::Touch(Touch::Choose(service.id.clone()))),
            Screen::Consent(_) if self.scenario == Scenario::Cannot => {
                Some(Act::Touch(Touch::Cannot))
            }
            Screen::Consent(_) | Screen::Fields(_) => Some(Act::Touch(Touch::Agree)),
            Screen::Capture(_) if self.scenario == Scenario::Cancelled => {
                Some(Act::Touch(Touch::Stop))
            }
            Screen::Receipt(_) | Screen::Ended(_) => Some(Act::Touch(Touch::Done)),
            Screen::OutOfService(_) => Some(Act::Leave),
            _ => None,
        }
    }

    /// Does what each prompt asks for, once. A card that was pulled away is kept: that is the story.
    fn handle_card(&mut self, prompt: CardPrompt) -> Option<Act> {
        let news = self.prompt.replace(prompt) != Some(prompt);
        let place = match prompt {
            CardPrompt::Present | CardPrompt::Unreadable | CardPrompt::NotAccepted => news,
            CardPrompt::Reading | CardPrompt::Removed => false,
        };
        place.then_some(Act::PlaceCard)
    }
}
