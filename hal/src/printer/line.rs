//! An open printer: asks it how it is and hands it bytes, never for longer than its limits allow.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::encode::INITIALISE;
use super::reply::{REPORT_BY_YOURSELF, SAY_WHEN_REACHED};
use super::{Asked, PrinterConfig, PrinterPort, Reply, ReplyDecoder, Status, Trouble};
use crate::device::DeviceState;

/// So many bytes go out between two looks at what the printer says.
const CHUNK_BYTES: usize = 256;
/// Between two looks while it prints.
const LOOK_WHILE_PRINTING: Duration = Duration::from_millis(250);

/// `DLE ENQ 2`: recover from an error and forget what was not printed.
const RECOVER: [u8; 3] = [0x10, 0x05, 2];
/// `DLE DC4 8`: forget everything in the buffers, even off-line.
const CLEAR: [u8; 10] = [0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrinterTimings {
    /// For the answer to a real-time question: printers give it within milliseconds, busy ones later. A
    /// slip is not given up because a printer thinks for a moment.
    pub answer: Duration,
    /// A piece of a slip that the printer does not take for so long: it has stopped.
    pub stalled: Duration,
    /// After the last byte, until a printer that says when it has dealt with everything has said so.
    pub finish: Duration,
    /// For how long a printer must be well after the last byte where it does not say so: some do not
    /// know GS r. As long they are given to show that they do.
    pub unsaid: Duration,
}

impl Default for PrinterTimings {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(3),
            stalled: Duration::from_secs(4),
            // At the slowest's 50 mm/s, three times the longest slip.
            finish: Duration::from_secs(15),
            unsaid: Duration::from_secs(3),
        }
    }
}

/// Why a printer cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    #[error("failed to open the printer's port {port}")]
    Open { port: PathBuf, source: io::Error },
    #[error("the line to the printer was lost")]
    Lost(#[source] io::Error),
    #[error("the printer did not say how it is within {0:?}: check its power, cable and speed")]
    Silent(Duration),
    #[error("the slip was given up, because the kiosk ends")]
    Stopped,
}

impl LineError {
    /// What this is for whoever watches the device.
    pub(super) fn state(&self) -> DeviceState {
        match self {
            Self::Lost(_) => DeviceState::Absent,
            Self::Open { source, .. } if is_missing(source) => DeviceState::Absent,
            Self::Open { source, .. } => DeviceState::Faulted(format!("{self}: {source}")),
            Self::Silent(_) | Self::Stopped => DeviceState::Faulted(self.to_string()),
        }
    }
}

fn is_missing(error: &io::Error) -> bool {
    // usblp answers ENODEV for a port whose printer was pulled (Linux, drivers/usb/class/usblp.c).
    const NO_SUCH_DEVICE: [i32; 2] = [6, 19]; // ENXIO, ENODEV
    error.kind() == io::ErrorKind::NotFound
        || error
            .raw_os_error()
            .is_some_and(|code| NO_SUCH_DEVICE.contains(&code))
}

/// An open printer.
pub(super) struct Line {
    port: PrinterPort,
    decoder: ReplyDecoder,
    status: Status,
    reached: bool,
    /// Whether it knows GS r; none as long as it was not asked while it was well.
    says_when_reached: Option<bool>,
    timings: PrinterTimings,
}

impl Line {
    pub(super) fn open(config: &PrinterConfig) -> Result<Self, LineError> {
        let port = PrinterPort::open(&config.port, config.baud, config.flow);
        let port = port.map_err(|source| LineError::Open {
            port: config.port.clone(),
            source,
        })?;
        Ok(Self {
            port,
            decoder: ReplyDecoder::new(),
            status: Status::default(),
            reached: false,
            says_when_reached: None,
            timings: config.timings,
        })
    }

    /// How the printer was when it last said so.
    pub(super) fn status(&self) -> Status {
        self.status
    }

    /// Makes the printer forget what a kiosk that was cut off may have left in it, and asks to be
    /// told of changes from now on. A printer that is off-line does this later.
    pub(super) fn introduce(&mut self) -> Result<(), LineError> {
        self.look()?;
        self.clear()
    }

    /// Asks how the printer is.
    pub(super) fn look(&mut self) -> Result<Option<Trouble>, LineError> {
        for asked in Asked::ALL {
            self.drain(Instant::now())?;
            self.send(&asked.command())?;
            let byte = self.answer()?;
            self.status.answer(asked, byte);
        }
        Ok(self.status.trouble())
    }

    /// Finds out, once, whether this model says when it has dealt with everything. To be asked of a
    /// printer that is well: one that is off-line answers when nobody waits any more.
    pub(super) fn learn(&mut self, go_on: &dyn Fn() -> bool) -> Result<(), LineError> {
        if self.says_when_reached.is_some() {
            return Ok(());
        }
        self.ask_to_say()?;
        let end = Instant::now() + self.timings.unsaid;
        while !self.reached && Instant::now() < end && go_on() {
            self.drain(end.min(Instant::now() + LOOK_WHILE_PRINTING))?;
        }
        self.says_when_reached = Some(self.reached);
        Ok(())
    }

