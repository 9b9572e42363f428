//! A kiosk that cannot start: its screen says so for a while, so that nobody stands before a console, and
//! then the program ends with an error, so that it is started anew. In: the end. Out: one view, signs of life.

use std::sync::Arc;
use std::time::Duration;

use kiosk_ui::{Language, Outage, Screen, View};

use crate::shell::{Crashed, Display, Message, Outlet};
use crate::supervise::Supervisor;

/// How often the supervisor hears of it.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What is left of it.
pub struct Refused {
    /// What still comes in: the end.
    pub outlet: Outlet,
    /// The screen.
    pub display: Arc<dyn Display>,
    /// The language that it greets with.
    pub language: Language,
    /// Who must hear that the screen is alive.
    pub supervisor: Supervisor,
    /// How long the screen says so.
    pub wait: Duration,
}

impl Refused {
    /// Shows it until it was there long enough, or the program is told to end.
    pub async fn stay(mut self) -> Crashed {
        self.display.show(View {
            language: self.language,
            screen: Screen::OutOfService(Outage::Fault),
            seconds_left: None,
            seconds_in_all: None,
            still_there: false,
        });
        let over = tokio::time::sleep(self.wait);
        tokio::pin!(over);
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                message = self.outlet.0.recv() => match message {
                    Some(Message::Stop) | None => break,
                    Some(_) => {}
                },
                _ = looks.tick() => self.supervisor.turn(&*self.display),
                () = &mut over => break,
            }
        }
        self.supervisor.stopping();
        Crashed::NotStarted
    }
}
