//! A kiosk whose case was opened: nothing of it is left but a screen that says so and a light. It
//! stays like this, across restarts, until a technician signs off.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use hal::clock::monotonic_now;
use hal::panel::{PanelWorker, StatusLight};
use kiosk_ui::{Language, Outage, Touch, View};

use crate::panel_desk::CaseGuard;
use crate::record::{Record, RecordSink};
use crate::session::Event;
use crate::shell::{Crashed, Display, Message, Outlet};
use crate::store::Store;
use crate::supervise::Supervisor;

/// How often the supervisor hears of it, and it is looked whether the keys have left the memory too.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Keys that could not be destroyed (a TPM that is busy or does not answer) are tried again so often.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// Threads that still use a key (a commit, a transaction to a chain) end within this; else the
/// program ends, and its memory with it.
pub const LETTING_GO: Duration = Duration::from_secs(5);

/// What a closed kiosk consists of.
pub struct Closed {
    /// What still comes in: records, touches, the end.
    pub outlet: Outlet,
    /// The screen.
    pub display: Arc<dyn Display>,
    /// The lights, and the case that may still be open.
    pub panel: PanelWorker,
    /// What destroys the keys.
    pub case: CaseGuard,
    /// Where records go.
    pub records: RecordSink,
    /// The language that it greets with.
    pub language: Language,
    /// What held the keys in memory, if the kiosk was open before.
    pub held: Weak<Mutex<Store>>,
    /// How long threads may still use them: [`LETTING_GO`], except in stories on busy machines.
    pub letting_go: Duration,
    /// Who must hear that this is as it should be.
    pub supervisor: Supervisor,
}

/// Lets go of what the kiosk consisted of, on a thread of its own: a device may take long to let go,
/// and neither the screen nor the supervisor waits for that.
pub fn let_go(parts: impl Send + 'static) {
    std::thread::spawn(move || drop(parts));
}

impl Closed {
    /// Stays closed until the program is told to end.
    pub async fn stay(self) -> Result<(), Crashed> {
        self.stay_by(&monotonic_now).await
    }

    /// The same, by this clock.
    async fn stay_by(mut self, now: &dyn Fn() -> Duration) -> Result<(), Crashed> {
        (self.records)(&Record::Closed);
        self.panel.show(StatusLight::Error);
        self.panel.fill_light(false);
        self.show();
        let since = now();
        let mut again = since + AGAIN_AFTER;
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            let message = tokio::select! {
                message = self.outlet.0.recv() => message,
                _ = looks.tick() => {
                    self.supervisor.turn(&*self.display);
                    let time = now();
                    let is_late = time.saturating_sub(since) > self.letting_go;
                    if is_late && self.held.strong_count() > 0 {
                        return Err(Crashed::holding_keys());
                    }
                    if time >= again {
                        again = time + AGAIN_AFTER;
                        self.case.try_again();
                    }
                    continue;
                }
            };
            match message {
                Some(Message::Record(record)) => (self.records)(&record),
                Some(Message::Event(Event::Touch(Touch::Speak(language)))) => {
                    self.language = language;
                    self.show();
                }
                Some(Message::Event(_) | Message::Tampered | Message::Presence(_)) => {}
                Some(Message::Stop) | None => {
                    self.supervisor.stopping();
                    return Ok(());
                }
                Some(Message::Crash(crashed)) => return Err(crashed),
            }
        }
    }

    fn show(&self) {
        let view = View::out_of_service(Outage::Tampered, self.language);
        self.display.show(view);
    }
}

#[cfg(test)]
mod tests;
