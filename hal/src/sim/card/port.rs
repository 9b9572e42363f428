//! The running simulator: a thread that connects the module to its wire and obeys its owner.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::line::Listener;
use super::module::{Answer, Module};
use super::wire::{Wire, Woken, pause, time_for};
use super::{Address, Fault, FaultNumbers, Line, SimCard, uart};
use crate::sim::plug::{Place, Plugged};

/// Bytes sent in one go; at 115,200 baud this is 1.4 ms, finer than any driver looks.
const CHUNK: usize = 16;
/// Between two attempts to reach a peer.
const KNOCK_EVERY: Duration = Duration::from_millis(200);

/// How the simulator behaves.
#[derive(Clone, Debug)]
pub struct SimulatorOptions {
    /// The card.
    pub card: SimCard,
    /// Whether it lies on the reader from the start.
    pub placed: bool,
    /// What goes wrong.
    pub fault: Option<Fault>,
    /// How much, how long, which.
    pub numbers: FaultNumbers,
    /// Speed of the module in bits per second; `None` for as fast as the machine, whatever speed
    /// the driver chooses.
    pub baud: Option<u32>,
    /// How long reading the chip takes before its contents are sent.
    pub chip_time: Duration,
    /// What its cable is.
    pub line: Line,
}

impl SimulatorOptions {
    /// A reader in good order at the usual speed, with this card beside it.
    #[must_use]
    pub fn with_card(card: SimCard) -> Self {
        Self {
            card,
            placed: false,
            fault: None,
            numbers: FaultNumbers::default(),
            baud: Some(115_200),
            chip_time: Duration::ZERO,
            line: Line::Terminal { link: None },
        }
    }
}

/// A simulated reader. Dropping it is pulling its plug.
pub struct CardSimulator {
    plugged: Plugged,
    module: Arc<Mutex<Module>>,
}

impl CardSimulator {
    /// Plugs the reader in.
    ///
    /// # Errors
    /// If there is no pseudo-terminal to be had, or the link cannot be made.
    pub fn start(options: SimulatorOptions) -> io::Result<Self> {
        let (outlet, wire, place) = plug_in(options.line)?;
        let mut module = Module::new(
            options.card,
            options.fault,
            options.numbers,
            options.chip_time,
        );
        if options.placed {
            module.place();
        }
        let module = Arc::new(Mutex::new(module));
        let (served, baud) = (Arc::clone(&module), options.baud);
        let plugged = Plugged::serve(place, move |control| {
            let mut server = Server {
                outlet,
                wire,
                control,
                module: served,
                baud,
            };
            server.until_closed();
        })?;
        Ok(Self { plugged, module })
    }

    /// The device node that a driver opens, or the address of the socket.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.plugged.path()
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

    /// From now on these numbers go with the fault.
    pub fn set_numbers(&self, change: impl FnOnce(&mut FaultNumbers)) {
        self.change(|module| module.set_numbers(change));
    }

    fn change(&self, f: impl FnOnce(&mut Module)) {
        f(&mut self.module.lock().unwrap_or_else(PoisonError::into_inner));
        self.plugged.wake();
    }
}

/// How a lost connection is replaced.
enum Outlet {
    /// Not at all: what is lost is the device.
    Terminal,
    Listen(Listener),
    Connect(Address),
}

/// The outlet, the wire if there is one at once, and what to call the place.
fn plug_in(line: Line) -> io::Result<(Outlet, Option<Wire>, Place)> {
    Ok(match line {
        Line::Terminal { link } => {
            let (wire, path) = Wire::terminal()?;
            (Outlet::Terminal, Some(wire), Place::new(path, link)?)
        }
        Line::Listen(address) => {
            let listener = Listener::bind(&address)?;
            let path = PathBuf::from(listener.address()?.to_string());
            (Outlet::Listen(listener), None, Place::new(path, None)?)
        }
        Line::Connect(address) => {
            let path = PathBuf::from(address.to_string());
            (Outlet::Connect(address), None, Place::new(path, None)?)
        }
    })
}

/// Why the server stops serving a wire.
enum End {
    /// The owner has gone, and with it the reader.
    Owner,
    /// The wire is lost.
    Wire,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Wire
    }
}

struct Server {
    outlet: Outlet,
    wire: Option<Wire>,
    control: UnixStream,
    module: Arc<Mutex<Module>>,
    baud: Option<u32>,
}

