//! The thin shell around the session: brings events in, performs effects, shows the view. All
//! devices run on threads of their own and report into one inbox; nothing here waits for them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use attestation::wallet::HolderKey;
use hal::clock::monotonic_now;
use hal::device::DeviceState;
use hal::panel::PanelWorker;
use hal::printer::PrinterWorker;
use kiosk_ui::{Language, Preview, Screen, Touch, View};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::MissedTickBehavior;

use crate::cameras::Cameras;
use crate::card_desk;
use crate::card_reader::CardReader;
use crate::closed::{self, Closed};
use crate::errors::chain;
use crate::eyes::Eyes;
use crate::hall::Hall;
use crate::ledger::LedgerWorker;
use crate::machine;
use crate::panel_desk::{CaseGuard, status, tone};
use crate::record::{Record, RecordSink};
use crate::session::{
    Answer, CommitFailed, Device, Draft, Effect, Event, Health, IssueFailed, Keepsake, Light,
    Session, Turn,
};
use crate::store::Store;
use crate::supervise::{Pulse, Supervisor};
use crate::voice::Voice;

/// How often time passes for the session when nothing else happens: often enough that a
/// countdown of whole seconds never skips one.
const TICK: Duration = Duration::from_millis(200);

/// How often the store is looked at.
const STORAGE_LOOK: Duration = Duration::from_secs(2);

/// The way into the shell, for devices, the screen and whoever ends the program.
#[derive(Clone)]
pub struct Inbox(UnboundedSender<Message>);

/// What comes in.
pub(crate) enum Message {
    Event(Event),
    Record(Record),
    /// Somebody came before the kiosk, or left.
    Presence(bool),
    /// The case was opened, and the keys are destroyed.
    Tampered,
    Stop,
    Crash(Crashed),
}

/// The kiosk ends although nobody told it to, and whoever supervises it starts it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Crashed {
    /// A part of it panicked: a defect.
    #[error("{0}: start the kiosk again, and report the lines above")]
    Part(&'static str),
    /// It could not start, and its screen has said so for a while.
    #[error("the kiosk cannot start; the lines above say why")]
    NotStarted,
}

impl Crashed {
    /// The case was opened, and something does not let go of the keys.
    pub(crate) const fn holding_keys() -> Self {
        Self::Part("the case was opened, and a part of the program held on to the keys")
    }
}

impl Inbox {
    /// The person touched the screen.
    pub fn touch(&self, touch: Touch) {
        self.event(Event::Touch(touch));
    }

    /// Ends [`Shell::run`].
    pub fn stop(&self) {
        self.send(Message::Stop);
    }

    /// Ends [`Shell::run`] because of a panic.
    pub(crate) fn crash(&self, what: &'static str) {
        self.send(Message::Crash(Crashed::Part(what)));
    }

    pub(crate) fn event(&self, event: Event) {
        self.send(Message::Event(event));
    }

    pub(crate) fn answer(&self, turn: Turn, answer: Answer) {
        self.event(Event::Answer(turn, answer));
    }

    pub(crate) fn record(&self, record: Record) {
        self.send(Message::Record(record));
    }

    pub(crate) fn presence(&self, there: bool) {
        self.send(Message::Presence(there));
    }

    /// The case was opened: told to the session, so that the screen says so at once, and to the
    /// shell, which then ends with everything it holds.
    pub(crate) fn tampered(&self) {
        self.event(Event::Device(Device::Case, Health::Lost));
        self.send(Message::Tampered);
    }

    /// A device changed its state: written down, and told to the session.
    pub(crate) fn device(&self, device: Device, state: DeviceState) {
        self.health(device, &state);
        self.record(Record::device(device.name(), state));
    }

    /// The printer changed its state: written down, and told to the session, which does not need it.
    pub(crate) fn printer(&self, state: DeviceState) {
        self.event(Event::Printer(usable(&state)));
        self.record(Record::device("printer", state));
    }

    /// The document scanner changed its state: written down, and told to the session, which does not
    /// need it.
    pub(crate) fn scanner(&self, state: DeviceState) {
        self.event(Event::Scanner(usable(&state)));
        self.record(Record::device("mrz_scanner", state));
    }

    /// How a device is, for the session only.
    fn health(&self, device: Device, state: &DeviceState) {
        let health = match state {
            DeviceState::Ready => Health::Ready,
            DeviceState::Starting => return,
            DeviceState::Absent | DeviceState::Faulted(_) => Health::Lost,
        };
        self.event(Event::Device(device, health));
    }

    fn send(&self, message: Message) {
        // The shell outlives its devices; when it is gone the program is ending.
        let _ = self.0.send(message);
    }
}

/// Whether a device that nobody waits for can be used now.
fn usable(state: &DeviceState) -> Health {
    match state {
        DeviceState::Ready => Health::Ready,
        _ => Health::Lost,
    }
}

