//! An open printer: asks it how it is and hands it bytes, never for longer than its limits allow.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::encode::INITIALISE;
use super::reply::{REPORT_BY_YOURSELF, SAY_WHEN_REACHED};
use super::{Asked, PrinterConfig, PrinterPort, Reply, ReplyDecoder, Status, Trouble};
use crate::device::DeviceState;

/// For the answer to a real-time question: printers give it within milliseconds, busy ones later. A
/// slip is not given up because a printer thinks for a moment.
const ANSWER: Duration = Duration::from_millis(3000);
/// So many bytes go out between two looks at what the printer says.
const CHUNK_BYTES: usize = 256;
/// A chunk that the printer does not take for so long: it has stopped.
const STALLED: Duration = Duration::from_secs(4);
/// After the last byte, until the printer says that it has dealt with it...
const FINISH: Duration = Duration::from_secs(10);
/// ...and for how long it must be well without saying so: some printers do not know GS r.
const FINISH_UNSAID: Duration = Duration::from_secs(3);
/// Between two looks while it prints.
const LOOK_WHILE_PRINTING: Duration = Duration::from_millis(250);

/// `DLE ENQ 2`: recover from an error and forget what was not printed.
const RECOVER: [u8; 3] = [0x10, 0x05, 2];
/// `DLE DC4 8`: forget everything in the buffers, even off-line.
const CLEAR: [u8; 10] = [0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];

/// Why a printer cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    #[error("failed to open the printer's port {port}")]
    Open { port: PathBuf, source: io::Error },
    #[error("the line to the printer was lost")]
    Lost(#[source] io::Error),
    #[error("the printer did not say how it is within {0:?}: check its power, cable and speed")]
    Silent(Duration),
}

impl LineError {
    /// What this is for whoever watches the device.
    pub(super) fn state(&self) -> DeviceState {
        match self {
            Self::Lost(_) => DeviceState::Absent,
            Self::Open { source, .. } if is_missing(source) => DeviceState::Absent,
            Self::Open { source, .. } => DeviceState::Faulted(format!("{self}: {source}")),
            Self::Silent(_) => DeviceState::Faulted(self.to_string()),
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

    /// Prints; returns what stopped it, if something did.
    pub(super) fn print(&mut self, bytes: &[u8]) -> Result<Option<Trouble>, LineError> {
        self.reached = false;
        for chunk in bytes.chunks(CHUNK_BYTES) {
            let taken = self.port.write(chunk, STALLED).map_err(LineError::Lost)?;
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
        self.finish()
    }

    /// Waits until the printer has dealt with everything.
    fn finish(&mut self) -> Result<Option<Trouble>, LineError> {
        self.send(&SAY_WHEN_REACHED)?;
        let begun = Instant::now();
        while begun.elapsed() < FINISH {
            if let Some(trouble) = self.look()? {
                self.abandon()?;
                return Ok(Some(trouble));
            }
            let unsaid = begun.elapsed() >= FINISH_UNSAID;
            if self.reached || unsaid {
                return Ok(None);
            }
            self.drain(Instant::now() + LOOK_WHILE_PRINTING)?;
        }
        Ok(None)
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
        match self.port.write(bytes, ANSWER).map_err(LineError::Lost)? {
            taken if taken == bytes.len() => Ok(()),
            _ => Err(LineError::Silent(ANSWER)),
        }
    }

    /// The answer to the question just asked.
    fn answer(&mut self) -> Result<u8, LineError> {
        let end = Instant::now() + ANSWER;
        loop {
            if let Some(byte) = self.read(end)? {
                return Ok(byte);
            }
            if Instant::now() >= end {
                return Err(LineError::Silent(ANSWER));
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