impl Server {
    fn until_closed(&mut self) {
        loop {
            while let Some(wire) = self.wire.take() {
                match self.turn(&wire) {
                    Ok(()) => self.wire = Some(wire),
                    Err(End::Owner) => return,
                    Err(End::Wire) => {}
                }
            }
            match self.rewire() {
                Ok(wire) => self.wire = wire,
                Err(_) => return,
            }
        }
    }

    /// Waits for the next peer for a while; the end of the reader where there can be none.
    fn rewire(&mut self) -> Result<Option<Wire>, End> {
        let control = self.control.as_fd();
        let (woken, found) = match &self.outlet {
            Outlet::Terminal => return Err(End::Wire),
            Outlet::Listen(listener) => match pause(control, Some(listener.as_fd()), None)? {
                Woken::Bytes => (Woken::Bytes, listener.accept()),
                other => (other, Err(io::ErrorKind::WouldBlock.into())),
            },
            Outlet::Connect(address) => match address.connect() {
                Ok(socket) => (Woken::Bytes, Ok(socket)),
                Err(error) => (pause(control, None, Some(KNOCK_EVERY))?, Err(error)),
            },
        };
        if woken == Woken::Control {
            self.hear()?;
        }
        // A peer that went before it was let in is no end.
        Ok(found.and_then(Wire::socket).ok())
    }

    fn turn(&mut self, wire: &Wire) -> Result<(), End> {
        if wire.wait(self.control.as_fd())? == Woken::Control {
            return self.hear();
        }
        let mut bytes = [0; 256];
        let count = wire.read(&mut bytes)?;
        let mut bytes = bytes[..count].to_vec();
        if let Some((own, peer)) = self.speeds(wire) {
            bytes = uart::received(&bytes, peer, own);
        }
        for byte in bytes {
            let answer = self.with_module(|m| m.push(byte));
            if let Some(answer) = answer {
                self.send(wire, answer)?;
            }
        }
        Ok(())
    }

    /// Our speed and the driver's, where both have one.
    fn speeds(&self, wire: &Wire) -> Option<(u32, u32)> {
        self.baud.zip(wire.peer_baud())
    }

    /// Sends an answer at the pace of the wire, until a card is pulled.
    fn send(&mut self, wire: &Wire, mut answer: Answer) -> Result<(), End> {
        let begin = Instant::now() + answer.delay;
        if let Some((own, peer)) = self.speeds(wire) {
            answer.bytes = uart::received(&answer.bytes, own, peer);
        }
        let all = answer.bytes.len();
        let end = answer.pulled_at.unwrap_or(all).min(all);
        let chunk = if answer.byte_gap.is_zero() { CHUNK } else { 1 };
        let mut sent = 0;
        while sent < end {
            let next = (sent + chunk).min(end);
            // Bytes are there when their last bit is.
            let gaps = u32::try_from(next).unwrap_or(u32::MAX) * answer.byte_gap;
            self.wait_until(begin + time_for(next, self.baud) + gaps)?;
            let removals = self.with_module(|m| m.removals());
            if answer.while_removals.is_some_and(|r| r != removals) {
                return self.break_off(wire, sent);
            }
            wire.write(&answer.bytes[sent..next])?;
            sent = next;
        }
        if answer.pulled_at.is_some() {
            self.with_module(Module::remove);
        }
        if let (Some(now), Some(next)) = (&mut self.baud, answer.then_baud) {
            *now = next;
        }
        Ok(())
    }

    /// Somebody took the card away: before its contents were sent the module says so, in the
    /// middle of them it falls silent.
    fn break_off(&mut self, wire: &Wire, sent: usize) -> Result<(), End> {
        if sent > 0 {
            return Ok(());
        }
        let answer = self.with_module(Module::read_failed);
        Ok(wire.write(&answer.bytes)?)
    }

    fn wait_until(&mut self, time: Instant) -> Result<(), End> {
        loop {
            let left = time.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            if pause(self.control.as_fd(), None, Some(left))? == Woken::Control {
                self.hear()?;
            }
        }
    }

    /// Takes the owner's wake-up call; its end is ours.
    fn hear(&mut self) -> Result<(), End> {
        match self.control.read(&mut [0; 16]) {
            Ok(0) | Err(_) => Err(End::Owner),
            Ok(_) => Ok(()),
        }
    }

    fn with_module<T>(&self, f: impl FnOnce(&mut Module) -> T) -> T {
        f(&mut self.module.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
