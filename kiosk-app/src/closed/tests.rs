//! A whole kiosk whose case is opened while one of its devices does not let go.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use attestation::ledger::Embedded;
use attestation::{Log, Validity};
use hal::camera::{CameraError, CameraWorker};
use hal::panel::{Board, Output, PanelError, Switch};
use kiosk_ui::{Preview, Screen};

use super::*;
use crate::assemble::{Kiosk, Surroundings, raise};
use crate::cameras::Cameras;
use crate::card_desk::TurnCell;
use crate::card_reader::ReaderSource;
use crate::clock::WallTime;
use crate::commands;
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
const LONG: Duration = Duration::from_secs(300);

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
    let begun = monotonic_now();
    while keys.strong_count() > 0 {
        assert!(monotonic_now() - begun < LONG, "somebody holds the keys");
        thread::sleep(Duration::from_millis(5));
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
    assert!(
        StateFolder::of(&config).is_tampered().unwrap(),
        "the next incident"
    );
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
    assert!(!state.is_tampered().unwrap() && sealed.exists());
    look_at_case(Some(&case(true)), &state);
    assert!(state.is_tampered().unwrap() && !sealed.exists());
}

/// A TPM that is busy, a disk that stumbles: the kiosk stays closed, and does not leave it at that.
#[test]
fn keys_that_could_not_be_destroyed_are_destroyed_as_soon_as_they_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateFolder::of(&enrolled(folder.path()));
    let sealed = folder.path().join("state/keys.sealed");
    fs::remove_file(&sealed).unwrap();
    fs::create_dir(&sealed).unwrap(); // what nobody can remove as a file
    let (inbox, outlet) = inbox();
    let case = CaseGuard::new(state, inbox.clone());
    case.case_opened();
    let ((tell, told), (screen, _seen)) = (channel(), channel());
    let closed = Closed {
        outlet,
        display: Arc::new(Pane(screen)),
        panel: PanelWorker::absent(),
        case,
        records: Box::new(move |record| {
            if let Record::Tampered { keys, .. } = record {
                let _ = tell.send(*keys);
            }
        }),
        language: Language::Chinese,
        held: Weak::new(),
        letting_go: LETTING_GO,
        supervisor: Supervisor::of_this_process(),
    };
    let kiosk = thread::spawn(move || {
        let time = std::cell::Cell::new(Duration::ZERO);
        // So much time passes between two looks.
        let clock = || time.replace(time.get() + AGAIN_AFTER);
        block_on(closed.stay_by(&clock))
    });
    assert_eq!(told.recv_timeout(LONG), Ok("not_destroyed"));
    fs::remove_dir(&sealed).unwrap();
    assert_eq!(told.recv_timeout(LONG), Ok("destroyed"));
    inbox.stop();
    kiosk.join().unwrap().unwrap();
    assert_eq!(told.try_iter().count(), 0, "each is told once");
}

/// Who is in a hurry to destroy keys is not sent away first, but told what is left of them.
#[test]
fn who_wipes_a_running_kiosk_is_told_to_stop_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = enrolled(folder.path());
    let wipe = || commands::wipe(&folder.path().join("kiosk.toml"), &config.kiosk.id).unwrap();
    let running = Log::open(&StateFolder::of(&config).log()).unwrap();
    let said = wipe();
    assert!(said.contains("`systemctl stop kiosk`"), "{said}");
    assert!(!folder.path().join("state/keys.sealed").exists());
    drop(running);
    assert!(!wipe().contains("systemctl"));
}

/// Whoever watches the events learns why, and residents see words instead of a console.
#[test]
fn a_kiosk_that_cannot_start_writes_down_why_and_says_so_on_its_screen() {
    let folder = tempfile::tempdir().unwrap();
    let config = enrolled(folder.path());
    let state = folder.path().join("state");
    // A log without networks; then nobody can say whether the case was opened.
    for code in ["networks", "tamper_record"] {
        if code == "tamper_record" {
            fs::create_dir(state.join("tamper.jsonl")).unwrap();
        }
        let ((tell, told), (screen, seen)) = (channel(), channel());
        let records = Box::new(move |record: &Record| {
            let _ = tell.send(record.clone());
        });
        let around = without_devices(inbox(), screen, records);
        let Kiosk::Refused(mut refused) = raise(&config, around) else {
            panic!("it starts");
        };
        refused.wait = Duration::ZERO;
        let ended = run(Kiosk::Refused(refused));
        assert_eq!(ended, Err(Crashed::NotStarted));
        let told: Vec<Record> = told.try_iter().collect();
        assert!(
            matches!(told[..], [Record::StartRefused { code: said, .. }, ..] if said == code),
            "{told:?}"
        );
        let shown = Screen::OutOfService(Outage::Fault);
        assert_eq!(
            seen.try_recv(),
            Ok(Seen::Screen(shown, Language::Chinese)),
            "{code}"
        );
        assert!(state.join("keys.sealed").exists());
    }
}

