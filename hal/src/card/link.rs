//! The line to the module: one command out, one answer in, never longer than its limits allow,
//! whatever comes down the line.

use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use serialport::{ClearBuffer, SerialPort, TTYPort};
use zeroize::Zeroizing;

use super::ServiceAdvice;
use super::ga467::{Command, Decoded, Decoder, MAX_LEN, Response, Sw3};

/// Longest wait in the driver; bounds how long a stop or a cancel can take.
const SLICE: Duration = Duration::from_millis(50);
/// After a broken answer: this long nothing may come before the next command is sent...
const QUIET: Duration = Duration::from_millis(40);
/// ...but a line that is never quiet is not waited for longer than this.
const QUIET_LIMIT: Duration = Duration::from_millis(400);

/// How long to wait for an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Until it begins.
    pub(super) answer: Duration,
    /// Silence within it.
    pub(super) gap: Duration,
    /// In all.
    pub(super) total: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("failed to open the reader's port {port}")]
    Open {
        port: String,
        source: serialport::Error,
    },
    #[error("the line to the reader was lost")]
    Lost(#[source] io::Error),
    #[error("the reader did not answer within {0:?}")]
    Silent(Duration),
    #[error("the reader's answer was damaged on the line")]
    Garbled,
    #[error("the reader announced an answer of {0} bytes")]
    Oversized(usize),
    #[error("the reader is out of order: {0}")]
    Sick(Sw3),
    #[error(
        "the reader's module is not the one of the settings (sam_wrong): its number is {found}; check who \
         changed the reader, and correct `sam` if that was meant"
    )]
    OtherModule { found: String },
    #[error("nobody waits for the answer any more")]
    Cancelled,
}

impl Trouble {
    /// What a technician should do about it, where its words do not say so themselves.
    pub(super) fn for_technician(&self) -> Option<ServiceAdvice> {
        match self {
            Self::Open { .. } => Some(ServiceAdvice::FreePort),
            Self::Silent(_) => Some(ServiceAdvice::CheckPower),
            Self::Garbled | Self::Oversized(_) => Some(ServiceAdvice::CheckCable),
            Self::Sick(sw3) => Some(sw3.for_technician()),
            Self::Lost(_) | Self::OtherModule { .. } | Self::Cancelled => None,
        }
    }
}

/// An open line.
pub(super) struct Link {
    port: TTYPort,
    decoder: Decoder,
    /// The last answer did not come to its end: what is left of it must not be taken for the
    /// next one.
    unsettled: bool,
}

impl Link {
    pub(super) fn open(path: &Path, baud: u32) -> Result<Self, Trouble> {
        let port = open_port(path, baud, SLICE).map_err(|source| Trouble::Open {
            port: path.display().to_string(),
            source,
        })?;
        Ok(Self {
            port,
            decoder: Decoder::new(),
            unsettled: true,
        })
    }

    /// Goes on at another speed; what was under way at the old one is noise.
    pub(super) fn set_baud(&mut self, baud: u32) -> Result<(), Trouble> {
        self.unsettled = true;
        self.port.set_baud_rate(baud).map_err(|e| lost(e.into()))
    }

    /// Sends a command and waits for its answer. `go_on` is asked at least every 50 ms, with the
    /// bytes that have come and will come, whether anybody still waits.
    pub(super) fn exchange(
        &mut self,
        command: Command,
        limits: Limits,
        go_on: &mut dyn FnMut(Option<(usize, usize)>) -> bool,
    ) -> Result<Response, Trouble> {
        if self.unsettled {
            self.settle()?;
        }
        self.decoder = Decoder::new();
        self.unsettled = true;
        self.port.write_all(&command.frame()).map_err(lost)?;
        let mut answer = Answer::new(command, limits);
        while answer.is_awaited(self.decoder.progress().is_some()) {
            let read = self.read_slice(&mut answer)?;
            if let Some(response) = answer.response.take() {
                self.unsettled = false;
                return Ok(response);
            }
            let progress = self.decoder.progress().filter(|_| read > 0);
            if !go_on(progress) {
                return Err(Trouble::Cancelled);
            }
        }
        self.decoder.finish(|decoded| answer.note(decoded));
        answer.outcome()
    }

