//! The driver of a receipt printer: a thread that keeps the port open, watches over paper, cover and
//! errors, and prints one slip at a time. Whoever orders a slip never waits for it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::line::{Line, LineError, PrinterTimings};
use super::queue::{Job, Next, Queue};
use super::reply::PaperLevel;
use super::unfinished::Unfinished;
use super::{Flow, Slip, Style, Trouble, encode};
use crate::device::DeviceState;
use crate::worker::{Driver, Health, Worker};

/// Where a printer is and what it can do.
#[derive(Clone, Debug)]
pub struct PrinterConfig {
    /// A serial port or a USB printer port.
    pub port: PathBuf,
    /// Bits per second, for a serial port.
    pub baud: u32,
    /// Flow control, for a serial port.
    pub flow: Flow,
    /// What it can do.
    pub style: Style,
    /// What is printed across the end of a slip that was broken off, before it is cut.
    pub void: Slip,
    /// A file that is there while a slip is unfinished, so that one that a power cut or a crash broke
    /// off is struck out, too; none where only broken slips of this run are.
    pub unfinished: Option<PathBuf>,
    /// How long to wait for what.
    pub timings: PrinterTimings,
}

impl PrinterConfig {
    /// A printer on this port with a Chinese font, 80 mm paper and a cutter.
    pub fn on(port: impl Into<PathBuf>) -> Self {
        Self {
            port: port.into(),
            baud: 115_200,
            flow: Flow::default(),
            style: Style::default(),
            void: Slip::new().headline("作废 VOID"),
            unfinished: None,
            timings: PrinterTimings::default(),
        }
    }
}

/// How a slip ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlipEnd {
    /// It lies there.
    Printed,
    /// It was not begun in time, or given up before: it will never be printed.
    TooLate,
    /// It was broken off; what there is of it will be struck out and cut.
    Broken,
}

/// What happens on a printer besides its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrinterEvent {
    /// The roll is nearly empty, or is not any more.
    PaperNearEnd(bool),
    /// A slip is over.
    Slip {
        /// The number it was ordered with.
        ticket: u64,
        /// How.
        end: SlipEnd,
    },
}

/// Between two looks at a printer that has nothing to do.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Between two looks at a printer in trouble: a closed cover should be noticed soon.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How often a printer is told to try again after a jam, if nobody has opened its cover.
const TELL_AGAIN: Duration = Duration::from_secs(30);

/// A supervised printer. Dropping it ends the thread; a slip that was not begun is forgotten.
pub struct PrinterWorker {
    queue: Queue,
    _worker: Worker,
}

impl PrinterWorker {
    /// Starts the thread. `on_state` hears every change of the printer's state, `on_event` what
    /// happens on it, both on the worker's thread; that it hangs, on another.
    pub fn spawn(
        config: PrinterConfig,
        on_state: impl FnMut(DeviceState) + Send + 'static,
        on_event: impl FnMut(PrinterEvent) + Send + 'static,
    ) -> Self {
        let queue = Queue::default();
        let run = Run {
            unfinished: Unfinished::remembered(config.unfinished.clone()),
            config,
            queue: queue.clone(),
            on_event: Box::new(on_event),
            near_end: false,
        };
        let stop = queue.clone();
        Self {
            queue,
            _worker: Worker::spawn(run, Health::new(on_state), move || stop.stop()),
        }
    }

    /// Orders a slip, to be begun within this time or never. A slip that was ordered before and not
    /// begun yet is given up; nothing more is heard of it.
    pub fn print(&self, ticket: u64, slip: Slip, within: Duration) {
        self.queue.put(Job {
            ticket,
            slip,
            begin_by: Instant::now() + within,
        });
    }

    /// Gives up a slip that is not begun yet: whoever wanted it has left. Nothing more is heard of
    /// it. One that has begun is finished.
    pub fn give_up(&self) {
        self.queue.clear();
    }
}

struct Run {
    config: PrinterConfig,
    queue: Queue,
    on_event: Box<dyn FnMut(PrinterEvent) + Send>,
    near_end: bool,
    unfinished: Unfinished,
}

impl Driver for Run {
    type Trouble = LineError;
    const NAME: &'static str = "printer";

    fn is_stopped(&self) -> bool {
        self.queue.is_stopped()
    }

