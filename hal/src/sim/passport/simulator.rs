//! The running simulator: a thread that lays the document on a virtual reader (connects to `vpcd`)
//! and takes it away (hangs up), and answers in between.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use super::chip::Chip;
use super::fault::Fault;
use super::holder::SimPassport;
use super::issue::{IssueError, Protocols, country_code, issue};
use super::pki::TestCountry;
use super::vpcd::{DEFAULT_PORT, Inbox, Request, message};
use crate::card::emrtd::random::OsRandom;

/// The answer to reset of a contactless chip without historical bytes of its own (PC/SC part 3,
/// 3.1.3.2.3.1), as readers make it up.
const ATR: [u8; 13] = [0x3B, 0x88, 0x80, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0x09];
/// The same of a chip whose historical bytes say, in the card capabilities (ISO/IEC 7816-4,
/// 12.1.1.9), that it takes extended APDUs.
const ATR_EXTENDED: [u8; 10] = [0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0x94, 0x41, 0x40, 0x62];
/// What some drivers answer when the field dropped: less than a status.
const NO_STATUS: [u8; 1] = [0];
/// How long a document is away at least, and until a reader that is not there is looked for again.
/// pcscd looks at a virtual reader every 0.4 s; what is away for less it may never find again.
const AWAY: Duration = Duration::from_secs(1);

/// How the simulator behaves.
#[derive(Clone, Debug)]
pub struct PassportOptions {
    /// The page.
    pub page: SimPassport,
    /// What the chip can do.
    pub protocols: Protocols,
    /// Folder in which the country's key lies or is put; without one, the country is new.
    pub country: Option<PathBuf>,
    /// Folder for what a kiosk needs to trust the country.
    pub trust: Option<PathBuf>,
    /// Whether the document lies on the reader from the start.
    pub placed: bool,
    /// What goes wrong.
    pub fault: Option<Fault>,
    /// With [`Fault::Pulled`]: after how many answers.
    pub pull_at: usize,
    /// How long the chip thinks about each command.
    pub apdu_time: Duration,
    /// How long the document is away at least when it was taken away.
    pub away: Duration,
    /// Host of `vpcd`.
    pub host: String,
    /// Port of `vpcd`.
    pub port: u16,
}

impl PassportOptions {
    /// A document in good order beside the first virtual reader of this machine.
    #[must_use]
    pub fn with_page(page: SimPassport) -> Self {
        Self {
            page,
            protocols: Protocols::default(),
            country: None,
            trust: None,
            placed: false,
            fault: None,
            pull_at: 10,
            apdu_time: Duration::ZERO,
            away: AWAY,
            host: String::from("127.0.0.1"),
            port: DEFAULT_PORT,
        }
    }
}

/// A simulated travel document. Dropping it takes it away.
pub struct PassportSimulator {
    options: PassportOptions,
    country: TestCountry,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the owner and the thread share.
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    chip: Chip,
    placed: bool,
    ended: bool,
    /// Answers that are left before the document is pulled.
    left: Option<usize>,
    /// Whether the field drops on an extended APDU.
    drops_extended: bool,
    /// The connection, so that the owner can cut it.
    stream: Option<TcpStream>,
}

impl PassportSimulator {
    /// Issues the document and starts.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn start(options: PassportOptions) -> Result<Self, IssueError> {
        let code = country_code(&options.page.issuer);
        let now = SystemTime::now();
        let country = match &options.country {
            Some(folder) => TestCountry::in_folder(folder, code, now)?,
            None => TestCountry::found(code, now)?,
        };
        let chip = personalise(&options, &country, options.fault)?;
        let state = State {
            chip,
            placed: options.placed,
            ended: false,
            left: left(&options, options.fault),
            drops_extended: drops_extended(options.fault),
            stream: None,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let server = Server {
            shared: Arc::clone(&shared),
            address: (options.host.clone(), options.port),
            apdu_time: options.apdu_time,
            away: options.away,
        };
        let thread = thread::spawn(move || server.until_ended());
        Ok(Self {
            options,
            country,
            shared,
            thread: Some(thread),
        })
    }

    /// Lays the document on the reader.
    pub fn place(&self) {
        self.shared.change(|state| state.placed = true);
    }

    /// Takes the document away, at once, even while it is being read.
    pub fn remove(&self) {
        self.shared.change(State::take_away);
    }

    /// From now on it is another document of the same holder, on which something is wrong, or
    /// nothing any more. It has to be placed again.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn set_fault(&self, fault: Option<Fault>) -> Result<(), IssueError> {
        let chip = personalise(&self.options, &self.country, fault)?;
        self.shared.change(|state| {
            state.take_away();
            state.chip = chip;
            state.left = left(&self.options, fault);
            state.drops_extended = drops_extended(fault);
        });
        Ok(())
    }

    /// The country's certificate, DER.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn csca(&self) -> Result<Vec<u8>, IssueError> {
        Ok(self.country.certificate()?)
    }
}