    /// Takes what has come, for at most a slice of time; nothing is no error.
    fn read_slice(&mut self, answer: &mut Answer) -> Result<usize, Trouble> {
        let mut bytes = Zeroizing::new([0; 256]);
        match self.port.read(&mut *bytes) {
            Ok(0) => Err(lost(io::ErrorKind::UnexpectedEof.into())),
            Ok(n) => {
                answer.last_byte = Some(Instant::now());
                self.decoder
                    .feed(&bytes[..n], |decoded| answer.note(decoded));
                Ok(n)
            }
            Err(e) if is_pause(&e) => Ok(0),
            Err(e) => Err(lost(e)),
        }
    }

    /// Waits until the line is quiet and forgets what came.
    fn settle(&mut self) -> Result<(), Trouble> {
        let deadline = Instant::now() + QUIET_LIMIT;
        let mut bytes = Zeroizing::new([0; 256]);
        self.port.set_timeout(QUIET).map_err(|e| lost(e.into()))?;
        while Instant::now() < deadline {
            match self.port.read(&mut *bytes) {
                Ok(0) => return Err(lost(io::ErrorKind::UnexpectedEof.into())),
                Ok(_) => {}
                Err(e) if is_pause(&e) => break,
                Err(e) => return Err(lost(e)),
            }
        }
        self.port.set_timeout(SLICE).map_err(|e| lost(e.into()))?;
        self.port
            .clear(ClearBuffer::Input)
            .map_err(|e| lost(e.into()))
    }
}

/// What has come in answer to one command.
struct Answer {
    command: Command,
    limits: Limits,
    sent: Instant,
    last_byte: Option<Instant>,
    response: Option<Response>,
    damage: Option<Trouble>,
}

impl Answer {
    fn new(command: Command, limits: Limits) -> Self {
        Self {
            command,
            limits,
            sent: Instant::now(),
            last_byte: None,
            response: None,
            damage: None,
        }
    }

    fn note(&mut self, decoded: Decoded) {
        match decoded {
            // A late answer to an earlier command.
            Decoded::Frame(response) if !self.command.fits(&response) => {}
            Decoded::Frame(response) => {
                // The first frame is the answer; a second one nobody asked for.
                self.response.get_or_insert(response);
            }
            Decoded::BadLength(len) if len > MAX_LEN => self.damage = Some(Trouble::Oversized(len)),
            Decoded::BadLength(_) | Decoded::BadChecksum => {
                self.damage.get_or_insert(Trouble::Garbled);
            }
        }
    }

    /// Whether there is still something to wait for. Noise does not start the clock of an
    /// answer, but a frame that has begun or broken does.
    fn is_awaited(&self, begun: bool) -> bool {
        let now = Instant::now();
        let in_answer = begun || self.damage.is_some();
        let patience = match self.last_byte {
            Some(last) if in_answer => last + self.limits.gap,
            _ => self.sent + self.limits.answer,
        };
        now < patience && now < self.sent + self.limits.total
    }

    fn outcome(self) -> Result<Response, Trouble> {
        if let Some(response) = self.response {
            return Ok(response);
        }
        Err(match (self.damage, self.last_byte) {
            (Some(damage), _) => damage,
            (None, Some(_)) => Trouble::Garbled,
            (None, None) => Trouble::Silent(self.limits.answer),
        })
    }
}

/// Opens a serial port for this program alone; nothing is waited for longer than `patience`.
pub(super) fn open_port(
    path: &Path,
    baud: u32,
    patience: Duration,
) -> Result<TTYPort, serialport::Error> {
    serialport::new(path.to_string_lossy(), baud)
        .timeout(patience)
        // The exclusive mark of a pseudo-terminal outlives a killed process and would lock its
        // successor out; real ports lose it on the last close.
        .exclusive(!is_pseudo_terminal(path))
        .open_native()
}

/// Whether nothing is plugged in there.
pub(super) fn is_missing(error: &serialport::Error) -> bool {
    use serialport::ErrorKind::{Io, NoDevice};
    matches!(error.kind(), NoDevice | Io(io::ErrorKind::NotFound))
}

fn lost(error: io::Error) -> Trouble {
    Trouble::Lost(error)
}

/// Nothing has come within a slice of time.
pub(super) fn is_pause(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), TimedOut | WouldBlock | Interrupted)
}

fn is_pseudo_terminal(port: &Path) -> bool {
    std::fs::canonicalize(port).is_ok_and(|real| real.starts_with("/dev/pts"))
}