/// Nobody serves residents then, but somebody may open the case in that minute, or a technician stop it.
#[test]
fn a_kiosk_that_cannot_start_watches_its_case_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let config = enrolled(folder.path());
    let state = folder.path().join("state");
    let waits = |panel| {
        let ((tell, told), (screen, seen)) = (channel(), channel());
        let (inbox, outlet) = inbox();
        let records = Box::new(move |record: &Record| {
            let _ = tell.send(record.clone());
        });
        let around = Surroundings {
            panel,
            ..without_devices((inbox.clone(), outlet), screen, records)
        };
        let Kiosk::Refused(mut refused) = raise(&config, around) else {
            panic!("it starts");
        };
        refused.wait = LONG * 4;
        (refused, inbox, told, seen)
    };

    let (refused, inbox, _told, seen) = waits(None);
    let kiosk = thread::spawn(|| run(Kiosk::Refused(refused)));
    inbox.touch(Touch::Speak(Language::English));
    for language in [Language::Chinese, Language::English] {
        let fault = Screen::OutOfService(Outage::Fault);
        assert_eq!(seen.recv_timeout(LONG), Ok(Seen::Screen(fault, language)));
    }
    inbox.stop();
    assert_eq!(kiosk.join().unwrap(), Ok(()), "it was told to");

    let open = PanelSource {
        switches: vec![Switch::Tamper],
        open: Box::new(|_| Ok(Box::new(Case { open: true }))),
    };
    let (refused, inbox, told, seen) = waits(Some(open));
    let kiosk = thread::spawn(|| run(Kiosk::Refused(refused)));
    let closed = Screen::OutOfService(Outage::Tampered);
    let closed = Seen::Screen(closed, Language::Chinese);
    while seen.recv_timeout(LONG).unwrap() != closed {}
    while !matches!(
        told.recv_timeout(LONG).unwrap(),
        Record::Tampered {
            keys: "destroyed",
            ..
        }
    ) {}
    assert!(!state.join("keys.sealed").exists());
    inbox.stop();
    assert_eq!(kiosk.join().unwrap(), Ok(()));
}

/// What a kiosk finds where nothing is plugged in.
fn without_devices(
    (inbox, outlet): (Inbox, Outlet),
    screen: Sender<Seen>,
    records: RecordSink,
) -> Surroundings {
    Surroundings {
        inbox,
        outlet,
        display: Arc::new(Pane(screen)),
        open_camera: Box::new(|| {
            Err(CameraError::NotFound {
                device: String::from("a camera"),
            })
        }),
        open_infrared: None,
        panel: None,
        pipeline: None,
        records,
    }
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
            let next = self.seen.recv_timeout(LONG).unwrap();
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
        let _ = stuck.recv_timeout(LONG * 4);
        let _ = tell.send(Seen::CameraLetGo);
        Err(CameraError::NotFound {
            device: String::from("a camera"),
        })
    };
    let camera = CameraWorker::spawn(open, |_| {});
    calls.recv_timeout(LONG).unwrap();
    camera
}

fn run(kiosk: Kiosk) -> Result<(), Crashed> {
    block_on(kiosk.run())
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(work)
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
        card: ReaderSource::load(&config.card_reader)
            .unwrap()
            .start(&inbox, &card_turn),
        panel: PanelWorker::absent(),
        case: CaseGuard::new(StateFolder::of(config), inbox.clone()),
        printer: None,
        voice: None,
        kiosk: config.kiosk.id.to_string(),
        letting_go: LONG,
        sounds: false,
        hall: Hall::new(Duration::MAX),
        state: config.paths.state.clone(),
        language: Language::Chinese,
        inbox,
        outlet,
        eyes: Eyes::closed(),
        camera: Cameras::One(camera),
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
