//! Between the panel and the kiosk: an opened case takes the keys at once, on the panel's own
//! thread, however busy the rest is; the door and a lost panel are told to the session; who comes and
//! goes is told to the shell.

use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use hal::device::DeviceState;
use hal::panel::{
    Board, PanelError, PanelWorker, Probe, Sound, StatusLight, Switch, Waker, Wiring, open,
};

use crate::errors::chain;
use crate::provision::StateFolder;
use crate::record::Record;
use crate::session::{self, Device, Light};
use crate::shell::Inbox;

/// Takes the panel's lines, each time anew.
pub type OpenBoard = Box<dyn Fn(&Waker) -> Result<Box<dyn Board>, PanelError> + Send>;

/// A panel that is to be driven.
pub struct PanelSource {
    /// The switches it has.
    pub switches: Vec<Switch>,
    /// Takes its lines.
    pub open: OpenBoard,
}

impl PanelSource {
    /// The panel of this wiring; none if nothing is wired.
    pub fn of(wiring: &Wiring) -> Option<Self> {
        let wiring = wiring.clone();
        (!wiring.is_empty()).then(|| Self {
            switches: wiring.switches.keys().copied().collect(),
            open: Box::new(move |waker| open(&wiring, waker)),
        })
    }

    /// The switch of the case alone; none if there is none.
    pub fn of_case(wiring: &Wiring) -> Option<Self> {
        let line = wiring.switches.get(&Switch::Tamper)?;
        Self::of(&Wiring {
            switches: [(Switch::Tamper, line.clone())].into(),
            ..Wiring::default()
        })
    }

    /// Whether the case is open now.
    ///
    /// # Errors
    /// [`PanelError`]; also while the kiosk runs, which has the line.
    pub fn is_case_open(&self) -> Result<bool, PanelError> {
        let waker = Waker::new().map_err(PanelError::Wait)?;
        let board = (self.open)(&waker)?;
        let levels = Probe::of(board, waker, [Switch::Tamper]).switches()?;
        Ok(levels.into_values().any(|open| open))
    }

    /// Whether it watches the case.
    fn guards(&self) -> bool {
        self.switches.contains(&Switch::Tamper)
    }
}

/// What destroys the keys when the case is open. One per kiosk, for everybody who may find it open.
#[derive(Clone)]
pub struct CaseGuard {
    state: StateFolder,
    inbox: Inbox,
    /// What became of the keys, once they were to be destroyed.
    fate: Arc<Mutex<Option<Fate>>>,
}

/// What became of the keys of a kiosk whose case was opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Destroyed,
    NotDestroyed,
}

impl CaseGuard {
    /// Of the keys in this folder; what becomes of them goes to the inbox.
    pub fn new(state: StateFolder, inbox: Inbox) -> Self {
        Self {
            state,
            inbox,
            fate: Arc::default(),
        }
    }

    /// The case is open: destroys the keys and has it written down, once for each incident. Who finds
    /// them being destroyed waits for that, and nobody for anything else.
    pub fn case_opened(&self) {
        let mut fate = self.fate.lock().unwrap_or_else(PoisonError::into_inner);
        // There are no new keys before a technician has signed off.
        if *fate == Some(Fate::Destroyed) && matches!(self.state.is_tampered(), Ok(true)) {
            return;
        }
        let (now, keys, detail) = match self.state.case_opened() {
            Ok(()) => (Fate::Destroyed, "destroyed", String::new()),
            Err(error) => (Fate::NotDestroyed, "not_destroyed", chain(&error)),
        };
        // A failure that lasts is told once.
        if now == Fate::Destroyed || *fate != Some(now) {
            self.inbox.record(Record::Tampered { keys, detail });
        }
        *fate = Some(now);
    }

    /// Tries to destroy the keys again, on a thread of its own, if that has failed.
    pub(crate) fn try_again(&self) {
        let fate = match self.fate.try_lock() {
            Ok(fate) => *fate,
            Err(TryLockError::Poisoned(fate)) => *fate.into_inner(),
            // Held by somebody who is destroying them just now.
            Err(TryLockError::WouldBlock) => None,
        };
        let is_due = fate == Some(Fate::NotDestroyed);
        if is_due {
            let case = self.clone();
            std::thread::spawn(move || case.case_opened());
        }
    }
}

/// A look at the case before anything else: a start that takes long or fails leaves no keys to who
/// opened the kiosk while it was off.
pub fn look_at_case(case: Option<&PanelSource>, state: &StateFolder) {
    match case.map_or(Ok(false), PanelSource::is_case_open) {
        // The kiosk comes up closed, and writes the incident down.
        Ok(true) => {
            if let Err(error) = state.case_opened() {
                tracing::error!(error = %chain(&error), "the case is open; the keys are not destroyed");
            }
        }
        Ok(false) => {}
        // The panel's thread goes on trying, and says so; nobody is served before.
        Err(error) => tracing::warn!(error = %error.words(), "the case cannot be looked at yet"),
    }
}

/// Starts the panel's thread; without a panel there is nothing to do.
pub fn start(source: Option<PanelSource>, case: CaseGuard, inbox: &Inbox) -> PanelWorker {
    let Some(source) = source else {
        inbox.record(Record::device("panel", DeviceState::Absent));
        return PanelWorker::absent();
    };
    let guards = source.guards();
    let (states, switches) = (inbox.clone(), inbox.clone());
    let started = PanelWorker::spawn(
        source.switches,
        source.open,
        move |state| report(&states, guards, state),
        move |switch, active| switched(&switches, &case, switch, active),
    );
    started.unwrap_or_else(|error| {
        let state = DeviceState::Faulted(chain(&error));
        report(inbox, guards, state);
        PanelWorker::absent()
    })
}

/// A kiosk works without lights, but not with its eyes closed to its own case.
fn report(inbox: &Inbox, guards: bool, state: DeviceState) {
    if guards {
        inbox.device(Device::Panel, state);
    } else {
        inbox.record(Record::device("panel", state));
    }
}

fn switched(inbox: &Inbox, case: &CaseGuard, switch: Switch, active: bool) {
    match (switch, active) {
        (Switch::Tamper, true) => {
            // Screen and memory at the same time as the key store: neither waits for the other.
            inbox.tampered();
            case.case_opened();
        }
        // A case that is closed again is still one that was open.
        (Switch::Tamper, false) => {}
        (Switch::ServiceDoor, open) => {
            let state = if open {
                DeviceState::Faulted(String::from("the service door is open"))
            } else {
                DeviceState::Ready
            };
            inbox.device(Device::ServiceDoor, state);
        }
        (Switch::Presence, there) => inbox.presence(there),
    }
}

/// The panel's word for a light of the session.
pub fn status(light: Light) -> StatusLight {
    match light {
        Light::Idle => StatusLight::Idle,
        Light::LookHere => StatusLight::LookHere,
        Light::Ok => StatusLight::Ok,
        Light::Error => StatusLight::Error,
    }
}

/// The panel's word for a sound of the session.
pub fn tone(sound: session::Sound) -> Sound {
    match sound {
        session::Sound::CardRead => Sound::CardRead,
        session::Sound::Ok => Sound::Ok,
        session::Sound::Error => Sound::Error,
    }
}
