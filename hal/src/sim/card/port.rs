//! The running simulator: a thread that connects the module to its wire and obeys its owner.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::module::{Answer, Module};
use super::wire::{Wire, Woken, time_for};
use super::{Fault, SimCard};

/// Bytes sent in one go; at 115,200 baud this is 1.4 ms, finer than any driver looks.
const CHUNK: usize = 16;

/// How the simulator behaves.
#[derive(Clone, Debug)]
pub struct SimulatorOptions {
    /// The card.
    pub card: SimCard,
    /// Whether it lies on the reader from the start.
    pub placed: bool,
    /// What goes wrong.
    pub fault: Option<Fault>,
    /// With [`Fault::PulledMidRead`]: after how many bytes of the contents (default: half).
    pub pull_at: Option<usize>,
    /// Speed of the wire in bits per second; `None` for as fast as the machine.
    pub baud: Option<u32>,
    /// How long reading the chip takes before its contents are sent.
    pub chip_time: Duration,
    /// A symbolic link to the device node, so that its name is known beforehand.
    pub link: Option<PathBuf>,
}

impl SimulatorOptions {
    /// A reader in good order at the usual speed, with this card beside it.
    #[must_use]
    pub fn with_card(card: SimCard) -> Self {
        Self {
            card,
            placed: false,
            fault: None,
            pull_at: None,
            baud: Some(115_200),
            chip_time: Duration::ZERO,
            link: None,
        }
    }
}

/// A simulated reader. Dropping it is pulling its plug.
pub struct CardSimulator {
    path: PathBuf,
    link: Option<PathBuf>,
    control: UnixStream,
    module: Arc<Mutex<Module>>,
    thread: Option<JoinHandle<()>>,
}

/// What the owner says to the thread; the byte itself carries no more than "look".
const WAKE: u8 = 0;

impl CardSimulator {
    /// Plugs the reader in.
    ///
    /// # Errors
    /// If there is no pseudo-terminal to be had, or the link cannot be made.
    pub fn start(options: SimulatorOptions) -> io::Result<Self> {
        let wire = Wire::open()?;
        let path = wire.path().to_owned();
        if let Some(link) = &options.link {
            relink(&path, link)?;
        }
        let mut module = Module::new(
            options.card,
            options.fault,
            options.pull_at,
            options.chip_time,
        );
        if options.placed {
            module.place();
        }
        let module = Arc::new(Mutex::new(module));
        let (control, other) = UnixStream::pair()?;
        let mut server = Server {
            wire,
            control: other,
            module: Arc::clone(&module),
            baud: options.baud,
        };
        let thread = thread::spawn(move || server.until_closed());
        Ok(Self {
            path,
            link: options.link,
            control,
            module,
            thread: Some(thread),
        })
    }

    /// The device node that a driver opens.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.link.as_deref().unwrap_or(&self.path)
    }

    /// Puts the card on the reader.
    pub fn place(&self) {
        self.change(Module::place);
    }

    /// Takes the card away, at once, even while it is being read.
    pub fn remove(&self) {
        self.change(Module::remove);
    }

    /// From now on something goes wrong, or nothing any more.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.change(|module| module.set_fault(fault));
    }

    fn change(&self, f: impl FnOnce(&mut Module)) {
        f(&mut self.module.lock().unwrap_or_else(PoisonError::into_inner));
        // If nobody hears it, the thread has ended, and with it the reader.
        let _ = (&self.control).write_all(&[WAKE]);
    }
}

impl Drop for CardSimulator {
    fn drop(&mut self) {
        let _ = self.control.shutdown(std::net::Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // Only our own link: a successor may have taken its place.
        if let Some(link) = &self.link
            && fs::read_link(link).is_ok_and(|target| target == self.path)
        {
            let _ = fs::remove_file(link);
        }
    }
}

/// Puts a link in place in one step, so that nobody ever finds it missing.
pub(in crate::sim) fn relink(target: &Path, link: &Path) -> io::Result<()> {
    let mut draft = link.to_owned().into_os_string();
    draft.push(format!(".{}", std::process::id()));
    let _ = fs::remove_file(&draft);
    symlink(target, &draft)?;
    fs::rename(&draft, link)
}

struct Server {
    wire: Wire,
    control: UnixStream,
    module: Arc<Mutex<Module>>,
    baud: Option<u32>,
}

impl Server {
    fn until_closed(&mut self) {
        // The end of the control stream, or of the wire, is the end of the reader.
        while self.turn().is_ok() {}
    }

    fn turn(&mut self) -> io::Result<()> {
        if self.wire.wait(self.control.as_fd(), None)? == Woken::Control {
            return self.hear();
        }
        let mut bytes = [0; 256];
        let count = self.wire.read(&mut bytes)?;
        for byte in &bytes[..count] {
            let answer = self.with_module(|m| m.push(*byte));
            if let Some(answer) = answer {
                self.send(&answer)?;
            }
        }
        Ok(())
    }

    /// Sends an answer at the pace of the wire, until a card is pulled.
    fn send(&mut self, answer: &Answer) -> io::Result<()> {
        let begin = Instant::now() + answer.delay;
        let end = answer.pulled_at.unwrap_or(answer.bytes.len());
        let mut sent = 0;
        while sent < end {
            let next = (sent + CHUNK).min(end);
            // Bytes are there when their last bit is.
            self.wait_until(begin + time_for(next, self.baud))?;
            let removals = self.with_module(|m| m.removals());
            if answer.while_removals.is_some_and(|r| r != removals) {
                return self.break_off(sent);
            }
            self.wire.write(&answer.bytes[sent..next])?;
            sent = next;
        }
        if answer.pulled_at.is_some() {
            self.with_module(Module::remove);
        }
        Ok(())
    }

    /// Somebody took the card away: before its contents were sent the module says so, in the
    /// middle of them it falls silent.
    fn break_off(&mut self, sent: usize) -> io::Result<()> {
        if sent > 0 {
            return Ok(());
        }
        let answer = self.with_module(Module::read_failed);
        self.wire.write(&answer.bytes)
    }

    fn wait_until(&mut self, time: Instant) -> io::Result<()> {
        loop {
            let left = time.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            if self.wire.pause(self.control.as_fd(), left)? == Woken::Control {
                self.hear()?;
            }
        }
    }

    /// Takes the owner's wake-up call; its end is ours.
    fn hear(&mut self) -> io::Result<()> {
        match self.control.read(&mut [0; 16])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    fn with_module<T>(&self, f: impl FnOnce(&mut Module) -> T) -> T {
        f(&mut self.module.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
