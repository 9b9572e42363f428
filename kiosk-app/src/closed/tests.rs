//! A whole kiosk whose case is opened while one of its devices does not let go.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use attestation::Validity;
use attestation::ledger::Embedded;
use hal::camera::{CameraError, CameraWorker};
use hal::panel::{Board, Output, PanelError, Switch};
use kiosk_ui::Preview;

use super::*;
use crate::assemble::Kiosk;
use crate::card_desk::TurnCell;
use crate::card_reader::CardReader;
use crate::clock::WallTime;
use crate::config::Config;
use crate::eyes::Eyes;
use crate::hall::Hall;
use crate::ledger::LedgerWorker;
use crate::panel_desk::{CaseGuard, PanelSource, look_at_case};
use crate::provision::{Operator, StateFolder};
use crate::services::Services;
use crate::session::{Limits, Session};
use crate::shell::{Inbox, Shell, inbox};
use crate::store::Measured;
use crate::supervise::Pulse;

/// A defect shows as a failed expectation, not as a test without end.
const LONG: Duration = Duration::from_secs(60);

#[derive(Debug, PartialEq)]
enum Seen {
    Screen(Screen, Language),
    Closed,
    KeysDestroyed,
    CameraLetGo,
}

#[test]
fn neither_screen_nor_keys_wait_for_a_device_that_does_not_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let config = enrolled(folder.path());
    let (tell, seen) = channel();
    let (release, stuck) = channel();
    let (inbox, outlet) = inbox();
    let camera = stuck_camera(stuck, tell.clone());
    let shell = shell(&config, camera, (inbox.clone(), outlet), &tell);
    let keys = Arc::downgrade(&shell.store);
    let kiosk = thread::spawn(|| run(Kiosk::Open(Box::new(shell))));

    let case = CaseGuard::new(StateFolder::of(&config), inbox.clone());
    inbox.tampered();
    case.case_opened();
    let mut story = Story {
        seen,
        so_far: Vec::new(),
    };
    story.comes_to(&Seen::Closed);
    story.comes_to(&Seen::KeysDestroyed);
    inbox.touch(Touch::Speak(Language::English));
    let closed = Screen::OutOfService(Outage::Tampered);
    story.comes_to(&Seen::Screen(closed, Language::English));
    while keys.strong_count() > 0 {
        thread::yield_now();
    }

    // Somebody else finds the case open, too.
    case.case_opened();
    drop(release);
    story.comes_to(&Seen::CameraLetGo);
    inbox.stop();
    kiosk.join().unwrap().unwrap();
    story.so_far.extend(story.seen.try_iter());
    let destroyed = |seen: &&Seen| **seen == Seen::KeysDestroyed;
    assert_eq!(story.so_far.iter().filter(destroyed).count(), 1);

    StateFolder::of(&config)
        .sign_off(&"badge-17".parse().unwrap())
        .unwrap();
    case.case_opened();
    assert!(StateFolder::of(&config).is_tampered(), "the next incident");
}

/// Then comes all that may fail or take long: networks, log, reader, screen.
#[test]
fn a_case_opened_while_the_kiosk_was_off_takes_the_keys_before_anything_else() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateFolder::of(&enrolled(folder.path()));
    let sealed = folder.path().join("state/keys.sealed");
    let case = |open| PanelSource {
        switches: vec![Switch::Tamper],
        open: Box::new(move |_| Ok(Box::new(Case { open }))),
    };
    look_at_case(Some(&case(false)), &state);
    assert!(!state.is_tampered() && sealed.exists());
    look_at_case(Some(&case(true)), &state);
    assert!(state.is_tampered() && !sealed.exists());
}

/// A panel with nothing but the case's switch.
struct Case {
    open: bool,
}

impl Board for Case {
    fn set(&mut self, _: Output, _: bool) -> Result<(), PanelError> {
        Ok(())
    }

    fn glow(&mut self, _: u16) -> Result<(), PanelError> {
        Ok(())
    }

    fn active(&mut self) -> Result<BTreeSet<Switch>, PanelError> {
        Ok(self.open.then_some(Switch::Tamper).into_iter().collect())
    }

    fn describe(&self) -> String {
        String::from("a case")
    }
}

