//! The running simulator: a thread that connects the printer to its wire and obeys its owner.

use std::fs;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::PrinterFault;
use super::machine::{Machine, Model, Outcome};
use crate::printer::{Paper, Typeface};
use crate::sim::card::wire::{Wire, Woken, pause};
use crate::sim::plug::{Place, Plugged};

/// How the simulator behaves.
#[derive(Clone, Debug)]
pub struct PrinterSimulatorOptions {
    /// Width of its paper.
    pub paper: Paper,
    /// Its letters.
    pub face: Arc<Typeface>,
    /// Whether it has a Chinese font.
    pub knows_chinese: bool,
    /// Whether it knows the command for QR codes.
    pub knows_codes: bool,
    /// What goes wrong, after how many bytes that it has dealt with.
    pub fault: Option<(PrinterFault, usize)>,
    /// Where slips are drawn to.
    pub slips: PathBuf,
    /// A symbolic link to the device node, so that its name is known beforehand.
    pub link: Option<PathBuf>,
}

impl PrinterSimulatorOptions {
    /// A printer in good order that knows everything, with these letters.
    pub fn new(face: Arc<Typeface>, slips: impl Into<PathBuf>) -> Self {
        Self {
            paper: Paper::default(),
            face,
            knows_chinese: true,
            knows_codes: true,
            fault: None,
            slips: slips.into(),
            link: None,
        }
    }
}

/// What happens on the simulated printer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimEvent {
    /// A slip was cut off and drawn.
    Slip(PathBuf),
    /// Unfinished paper was torn off with the old roll, and drawn.
    Torn(PathBuf),
    /// A command came that this printer does not know.
    Unknown([u8; 2]),
    /// A picture could not be written.
    NotDrawn(String),
}

type OnEvent = Box<dyn FnMut(SimEvent) + Send>;

/// A simulated printer. Dropping it is pulling its plug.
pub struct PrinterSimulator {
    plugged: Plugged,
    desk: Arc<Mutex<Desk>>,
}

impl PrinterSimulator {
    /// Plugs the printer in. `on_event` hears what happens on it.
    ///
    /// # Errors
    /// If there is no pseudo-terminal to be had, or the folder or the link cannot be made.
    pub fn start(
        options: PrinterSimulatorOptions,
        on_event: impl FnMut(SimEvent) + Send + 'static,
    ) -> io::Result<Self> {
        fs::create_dir_all(&options.slips)?;
        let (wire, path) = Wire::terminal()?;
        let wire = Arc::new(wire);
        let place = Place::new(path, options.link)?;
        let model = Model {
            dots: options.paper.dots(),
            face: options.face,
            knows_chinese: options.knows_chinese,
            knows_codes: options.knows_codes,
        };
        let desk = Arc::new(Mutex::new(Desk {
            machine: Machine::new(model, options.fault),
            wire: Arc::clone(&wire),
            slips: options.slips,
            count: 0,
            on_event: Box::new(on_event),
        }));
        let served = Arc::clone(&desk);
        let plugged = Plugged::serve(place, move |control| serve(&wire, &control, &served))?;
        Ok(Self { plugged, desk })
    }

    /// The device node that a driver opens.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.plugged.path()
    }

    /// Something goes wrong, at once.
    pub fn suffer(&self, fault: PrinterFault) {
        self.change(|machine| machine.suffer(fault));
    }

    /// Puts in a new roll.
    pub fn new_roll(&self) {
        self.change(Machine::new_roll);
    }

    /// Closes the cover.
    pub fn close_cover(&self) {
        self.change(Machine::close_cover);
    }

    /// Removes what was stuck and mends what was broken.
    pub fn mend(&self) {
        self.change(Machine::mend);
    }

    fn change(&self, f: impl FnOnce(&mut Machine) -> Vec<Outcome>) {
        {
            let mut desk = lock(&self.desk);
            let outcomes = f(&mut desk.machine);
            desk.hand_out(outcomes);
        }
        self.plugged.wake();
    }
}

/// The printer and where its outcomes go.
struct Desk {
    machine: Machine,
    wire: Arc<Wire>,
    slips: PathBuf,
    count: u32,
    on_event: OnEvent,
}

impl Desk {
    fn hand_out(&mut self, outcomes: Vec<Outcome>) {
        for outcome in outcomes {
            match outcome {
                // A reader that is gone misses it, as on a wire.
                Outcome::Reply(bytes) => drop(self.wire.write(&bytes)),
                Outcome::Cut(page) => self.draw(&page, "", SimEvent::Slip),
                Outcome::Torn(page) => self.draw(&page, "-torn", SimEvent::Torn),
                Outcome::Unknown(bytes) => (self.on_event)(SimEvent::Unknown(bytes)),
            }
        }
    }

    fn draw(&mut self, page: &super::page::Page, mark: &str, event: fn(PathBuf) -> SimEvent) {
        self.count += 1;
        let path = self.slips.join(format!("slip-{:03}{mark}.png", self.count));
        let event = match page.save(&path) {
            Ok(()) => event(path),
            Err(error) => SimEvent::NotDrawn(format!("{}: {error}", path.display())),
        };
        (self.on_event)(event);
    }
}

/// Until the end of the control stream, or of the wire, which is the end of the printer.
fn serve(wire: &Wire, control: &UnixStream, desk: &Mutex<Desk>) {
    while turn(wire, control, desk).is_ok() {}
}

fn turn(wire: &Wire, mut control: &UnixStream, desk: &Mutex<Desk>) -> io::Result<()> {
    let has_room = lock(desk).machine.has_room();
    let woken = if has_room {
        wire.wait(control.as_fd())?
    } else {
        // A full buffer stops the wire, but real-time commands are heard even then: Epson keeps
        // room for them. Looked at so rarely that a sender feels that it is stopped.
        pause(control.as_fd(), None, Some(FULL_BUFFER_PAUSE))?
    };
    if woken == Woken::Control {
        return match control.read(&mut [0; 16])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        };
    }
    let mut bytes = [0; 64];
    let count = wire.read(&mut bytes)?;
    let mut desk = lock(desk);
    let outcomes = desk.machine.take(&bytes[..count]);
    desk.hand_out(outcomes);
    Ok(())
}

const FULL_BUFFER_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}
