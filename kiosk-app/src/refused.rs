//! A kiosk that cannot start: its screen says so for a while, so that nobody stands before a console, and
//! then the program ends with an error, so that it is started anew. Its case is watched all the same.
//! In: touches, the case, the end. Out: one view, a light, records, signs of life.

use std::sync::{Arc, Weak};
use std::time::Duration;

use hal::panel::{PanelWorker, StatusLight};
use kiosk_ui::{Language, Outage, Touch, View};

use crate::closed::Closed;
use crate::panel_desk::CaseGuard;
use crate::record::RecordSink;
use crate::session::Event;
use crate::shell::{Crashed, Display, Message, Outlet};
use crate::supervise::Supervisor;

/// How often the supervisor hears of it.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What is left of it.
pub struct Refused {
    /// What still comes in: records, touches, an opened case, the end.
    pub outlet: Outlet,
    /// The screen.
    pub display: Arc<dyn Display>,
    /// The lights, and the case, which may be opened now.
    pub panel: PanelWorker,
    /// What destroys the keys then.
    pub case: CaseGuard,
    /// Where records go.
    pub records: RecordSink,
    /// The language that it greets with.
    pub language: Language,
    /// Who must hear that the screen is alive.
    pub supervisor: Supervisor,
    /// How long the screen says so.
    pub wait: Duration,
    /// What a kiosk whose case was opened leaves its threads: [`Closed::letting_go`].
    pub letting_go: Duration,
}

impl Refused {
    /// Shows it until it was there long enough, which is an error, or the program is told to end. Stays
    /// closed from when the case is opened.
    pub async fn stay(mut self) -> Result<(), Crashed> {
        self.panel.show(StatusLight::Error);
        self.panel.fill_light(false);
        self.show();
        let over = tokio::time::sleep(self.wait);
        tokio::pin!(over);
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let ended = loop {
            let message = tokio::select! {
                message = self.outlet.0.recv() => message,
                _ = looks.tick() => {
                    self.supervisor.turn(&*self.display);
                    continue;
                }
                () = &mut over => break Err(Crashed::NotStarted),
            };
            match message {
                Some(Message::Record(record)) => (self.records)(&record),
                Some(Message::Event(Event::Touch(Touch::Speak(language)))) => {
                    self.language = language;
                    self.show();
                }
                Some(Message::Tampered) => return self.close().stay().await,
                Some(Message::Event(_) | Message::Presence(_)) => {}
                Some(Message::Stop) | None => break Ok(()),
                Some(Message::Crash(crashed)) => break Err(crashed),
            }
        };
        self.supervisor.stopping();
        ended
    }

    fn show(&self) {
        let view = View::out_of_service(Outage::Fault, self.language);
        self.display.show(view);
    }

    /// Nothing in memory held a key.
    fn close(self) -> Closed {
        Closed {
            outlet: self.outlet,
            display: self.display,
            panel: self.panel,
            case: self.case,
            records: self.records,
            language: self.language,
            held: Weak::new(),
            letting_go: self.letting_go,
            supervisor: self.supervisor,
        }
    }
}