/// What was seen, in its order.
struct Story {
    seen: Receiver<Seen>,
    so_far: Vec<Seen>,
}

impl Story {
    /// Waits for it. That the camera lets go is the last thing to be seen.
    fn comes_to(&mut self, wanted: &Seen) {
        while self.so_far.last() != Some(wanted) {
            let next = self.seen.recv_timeout(LONG * 2).unwrap();
            let is_last = next == Seen::CameraLetGo;
            assert!(
                !is_last || *wanted == next,
                "{wanted:?} waited for the camera"
            );
            self.so_far.push(next);
        }
    }
}

/// A camera whose driver comes back only when it is released.
fn stuck_camera(stuck: Receiver<()>, tell: Sender<Seen>) -> CameraWorker {
    let (called, calls) = channel();
    let open = move || {
        let _ = called.send(());
        let _ = stuck.recv_timeout(LONG);
        let _ = tell.send(Seen::CameraLetGo);
        Err(CameraError::NotFound {
            device: String::from("a camera"),
        })
    };
    let camera = CameraWorker::spawn(open, |_| {});
    calls.recv().unwrap();
    camera
}

fn run(kiosk: Kiosk) -> Result<(), Crashed> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(kiosk.run())
}

fn enrolled(folder: &Path) -> Config {
    let settings = folder.join("kiosk.toml");
    let services = concat!(env!("CARGO_MANIFEST_DIR"), "/services");
    let text = format!(
        "[kiosk]\nid = \"kiosk-1\"\nsite = \"hall\"\n\
         [paths]\nstate = {:?}\nservices = {services:?}\n\
         [key_store]\nkind = \"file\"\n[card_reader]\nport = \"/dev/no-reader\"\n",
        folder.join("state")
    );
    fs::write(&settings, text).unwrap();
    let config = Config::load(&settings).unwrap();
    let state = StateFolder::of(&config);
    let device = state.provision().unwrap();
    let now = WallTime::now().unix_seconds();
    let validity = Validity {
        not_before: now - 60,
        not_after: now + 3_600,
    };
    let (kiosk, site) = (&config.kiosk.id, &config.kiosk.site);
    let operator = Operator::create(&folder.join("operator")).unwrap();
    let enrolment = operator.enrol(kiosk, site, &device, validity);
    state.enrol(&enrolment, kiosk, site).unwrap();
    config
}

fn shell(
    config: &Config,
    camera: CameraWorker,
    (inbox, outlet): (Inbox, Outlet),
    tell: &Sender<Seen>,
) -> Shell {
    let measured = Measured {
        models: [0; 16],
        software: [0; 16],
    };
    let state = StateFolder::of(config);
    let store = Arc::new(Mutex::new(Store::open(&state, measured).unwrap()));
    let services = Arc::new(Services::load(&config.paths.services).unwrap());
    let card_turn = TurnCell::default();
    let records = tell.clone();
    Shell {
        session: Session::new(services, Limits::default(), Language::Chinese),
        ledger: LedgerWorker::spawn(Box::new(Embedded), Arc::clone(&store), inbox.clone()),
        store,
        card: CardReader::start(&config.card_reader, &inbox, &card_turn).unwrap(),
        panel: PanelWorker::absent(),
        printer: None,
        voice: None,
        kiosk: config.kiosk.id.to_string(),
        sounds: false,
        hall: Hall::new(Duration::MAX),
        state: config.paths.state.clone(),
        language: Language::Chinese,
        inbox,
        outlet,
        eyes: Eyes::closed(),
        camera,
        card_turn,
        display: Arc::new(Pane(tell.clone())),
        records: Box::new(move |record| {
            let seen = match record {
                Record::Closed => Seen::Closed,
                Record::Tampered { keys, .. } if *keys == "destroyed" => Seen::KeysDestroyed,
                _ => return,
            };
            let _ = records.send(seen);
        }),
    }
}

/// A screen that tells what it shows.
struct Pane(Sender<Seen>);

impl Display for Pane {
    fn show(&self, view: View) {
        let _ = self.0.send(Seen::Screen(view.screen, view.language));
    }

    fn preview(&self, _: Preview) {}

    fn pulse(&self, pulse: Pulse) {
        pulse.arrive();
    }
}