    /// Opens the port once and uses it for as long as that goes well.
    fn turn(&mut self, health: &mut Health) -> Result<(), LineError> {
        health.starting();
        let mut line = Line::open(&self.config)?;
        line.introduce()?;
        let mut watch = Watch::default();
        while !self.queue.is_stopped() {
            health.alive();
            let trouble = line.look()?;
            self.tell_paper(line.status().paper);
            if let Some(trouble) = trouble {
                health.set(DeviceState::Faulted(trouble.to_string()));
                watch.tell_if_due(&mut line, trouble)?;
                self.rest(LOOK_AGAIN);
                continue;
            }
            watch.calm();
            let goes_on = self.goes_on(health);
            line.learn(&goes_on)?;
            if let Some(trouble) = self.strike_out(&mut line, &goes_on)? {
                health.set(DeviceState::Faulted(trouble.to_string()));
                self.rest(LOOK_AGAIN);
                continue;
            }
            health.ready();
            match self.queue.next(Instant::now(), true) {
                Next::Print(job) => self.print(&mut line, &job, health)?,
                Next::TooLate(ticket) => self.ended(ticket, SlipEnd::TooLate),
                Next::Nothing => self.queue.wait(HEARTBEAT, true),
            }
        }
        Ok(())
    }

    fn state_after(trouble: &LineError) -> DeviceState {
        trouble.state()
    }

    /// Waits while nothing can be printed; a slip whose time runs out meanwhile is gone.
    fn rest(&mut self, pause: Duration) {
        let end = Instant::now() + pause;
        while !self.queue.is_stopped() && Instant::now() < end {
            self.queue
                .wait(end.saturating_duration_since(Instant::now()), false);
            if let Next::TooLate(ticket) = self.queue.next(Instant::now(), false) {
                self.ended(ticket, SlipEnd::TooLate);
            }
        }
    }
}

impl Run {
    /// Strikes out and cuts what is left of a broken slip, so that nobody gets it with their own. Says
    /// what came in between: nothing else may be printed then.
    fn strike_out(
        &mut self,
        line: &mut Line,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Option<Trouble>, LineError> {
        if !self.unfinished.get() {
            return Ok(None);
        }
        line.clear()?;
        let void = encode(&self.config.void, &self.config.style);
        let trouble = match line.print(&void, goes_on) {
            // It stays unfinished, for the next start.
            Err(LineError::Stopped) => return Ok(None),
            printed => printed?,
        };
        self.unfinished.set(trouble.is_some());
        Ok(trouble)
    }

    fn print(&mut self, line: &mut Line, job: &Job, health: &mut Health) -> Result<(), LineError> {
        let bytes = encode(&job.slip, &self.config.style);
        // Whatever happens from here on, there may be something on the paper.
        self.unfinished.set(true);
        let end = match line.print(&bytes, &self.goes_on(health)) {
            Ok(None) => {
                self.unfinished.set(false);
                SlipEnd::Printed
            }
            Ok(Some(trouble)) => {
                health.set(DeviceState::Faulted(trouble.to_string()));
                SlipEnd::Broken
            }
            // Nothing is wrong with the printer.
            Err(LineError::Stopped) => SlipEnd::Broken,
            Err(error) => {
                health.set(error.state());
                self.ended(job.ticket, SlipEnd::Broken);
                return Err(error);
            }
        };
        self.ended(job.ticket, end);
        Ok(())
    }

    /// Whether the owner still wants anything; asked again and again, it is a sign of life as well.
    fn goes_on(&self, health: &Health) -> impl Fn() -> bool + use<> {
        let (queue, pulse) = (self.queue.clone(), health.pulse());
        move || {
            pulse.beat();
            !queue.is_stopped()
        }
    }

    fn ended(&mut self, ticket: u64, end: SlipEnd) {
        (self.on_event)(PrinterEvent::Slip { ticket, end });
    }

    /// Reports the roll's nearing end once, and that it is over.
    fn tell_paper(&mut self, paper: PaperLevel) {
        let near_end = match paper {
            PaperLevel::NearEnd => true,
            PaperLevel::Adequate => false,
            PaperLevel::Out => return,
        };
        if near_end != self.near_end {
            self.near_end = near_end;
            (self.on_event)(PrinterEvent::PaperNearEnd(near_end));
        }
    }
}

/// When to tell a jammed printer that somebody has removed the cause: after its cover was opened and
/// closed, else now and then. Told too often it would grind.
#[derive(Default)]
struct Watch {
    cover_was_open: bool,
    told: Option<Instant>,
}

impl Watch {
    fn tell_if_due(&mut self, line: &mut Line, trouble: Trouble) -> Result<(), LineError> {
        if trouble == Trouble::CoverOpen {
            self.cover_was_open = true;
        }
        let now = Instant::now();
        let begun = *self.told.get_or_insert(now);
        let due = self.cover_was_open || now >= begun + TELL_AGAIN;
        if trouble.needs_telling() && due {
            *self = Self {
                cover_was_open: false,
                told: Some(now),
            };
            line.recover()?;
        }
        Ok(())
    }

    fn calm(&mut self) {
        *self = Self::default();
    }
}
