//! The simulated devices of a story: the reader as a process of its own, the camera in this one.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use face_pipeline::Pipeline;
use fast_qr::QRBuilder;
use hal::camera::{Camera, CameraPlace, CameraSettings};
use hal::sim::camera::{
    Backdrop, Clock, Code, Ink, RealTime, Relief, Scene, Script, SimDevice, SlideCamera, Slides,
    Stage,
};

use hal::panel::Switch;
use hal::sim::panel::SimPanel;

use super::folder::quoted;
use super::passport::Desk;
use super::scenario::{Portrait, Scenario};
use super::time::StageTime;
use super::{Arguments, DemoError, failed};
use crate::assemble::{OpenCamera, StartError, load_pipeline};
use crate::config::Config;
use crate::errors::chain;
use crate::panel_desk::PanelSource;
use crate::pictures::{self, Picture};
use crate::run::{RunError, v4l_camera};

/// What makes light and movement of the simulated camera repeatable.
const SEED: u64 = 20_261_121;

/// The simulated card reader.
pub struct Reader {
    process: Child,
    commands: Option<ChildStdin>,
    lead: Lead,
}

/// What the kiosk finds the reader by.
enum Lead {
    /// A serial port.
    Port(PathBuf),
    /// A PC/SC service.
    Desk(Desk),
}