impl Drop for PassportSimulator {
    fn drop(&mut self) {
        self.shared.change(|state| {
            state.ended = true;
            state.take_away();
        });
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A chip with the page on it; what a kiosk needs to judge it is written beside.
fn personalise(
    options: &PassportOptions,
    country: &TestCountry,
    fault: Option<Fault>,
) -> Result<Chip, IssueError> {
    let issued = issue(&options.page, &options.protocols, country, fault)?;
    if let Some(folder) = &options.trust {
        match fault {
            Some(Fault::RevokedSigner) => country.write_trust(folder, &[&issued.signer])?,
            _ => country.write_trust(folder, &[])?,
        }
    }
    Ok(Chip::new(issued.contents, Box::new(OsRandom)))
}

fn left(options: &PassportOptions, fault: Option<Fault>) -> Option<usize> {
    (fault == Some(Fault::Pulled)).then_some(options.pull_at)
}

fn drops_extended(fault: Option<Fault>) -> bool {
    fault == Some(Fault::DropsExtended)
}

/// Whether the length of the data or of the answer is coded in three bytes (ISO/IEC 7816-4, 5.2).
fn is_extended(command: &[u8]) -> bool {
    matches!(command, [_, _, _, _, 0, _, ..])
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, f: impl FnOnce(&mut State)) {
        f(&mut self.lock());
        self.changed.notify_all();
    }
}

impl State {
    fn take_away(&mut self) {
        self.placed = false;
        if let Some(stream) = self.stream.take() {
            // Fails only if the reader hung up before.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.chip.reset();
    }
}

/// The thread's side.
struct Server {
    shared: Arc<Shared>,
    address: (String, u16),
    apdu_time: Duration,
    away: Duration,
}

impl Server {
    fn until_ended(&self) {
        while self.wait_until_placed() {
            // An error is the reader's end, ours is `ended`; either way the loop asks what is
            // wanted now.
            let _ = self.lie_on_reader();
            self.away();
        }
    }

    /// False at the end.
    fn wait_until_placed(&self) -> bool {
        let wait = |state: &mut State| !state.placed && !state.ended;
        let state = self.shared.changed.wait_while(self.shared.lock(), wait);
        !state.unwrap_or_else(PoisonError::into_inner).ended
    }

    /// Lets the time pass that a document is away at least.
    fn away(&self) {
        self.wait(self.away, |state| !state.ended);
    }

    /// Lets the time pass that the chip takes, less if the document is taken away.
    fn think(&self) {
        self.wait(self.apdu_time, |state| state.placed && !state.ended);
    }

    fn wait(&self, time: Duration, still: impl Fn(&State) -> bool) {
        let (lock, changed) = (self.shared.lock(), &self.shared.changed);
        drop(changed.wait_timeout_while(lock, time, |state| still(state)));
    }

    fn lie_on_reader(&self) -> io::Result<()> {
        let (host, port) = &self.address;
        let mut stream = TcpStream::connect((host.as_str(), *port))?;
        stream.set_nodelay(true)?;
        {
            let mut state = self.shared.lock();
            if !state.placed {
                return Ok(()); // taken away meanwhile
            }
            state.stream = Some(stream.try_clone()?);
        }
        let (mut inbox, mut bytes) = (Inbox::default(), [0; 4096]);
        loop {
            let count = stream.read(&mut bytes)?;
            if count == 0 {
                return Ok(());
            }
            inbox.push(&bytes[..count]);
            while let Some(request) = inbox.next() {
                if let Some(answer) = self.answer(request) {
                    stream.write_all(&answer)?;
                }
            }
        }
    }

    fn answer(&self, request: Request) -> Option<Vec<u8>> {
        match request {
            Request::Atr if self.shared.lock().drops_extended => message(&ATR_EXTENDED),
            Request::Atr => message(&ATR),
            Request::PowerOff | Request::PowerOn | Request::Reset => {
                self.shared.lock().chip.reset();
                None
            }
            Request::Unknown(_) => None,
            Request::Command(command) => {
                self.think();
                let mut state = self.shared.lock();
                match state.left.as_mut() {
                    Some(0) => {
                        state.take_away();
                        return None;
                    }
                    Some(left) => *left -= 1,
                    None => {}
                }
                if state.drops_extended && is_extended(&command) {
                    state.chip.reset();
                    return message(&NO_STATUS);
                }
                message(&state.chip.transmit(&command))
            }
        }
    }
}