/// The inbox and its reading end.
pub fn inbox() -> (Inbox, Outlet) {
    let (sender, receiver) = unbounded_channel();
    (Inbox(sender), Outlet(receiver))
}

/// The reading end of the inbox, for [`Shell`].
pub struct Outlet(pub(crate) UnboundedReceiver<Message>);

/// Where the view is drawn.
pub trait Display: Send + Sync {
    /// Shows a view.
    fn show(&self, view: View);
    /// Shows a camera picture on the capture screen.
    fn preview(&self, preview: Preview);
    /// Lets a pulse through: it arrives when the loop that draws has turned.
    fn pulse(&self, pulse: Pulse);
}

/// Everything the shell works with.
pub struct Shell {
    /// The way in.
    pub inbox: Inbox,
    /// Its reading end.
    pub outlet: Outlet,
    /// The resident's session.
    pub session: Session,
    /// The attestations.
    pub store: Arc<Mutex<Store>>,
    /// What anchors them, on its thread.
    pub ledger: LedgerWorker,
    /// The face pipeline on its thread.
    pub eyes: Eyes,
    /// The camera, and one for infrared light beside it.
    pub camera: Cameras,
    /// The card reader.
    pub card: CardReader,
    /// In which turn a card was asked for.
    pub card_turn: card_desk::TurnCell,
    /// Lights, switches, buzzer.
    pub panel: PanelWorker,
    /// What destroys the keys when the case is open.
    pub case: CaseGuard,
    /// Whether the buzzer may sound.
    pub sounds: bool,
    /// Who is there.
    pub hall: Hall,
    /// The folder whose disk is looked after.
    pub state: PathBuf,
    /// The language of the first screen.
    pub language: Language,
    /// The receipt printer, if there is one.
    pub printer: Option<PrinterWorker>,
    /// The speaker, if there is one.
    pub voice: Option<Voice>,
    /// What slips call this kiosk.
    pub kiosk: String,
    /// How long threads may use keys after the case was opened.
    pub letting_go: Duration,
    /// The screen.
    pub display: Arc<dyn Display>,
    /// Where records go.
    pub records: RecordSink,
}

/// How the shell ended.
pub enum Ended {
    /// Told to by [`Inbox::stop`].
    Stopped,
    /// The case was opened; this is what is left.
    Tampered(Box<Closed>),
}

impl Shell {
    /// Runs until [`Inbox::stop`], or until the case is opened.
    pub async fn run(mut self) -> Result<Ended, Crashed> {
        let watch = tokio::spawn(watch_storage(Arc::clone(&self.store), self.inbox.clone()));
        tokio::spawn(machine::watch(self.state.clone(), self.inbox.clone()));
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut supervisor = Supervisor::of_this_process();
        let mut shown = None;
        loop {
            let message = tokio::select! {
                message = self.outlet.0.recv() => message,
                _ = ticks.tick() => Some(Message::Event(Event::Tick)),
            };
            match message {
                Some(Message::Event(event)) => self.handle(event),
                Some(Message::Record(record)) => (self.records)(&record),
                Some(Message::Presence(there)) => self.hall.seen(there),
                Some(Message::Tampered) => {
                    watch.abort();
                    return Ok(Ended::Tampered(Box::new(self.close(supervisor))));
                }
                Some(Message::Stop) | None => {
                    supervisor.stopping();
                    return Ok(Ended::Stopped);
                }
                Some(Message::Crash(crashed)) => return Err(crashed),
            }
            let view = self.session.view(monotonic_now());
            if shown.as_ref() != Some(&view) {
                if let Some(voice) = &mut self.voice {
                    voice.see(&view);
                }
                self.display.show(view.clone());
                shown = Some(view);
            }
            let invites = |view: &View| view.screen == Screen::Attract;
            let serving = !shown.as_ref().is_some_and(invites);
            self.hall.follow(serving, &self.panel);
            supervisor.turn(&*self.display);
        }
    }

    /// Everything but screen, panel and records ends here: keys, log, reader, camera, networks.
    fn close(self, supervisor: Supervisor) -> Closed {
        let Self {
            outlet,
            display,
            panel,
            case,
            records,
            language,
            session,
            store,
            letting_go,
            ledger,
            eyes,
            camera,
            card,
            card_turn: _,
            printer,
            voice,
            hall,
            inbox: _,
            sounds: _,
            state: _,
            kiosk: _,
        } = self;
        let held = Arc::downgrade(&store);
        // First what knows a person or a key, then what may take long to let go.
        closed::let_go((
            session, store, ledger, eyes, camera, card, printer, voice, hall,
        ));
        Closed {
            outlet,
            display,
            panel,
            case,
            records,
            language,
            held,
            letting_go,
            supervisor,
        }
    }

