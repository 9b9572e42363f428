//! One story on the real shell: a resident who sees the views and touches, an album of the
//! screens, and the files that are left at the end.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use face_pipeline::Pipeline;
use hal::sim::panel::SimPanel;
use kiosk_ui::{Headless, Preview, Remote, Screen, Size, View};

use super::album::{self, Album};
use super::cast::{self, Eyesight, Hand, Place, Reader};
use super::ending::Ending;
use super::folder::Folder;
use super::resident::{Act, Resident};
use super::time::StageTime;
use super::{Arguments, DemoError, Scenario};
use crate::assemble::{Kiosk, OpenCamera, StartError, Surroundings, assemble};
use crate::panel_desk::PanelSource;
use crate::record::RecordSink;
use crate::run::{RunError, event_file, open_window, start};
use crate::shell::{Crashed, Display, Inbox, Outlet, inbox};
use crate::supervise::Pulse;

/// How long the resident looks at a screen: headless just long enough to be somebody who looks.
const HEADLESS_PACE: Duration = Duration::from_millis(300);
/// In a window somebody watches.
const WINDOW_PACE: Duration = Duration::from_millis(3_500);
/// A story that takes longer from its first screen on has gone wrong.
const LONGEST: Duration = Duration::from_secs(600);

/// Threads that still use a key when the case is opened end within this, on a machine with much else to do.
const LETTING_GO: Duration = Duration::from_secs(60);

/// Plays a story to its end.
pub fn play(arguments: &Arguments) -> Result<(), DemoError> {
    let mut reader = Reader::start(arguments)?;
    let folder = Folder::prepare(arguments, &reader.settings(arguments))?;
    println!(
        "The story {:?} begins; the card reader is {}.",
        arguments.scenario,
        reader.place()
    );
    let resident =
        Resident::new(arguments.scenario, pace(arguments)).with_paper(arguments.printer.is_some());
    let ending = perform(arguments, &folder, &mut reader, resident)?;
    match ending.write(&folder.path)? {
        Some(line) => println!("The story ended. {line}"),
        None => return Err(DemoError::NoOutcome(LONGEST)),
    }
    let (expected, ended) = (arguments.scenario.outcome(), ending.outcome());
    if ended == Some(expected) || arguments.are_changed() {
        Ok(())
    } else {
        Err(DemoError::OtherOutcome(expected))
    }
}

/// Runs the kiosk of a folder until the resident has left.
pub fn perform(
    arguments: &Arguments,
    folder: &Folder,
    reader: &mut Reader,
    resident: Resident,
) -> Result<Ending, DemoError> {
    let ending = Ending::default();
    let (views, seen) = channel();
    let (inbox, outlet) = inbox();
    let Eyesight {
        camera,
        infrared,
        place,
        time,
        pipeline,
    } = cast::cameras(arguments, &folder.config)?;
    let (panel, switches) = cast::panel(arguments.scenario);
    let resident = accompany(
        resident,
        (reader.hand(), place, switches),
        seen,
        inbox.clone(),
        Presence {
            hands_on: arguments.hands_on,
            ending: ending.clone(),
            awaited: awaited(arguments),
        },
    );

    let stage = Stage {
        arguments,
        folder,
        inbox: &inbox,
        ending: &ending,
        time: &time,
    };
    let devices = (camera, infrared, panel, pipeline);
    if arguments.headless {
        let screen = Headless::new(Size::PORTRAIT, |_| {}).map_err(RunError::from)?;
        let shell = stage.raise(screen.handle(), (outlet, views), devices)?;
        draw(&screen, folder)?;
        end(shell, resident)?;
    } else {
        let window = open_window(&folder.config, &inbox)?;
        let shell = stage.raise(window.handle(), (outlet, views), devices)?;
        window.run().map_err(RunError::from)?;
        inbox.stop();
        end(shell, resident)?;
    }
    Ok(ending)
}

fn pace(arguments: &Arguments) -> Duration {
    if arguments.headless {
        HEADLESS_PACE
    } else {
        WINDOW_PACE
    }
}

/// Its cameras, its panel, and the networks that made the person before the cameras.
type Devices = (
    OpenCamera,
    Option<OpenCamera>,
    Option<PanelSource>,
    Option<Pipeline>,
);

/// What the kiosk of a story is made of.
struct Stage<'a> {
    arguments: &'a Arguments,
    folder: &'a Folder,
    inbox: &'a Inbox,
    ending: &'a Ending,
    time: &'a StageTime,
}

impl Stage<'_> {
    /// Builds the kiosk and starts it; it ends with the screen.
    fn raise(
        &self,
        screen: Remote,
        (outlet, views): (Outlet, Sender<View>),
        (open_camera, open_infrared, panel, pipeline): Devices,
    ) -> Result<JoinHandle<Result<(), Crashed>>, DemoError> {
        let Self {
            arguments,
            folder,
            inbox,
            ending,
            time,
        } = self;
        let audience = Audience {
            screen: screen.clone(),
            views,
            ending: (*ending).clone(),
            time: (*time).clone(),
        };
        let around = Surroundings {
            inbox: (*inbox).clone(),
            outlet,
            display: Arc::new(audience),
            open_camera,
            open_infrared,
            panel,
            pipeline,
            records: records(folder, ending)?,
        };
        let mut shell = assemble(&folder.config, around).map_err(RunError::from)?;
        shell.letting_go = LETTING_GO;
        if arguments.cut_power_at_commit {
            let mut store = shell.store.lock().unwrap_or_else(PoisonError::into_inner);
            store
                .cut_power_at_commit()
                .map_err(StartError::from)
                .map_err(RunError::from)?;
        }
        Ok(start(
            Kiosk::Open(Box::new(shell)),
            (*inbox).clone(),
            move || screen.quit(),
        )?)
    }
}