impl Reader {
    /// Starts `hal-sim` with this story's card or passport, and waits until it can be used.
    pub fn start(arguments: &Arguments) -> Result<Self, DemoError> {
        let program = beside_this_program("hal-sim")?;
        let mut command = Command::new(&program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let desk = arguments.reader_folder.as_deref().map(Desk::open);
        let desk = desk.transpose()?;
        match &desk {
            Some(desk) => desk.lay_out(arguments, &card_photo(arguments)?, &mut command),
            None => card(arguments, &mut command)?,
        }
        let mut process = command.spawn().map_err(failed("start", &program))?;
        let said = first_lines(&mut process).map_err(failed("read from", &program))?;
        let Some(said) = said else {
            let _ = process.kill();
            let status = process.wait().map_err(failed("wait for", &program))?;
            return Err(DemoError::Reader(format!("it ended with {status}")));
        };
        Ok(Self {
            commands: process.stdin.take(),
            process,
            lead: desk.map_or_else(|| Lead::Port(said.into()), Lead::Desk),
        })
    }

    /// `[card_reader]` of the settings.
    pub fn settings(&self, arguments: &Arguments) -> String {
        let decoder = arguments.wlt_plugin.as_ref().map(quoted);
        let decoder = decoder.map_or_else(String::new, |path| format!("wlt_plugin = {path}\n"));
        match &self.lead {
            Lead::Port(port) => format!("port = {}\n{}{decoder}", quoted(port), speed(arguments)),
            Lead::Desk(desk) => desk.settings(arguments.scenario),
        }
    }

    /// Where it is, in words.
    pub fn place(&self) -> String {
        match &self.lead {
            Lead::Port(port) => format!("at {}", port.display()),
            Lead::Desk(_) => "behind a pcscd of the demo's own".into(),
        }
    }

    /// A hand that can put the card on the reader.
    pub fn hand(&mut self) -> Hand {
        Hand(self.commands.take())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Puts the card on the reader, and the page on the scanner.
pub struct Hand(Option<ChildStdin>);

impl Hand {
    /// The card lies on the reader.
    pub fn place_card(&mut self) {
        self.tell("remove\nplace");
    }

    /// The page lies on the document scanner, well or not.
    pub fn scan(&mut self, flat: bool) {
        self.tell(if flat { "scan" } else { "scan misread" });
    }

    /// The document scanner is not there any more.
    pub fn pull_scanner(&mut self) {
        self.tell("scanner gone");
    }

    fn tell(&mut self, words: &str) {
        if let Some(commands) = &mut self.0
            && let Err(error) = writeln!(commands, "{words}")
        {
            tracing::error!(%error, "the simulated reader is gone");
        }
    }
}

/// The place before the simulated camera, where the resident can hold up a phone.
pub struct Place {
    device: Option<SimDevice>,
    time: StageTime,
    /// How long a turn of the head goes on, if it does not end by itself.
    turns_for: Option<Duration>,
}

impl Place {
    /// Who stands there turns to a side and back.
    pub fn turn(&self, script: Script) {
        if let Some(device) = &self.device {
            device.play(script);
        }
        if let Some(time) = self.turns_for {
            self.time.leap_after(time);
        }
    }

    /// The phone is before the camera from the next frame on.
    pub fn hold_phone(&self) {
        if let Some(device) = &self.device {
            device.play(Script::only(Scene::Phone));
        }
    }
}

/// The panel of a story that needs one, and the hand on its switches.
pub fn panel(scenario: Scenario) -> (Option<PanelSource>, SimPanel) {
    let panel = SimPanel::default();
    if scenario.opened().is_none() {
        return (None, panel);
    }
    let board = panel.clone();
    let source = PanelSource {
        switches: Switch::ALL.to_vec(),
        open: Box::new(move |waker| board.open(waker)),
    };
    (Some(source), panel)
}

/// What sees whoever comes.
pub struct Eyesight {
    /// The camera.
    pub camera: OpenCamera,
    /// The one for infrared light beside it.
    pub infrared: Option<OpenCamera>,
    /// The place before both.
    pub place: Place,
    /// The time there, which passes as the kiosk looks.
    pub time: StageTime,
    /// The networks, if they were needed to make the person.
    pub pipeline: Option<Pipeline>,
}

impl Eyesight {
    /// One camera, before which nobody can change what happens.
    fn of(camera: OpenCamera, time: StageTime) -> Self {
        Self {
            camera,
            infrared: None,
            place: Place {
                device: None,
                time: time.clone(),
                turns_for: None,
            },
            time,
            pipeline: None,
        }
    }
}

/// The cameras of a story: simulated, or a real one if asked for.
pub fn cameras(arguments: &Arguments, config: &Config) -> Result<Eyesight, DemoError> {
    let time = StageTime::new();
    if let Some(device) = &arguments.camera {
        let settings = CameraSettings {
            place: CameraPlace::Path(device.clone()),
            ..config.camera.settings()
        };
        return Ok(Eyesight::of(v4l_camera(settings), time));
    }
    if let Some(folder) = &arguments.frames {
        let slides = Slides::load(folder)?;
        let clock = time.clock();
        let open = move || {
            let camera = SlideCamera::new(Arc::clone(&slides), Arc::clone(&clock));
            Ok(Box::new(camera) as Box<dyn Camera>)
        };
        return Ok(Eyesight::of(Box::new(open), time));
    }
    let path = portrait(arguments, arguments.scenario.person())?;
    let no_person = |reason| DemoError::Portrait {
        path: path.clone(),
        reason,
    };
    let bytes = std::fs::read(&path).map_err(failed("read", &path))?;
    let picture = pictures::decode(&bytes).map_err(|error| no_person(chain(&error)))?;
    let mut pipeline = load_pipeline(config)
        .map_err(StartError::from)
        .map_err(RunError::from)?;
    let relief = relief(&mut pipeline, &picture).map_err(no_person)?;
    Ok(Eyesight {
        pipeline: Some(pipeline),
        ..simulated(&relief, arguments.scenario, time)
    })
}

/// The portrait with the depth that the landmark network sees in it.
fn relief(pipeline: &mut Pipeline, picture: &Picture) -> Result<Relief, String> {
    let view = picture.view().map_err(|error| chain(&error))?;
    let mesh = pipeline
        .mesh(view)
        .map_err(|error| chain(&error))?
        .ok_or("no face is in it")?;
    let (rgb, width, height) = picture.parts();
    Relief::from_landmarks(rgb.to_vec(), width, height, &mesh.points).map_err(|error| chain(&error))
}

fn simulated(relief: &Relief, scenario: Scenario, time: StageTime) -> Eyesight {
    let code = scenario.phone().and_then(|text| code(&text));
    let backdrop = Backdrop::default();
    let stage = Stage::with_phone(relief, backdrop, SEED, code.as_ref());
    let device = SimDevice::with_clock(stage, scenario.script(), clock(scenario, &time));
    let infrared = scenario.has_infrared().then(|| {
        let stage = Stage::in_infrared(relief, backdrop, SEED, Ink::Shows);
        opened(device.beside(stage).timed_by(time.clock()))
    });
    Eyesight {
        camera: opened(device.clone()),
        infrared,
        place: Place {
            device: Some(device),
            time: time.clone(),
            turns_for: scenario.turns_for(),
        },
        time,
        pipeline: None,
    }
}

/// Nobody looks at a camera that is unplugged: that lasts as long as it lasts.
fn clock(scenario: Scenario, time: &StageTime) -> Arc<dyn Clock> {
    match scenario {
        Scenario::CameraLost => Arc::new(RealTime),
        _ => time.clock(),
    }
}

fn opened(device: SimDevice) -> OpenCamera {
    Box::new(move || Ok(Box::new(device.open()?)))
}

/// The code on the phone.
fn code(text: &str) -> Option<Code> {
    let code = QRBuilder::new(text).build().ok()?;
    let rows = (0..code.size).flat_map(|row| code[row].iter().take(code.size));
    Code::new(code.size, rows.map(|module| module.value()).collect())
}

/// The reader's speed is known, except in one story, where it is found out.
fn speed(arguments: &Arguments) -> &'static str {
    match arguments.scenario {
        Scenario::Impostor => "",
        _ => "baud = 115200\n",
    }
}

/// The arguments of `hal-sim` for this story's card.
fn card(arguments: &Arguments, command: &mut Command) -> Result<(), DemoError> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let asked = arguments.card_fault.as_deref();
    command
        .arg("card")
        .arg("--card")
        .arg(home.join("demo/card.toml"));
    match &arguments.photo_field {
        Some(field) => command.arg("--photo-field").arg(field),
        None => command.arg("--photo").arg(card_photo(arguments)?),
    };
    if let Some(fault) = asked.or(arguments.scenario.card_fault()) {
        command.args(["--fault", fault]);
    }
    Ok(())
}

/// The port of a card's reader, or the "ready" after a passport's lines; none if it ends before.
fn first_lines(process: &mut Child) -> io::Result<Option<String>> {
    let Some(output) = process.stdout.take() else {
        return Ok(None);
    };
    for line in BufReader::new(output).lines() {
        let line = line?;
        if line.starts_with('/') || line == "ready" {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

fn card_photo(arguments: &Arguments) -> Result<PathBuf, DemoError> {
    match &arguments.card_photo {
        Some(path) => Ok(path.clone()),
        None => portrait(arguments, arguments.scenario.card()),
    }
}

fn portrait(arguments: &Arguments, Portrait(name): Portrait) -> Result<PathBuf, DemoError> {
    let path = arguments.setup.join("portraits").join(name);
    if path.exists() {
        Ok(path)
    } else {
        Err(DemoError::NotSetUp(path))
    }
}

fn beside_this_program(name: &str) -> Result<PathBuf, DemoError> {
    let this = std::env::current_exe().map_err(failed("find", "this program"))?;
    Ok(this.with_file_name(name))
}