    /// Prints, as long as it is to go on; returns what stopped it, if something did.
    pub(super) fn print(
        &mut self,
        bytes: &[u8],
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Trouble>, LineError> {
        for chunk in bytes.chunks(CHUNK_BYTES) {
            self.give_up_unless(go_on)?;
            let taken = self.port.write(chunk, self.timings.stalled);
            let taken = taken.map_err(LineError::Lost)?;
            self.drain(Instant::now())?;
            let stopped = match self.status.trouble() {
                None if taken < chunk.len() => Some(self.look()?.unwrap_or(Trouble::Offline)),
                trouble => trouble,
            };
            if stopped.is_some() {
                self.abandon()?;
                return Ok(stopped);
            }
        }
        self.finish(go_on)
    }

    /// Waits until the printer has dealt with everything. One that has said so before, and does not
    /// now, has stopped without a word.
    fn finish(&mut self, go_on: &dyn Fn() -> bool) -> Result<Option<Trouble>, LineError> {
        self.ask_to_say()?;
        let begun = Instant::now();
        loop {
            self.give_up_unless(go_on)?;
            let says = self.says_when_reached == Some(true);
            let trouble = match self.look()? {
                None if says && begun.elapsed() >= self.timings.finish => Some(Trouble::Offline),
                trouble => trouble,
            };
            if trouble.is_some() {
                self.abandon()?;
                return Ok(trouble);
            }
            if self.reached {
                self.says_when_reached = Some(true);
                return Ok(None);
            }
            if !says && begun.elapsed() >= self.timings.unsaid {
                return Ok(None);
            }
            self.drain(Instant::now() + LOOK_WHILE_PRINTING)?;
        }
    }

    fn ask_to_say(&mut self) -> Result<(), LineError> {
        self.reached = false;
        self.send(&SAY_WHEN_REACHED)
    }

    /// The kiosk ends: what the printer has not printed yet, it forgets.
    fn give_up_unless(&mut self, go_on: &dyn Fn() -> bool) -> Result<(), LineError> {
        if go_on() {
            return Ok(());
        }
        self.port.discard();
        self.send(&CLEAR)?;
        Err(LineError::Stopped)
    }

    /// Makes a printer that has stopped forget the rest of a slip at once: with new paper in it, it
    /// would go on where it stopped.
    fn abandon(&mut self) -> Result<(), LineError> {
        self.port.discard();
        self.send(&CLEAR)?;
        // Its answer says that it has come so far.
        self.look().map(drop)
    }

    /// Makes the printer forget everything it was given and begin anew.
    pub(super) fn clear(&mut self) -> Result<(), LineError> {
        self.send(&CLEAR)?;
        self.recover()?;
        self.send(&INITIALISE)?;
        self.send(&REPORT_BY_YOURSELF)
    }

    /// Tells it that the cause of an error has been removed.
    pub(super) fn recover(&mut self) -> Result<(), LineError> {
        self.send(&RECOVER)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        let patience = self.timings.answer;
        match self.port.write(bytes, patience).map_err(LineError::Lost)? {
            taken if taken == bytes.len() => Ok(()),
            _ => Err(LineError::Silent(patience)),
        }
    }

    /// The answer to the question just asked.
    fn answer(&mut self) -> Result<u8, LineError> {
        let end = Instant::now() + self.timings.answer;
        loop {
            if let Some(byte) = self.read(end)? {
                return Ok(byte);
            }
            if Instant::now() >= end {
                return Err(LineError::Silent(self.timings.answer));
            }
        }
    }

    /// Takes in what the printer says by itself until `end`, or until it says that it is done.
    fn drain(&mut self, end: Instant) -> Result<(), LineError> {
        loop {
            let before = self.reached;
            self.read(end)?;
            if Instant::now() >= end || self.reached != before {
                return Ok(());
            }
        }
    }

    /// Takes in what has come, waiting for it until `end`; returns the answer to a question, if one
    /// was among it.
    fn read(&mut self, end: Instant) -> Result<Option<u8>, LineError> {
        let mut bytes = [0; 64];
        let count = self.port.read(&mut bytes, end).map_err(LineError::Lost)?;
        if count == 0 {
            // A USB printer port that has nothing says so at once.
            std::thread::sleep(PAUSE.min(end.saturating_duration_since(Instant::now())));
        }
        let (status, reached) = (&mut self.status, &mut self.reached);
        let mut answer = None;
        self.decoder.feed(&bytes[..count], |reply| match reply {
            Reply::RealTime(byte) => answer = Some(byte),
            Reply::Automatic(bytes) => status.automatic(bytes),
            Reply::Reached(_) => *reached = true,
        });
        Ok(answer)
    }
}

/// Between two reads of a port that does not let us wait.
const PAUSE: Duration = Duration::from_millis(5);