/// Records go to `events.jsonl` and to the ending.
fn records(folder: &Folder, ending: &Ending) -> Result<RecordSink, DemoError> {
    let mut file = event_file(&folder.path.join("events.jsonl"))?;
    let ending = ending.clone();
    Ok(Box::new(move |record| {
        file(record);
        ending.record(record);
    }))
}

fn end(shell: JoinHandle<Result<(), Crashed>>, resident: JoinHandle<()>) -> Result<(), DemoError> {
    shell
        .join()
        .map_err(|_| RunError::Panicked)?
        .map_err(RunError::from)?;
    resident.join().map_err(|_| RunError::Panicked)?;
    Ok(())
}

/// How often a resident who waits for the story's end looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How long the resident is there.
struct Presence {
    /// A person at the window takes the resident's place.
    hands_on: bool,
    ending: Ending,
    /// Leave only when this is so.
    awaited: fn(&Ending) -> bool,
}

impl Presence {
    fn is_over(&self) -> bool {
        (self.awaited)(&self.ending)
    }
}

/// What the end of a story shows only a while after its last screen.
fn awaited(arguments: &Arguments) -> fn(&Ending) -> bool {
    match arguments.scenario {
        _ if arguments.until_anchored => Ending::is_anchored,
        Scenario::CaseOpened => Ending::are_keys_destroyed,
        _ => |_| true,
    }
}

/// Lets the resident act until the story is over or takes too long.
fn accompany(
    mut resident: Resident,
    (mut hand, place, switches): (Hand, Place, SimPanel),
    views: Receiver<View>,
    inbox: Inbox,
    presence: Presence,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        // With the first screen: until then networks are loaded, which takes as long as it takes.
        let mut begun: Option<Instant> = None;
        let mut due: Option<(Instant, Act)> = None;
        let mut said = None;
        while presence.hands_on || begun.is_none_or(|begun| begun.elapsed() < LONGEST) {
            let wait = due.as_ref().map_or(LONGEST, |(at, _)| {
                at.saturating_duration_since(Instant::now())
            });
            match views.recv_timeout(wait) {
                Ok(view) => {
                    let begun = begun.get_or_insert_with(Instant::now);
                    let name = album::name(&view);
                    if said.replace(name) != Some(name) {
                        println!("  {:5.1} s  {name}", begun.elapsed().as_secs_f32());
                    }
                    if let Some((pause, act)) = resident.see(&view) {
                        due = Some((Instant::now() + pause, act));
                    }
                }
                Err(RecvTimeoutError::Timeout) => match due.take() {
                    Some((_, Act::Touch(_) | Act::Leave)) if presence.hands_on => {}
                    Some((_, Act::Touch(touch))) => inbox.touch(touch),
                    Some((_, Act::PlaceCard)) => hand.place_card(),
                    Some((_, Act::Scan { flat })) => hand.scan(flat),
                    Some((_, Act::PullScanner)) => hand.pull_scanner(),
                    Some((_, Act::HoldPhone)) => place.hold_phone(),
                    Some((_, Act::Turn(script))) => place.turn(script),
                    Some((_, Act::Switch(switch, active))) => switches.switch(switch, active),
                    Some((_, Act::Leave)) if presence.is_over() => break,
                    Some((_, Act::Leave)) => due = Some((Instant::now() + LOOK_AGAIN, Act::Leave)),
                    None => {}
                },
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        inbox.stop();
    })
}

/// What the shell draws on: the screen, and everybody who looks at it.
struct Audience {
    screen: Remote,
    views: Sender<View>,
    ending: Ending,
    time: StageTime,
}

impl Display for Audience {
    fn show(&self, view: View) {
        if let Screen::Receipt(receipt) = &view.screen {
            self.ending.receipt(&receipt.receipt);
        }
        // The resident has left when the story is over.
        let _ = self.views.send(view.clone());
        self.screen.show(view);
    }

    fn preview(&self, preview: Preview) {
        self.time.looked();
        self.screen.preview(preview);
    }

    fn pulse(&self, pulse: Pulse) {
        self.screen.turned(move || pulse.arrive());
    }
}

/// Draws and saves screens until the shell is gone.
fn draw(screen: &Headless, folder: &Folder) -> Result<(), DemoError> {
    let mut album = Album::new(&folder.path);
    let mut result = Ok(());
    screen.run(|screen, view| {
        if result.is_ok() {
            result = album.add(view, screen);
        }
    });
    Ok(result.map_err(RunError::from)?)
}