    fn handle(&mut self, event: Event) {
        match &event {
            Event::Touch(_) => self.hall.touched(),
            Event::Device(Device::Panel, Health::Lost) => self.hall.blind(),
            _ => {}
        }
        for effect in self.session.handle(event, monotonic_now()) {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Light(light) => {
                self.hall.light(status(light), &self.panel);
                self.panel.fill_light(light == Light::LookHere);
            }
            Effect::Sound(sound) if self.sounds => self.panel.sound(tone(sound)),
            Effect::Sound(_) => {}
            Effect::ReadCard(turn) => {
                self.card_turn.set(turn);
                self.card.start_polling();
            }
            Effect::OpenDocument(key) => self.card.open_with(key),
            Effect::StopCard => self.card.stop_polling(),
            Effect::PrepareReference(turn, photo) => self.eyes.prepare(turn, photo),
            Effect::StartCapture(turn) => {
                self.camera.start_capture();
                self.eyes.start(turn);
            }
            Effect::StartChallenge(turn, time) => self.eyes.challenge(turn, time),
            Effect::StopCapture => {
                self.eyes.stop();
                self.camera.stop_capture();
            }
            Effect::StartScan(turn) => {
                self.camera.start_capture();
                self.eyes.scan(turn);
            }
            Effect::Issue(turn, keepsake, holder) => self.issue(turn, keepsake, holder),
            Effect::Commit(turn, draft) => self.commit(turn, *draft),
            Effect::Print(turn, printout, within) => {
                if let Some(printer) = &self.printer {
                    printer.print(turn.0, printout.slip(&self.kiosk), within);
                }
            }
            Effect::GiveUpSlip => {
                if let Some(printer) = &self.printer {
                    printer.give_up();
                }
            }
            Effect::Wipe => self.eyes.wipe(),
            Effect::Record(record) => (self.records)(&record),
        }
    }

    /// Commits on a thread that may wait for the disk.
    fn commit(&self, turn: Turn, draft: Draft) {
        let (store, inbox) = (Arc::clone(&self.store), self.inbox.clone());
        tokio::task::spawn_blocking(move || {
            let result = hold(&store).commit(draft);
            let answer = match result {
                Ok((committed, keepsake, index)) => {
                    inbox.record(Record::Committed { index });
                    Ok((committed, keepsake))
                }
                Err(error) => {
                    inbox.record(Record::CommitFailed {
                        error: chain(&error),
                    });
                    Err(CommitFailed)
                }
            };
            inbox.answer(turn, Answer::Committed(answer));
        });
    }
}

impl Shell {
    /// Signs the wallet form, on a thread that may wait for the store.
    fn issue(&self, turn: Turn, keepsake: Keepsake, holder: Option<HolderKey>) {
        let (store, inbox) = (Arc::clone(&self.store), self.inbox.clone());
        tokio::task::spawn_blocking(move || {
            let issued = hold(&store).issue(&keepsake, holder.as_ref());
            let result = issued.map_err(|error| {
                inbox.record(Record::IssueFailed {
                    error: chain(&error),
                });
                IssueFailed
            });
            inbox.answer(turn, Answer::Issued { holder, result });
        });
    }
}

/// Looks after the store for as long as the shell runs: a full disk, a credential that has run out
/// or a clock that is wrong is known before a resident comes, and so is its end.
async fn watch_storage(store: Arc<Mutex<Store>>, inbox: Inbox) {
    let mut looks = tokio::time::interval(STORAGE_LOOK);
    let mut known = DeviceState::Starting;
    loop {
        looks.tick().await;
        let store = Arc::clone(&store);
        // A disk that hangs must not hold up the others on this thread.
        let look = tokio::task::spawn_blocking(move || look_at(&store));
        let trouble = match look.await {
            Ok(Look::Seen(trouble)) => trouble,
            // A commit that holds the store has a time-out of its own.
            Ok(Look::Busy) => continue,
            Ok(Look::Poisoned) => return inbox.crash("a commit panicked"),
            Err(_) => return inbox.crash("the walk round the log panicked"),
        };
        let state = trouble.map_or(DeviceState::Ready, DeviceState::Faulted);
        if state == known {
            // A failed commit is news to the session only: say again how the store is.
            inbox.health(Device::Storage, &state);
        } else {
            known = state.clone();
            inbox.device(Device::Storage, state);
        }
    }
}

/// What a look at the store says.
enum Look {
    /// Why a commit cannot be expected to work, if so.
    Seen(Option<String>),
    /// Somebody works with it.
    Busy,
    /// Somebody panicked who worked with it.
    Poisoned,
}

fn look_at(store: &Mutex<Store>) -> Look {
    match store.try_lock() {
        Ok(mut store) => {
            store.patrol();
            Look::Seen(store.trouble())
        }
        Err(TryLockError::WouldBlock) => Look::Busy,
        Err(TryLockError::Poisoned(_)) => Look::Poisoned,
    }
}

/// A poisoned lock hides nothing: the log's transactions are whole or not there.
fn hold(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}
