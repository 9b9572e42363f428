//! From state to screen.

use std::time::Duration;

use face_pipeline::{Side, Task};
use kiosk_ui::{
    CapturePrompt, CardPrompt, ChallengePrompt, ChallengeTask, ConsentNotice, Ending, ReceiptView,
    Screen, ServiceChoice, View,
};

use super::Session;
use super::state::State;

impl Session {
    /// What the screen shows at the moment `now`.
    pub fn view(&self, now: Duration) -> View {
        let left = self.deadline.map(|deadline| deadline.saturating_sub(now));
        let asks = matches!(
            self.state,
            State::Choosing
                | State::Consenting { .. }
                | State::ChoosingFields { .. }
                | State::Presenting { .. }
        ) || matches!(self.state, State::Wallet(_)) && self.state.waits_for_touch();
        View {
            language: self.language,
            screen: self.screen(now),
            seconds_left: left.filter(|_| self.counts_down()).map(whole_seconds),
            seconds_in_all: self.waiting_time().map(whole_seconds),
            still_there: asks && left.is_some_and(|left| left <= self.asks_at()),
        }
    }

    /// How long before the end "are you still there?" appears; never in the first two thirds.
    fn asks_at(&self) -> Duration {
        let third = self.waiting_time().unwrap_or_default() / 3;
        self.limits.still_there.min(third)
    }

    /// Whether the resident is shown how long the screen stays.
    fn counts_down(&self) -> bool {
        !matches!(
            self.state,
            State::Attract | State::Deciding { .. } | State::OutOfService { .. }
        )
    }

    fn screen(&self, now: Duration) -> Screen {
        match &self.state {
            State::Attract => Screen::Attract,
            State::Choosing => Screen::Services(self.choices()),
            State::Consenting { service } => Screen::Consent(self.notice(*service)),
            State::ChoosingFields { service, agreed } => {
                Screen::Fields(self.field_choices(*service, agreed))
            }
            State::Presenting { numbers, .. } if numbers.typing() => {
                Screen::Numbers(numbers.view(self.scanner_ready))
            }
            State::Presenting { prompt, .. } => Screen::Card(*prompt),
            State::Preparing { .. } => Screen::Card(CardPrompt::Reading),
            State::Capturing {
                guidance, progress, ..
            } => Screen::Capture(CapturePrompt {
                guidance: *guidance,
                progress: *progress,
            }),
            State::Challenging {
                task,
                guidance,
                turned,
                ..
            } => Screen::Challenge(ChallengePrompt {
                task: asked(*task),
                guidance: *guidance,
                turned: *turned,
            }),
            State::Deciding { .. } => Screen::Deciding,
            State::Receipt {
                service,
                committed,
                keepsake,
            } => Screen::Receipt(ReceiptView {
                decision: committed.decided,
                service: self.service_name(*service),
                receipt: committed.receipt.clone(),
                reference: committed.reference.clone(),
                wallet: keepsake.is_some(),
                print: self.paper_view(),
            }),
            State::Wallet(wallet) => Screen::Wallet(self.wallet_view(wallet, now)),
            State::Ended(Ending::Cancelled) => Screen::Ended(Ending::Cancelled),
            State::Ended(Ending::TimedOut) => Screen::Ended(Ending::TimedOut),
            State::OutOfService { outage, .. } => Screen::OutOfService(*outage),
        }
    }

    fn choices(&self) -> Vec<ServiceChoice> {
        let choice = |service: &crate::services::Service| {
            let text = service.text(self.language);
            ServiceChoice {
                id: service.rules.id.to_string(),
                name: text.name.clone(),
                provider: text.provider.clone(),
            }
        };
        self.services.iter().map(choice).collect()
    }

    fn notice(&self, service: usize) -> ConsentNotice {
        let text = self.service(service).text(self.language).clone();
        ConsentNotice {
            service: text.name,
            provider: text.provider,
            purpose: text.purpose,
            shared: text.shared,
            legal_basis: text.legal_basis,
            retention: text.retention,
        }
    }

    /// Empty when help was asked for before a service was chosen.
    fn service_name(&self, service: Option<usize>) -> String {
        service.map_or_else(String::new, |service| {
            self.service(service).text(self.language).name.clone()
        })
    }
}

/// What is asked, as the screen distinguishes it.
fn asked(task: Task) -> ChallengeTask {
    match task {
        Task::Ahead => ChallengeTask::Ahead,
        Task::Turn(Side::Left) => ChallengeTask::Left,
        Task::Turn(Side::Right) => ChallengeTask::Right,
        Task::Back => ChallengeTask::Back,
    }
}

/// Rounds up, so that "0" is never shown while there is time.
fn whole_seconds(left: Duration) -> u32 {
    u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}
