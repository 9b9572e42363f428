//! The driver of a GA 467 reader on a serial line: a thread that keeps the line open, watches
//! over the reader while no card is wanted, and looks for a card, reads it and reports it while
//! one is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::CardEvent;
use super::ga467::{Baud, Command, SamNumber, Sw3};
use super::link::{Link, Trouble};
use super::speed::{self, LineSpeed};
pub use super::timings::Timings;
use super::visit::Visitor;
use crate::device::{Backoff, DeviceState, StateReporter, Switch, Wish};

/// Where the reader is and how patient to be with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardReaderConfig {
    /// The serial port; a path that survives a replug, as under `/dev/serial/by-id`, is best.
    pub port: PathBuf,
    /// Speed of the line; 115,200 unless the module was told otherwise.
    pub speed: LineSpeed,
    /// Ask for the address that may have been written onto the chip after the card was printed.
    pub newest_address: bool,
    /// Read the fingerprints, too, to know whether there are any; they are zeroed unseen.
    pub fingerprints: bool,
    /// How long to wait for what.
    pub timings: Timings,
}

impl CardReaderConfig {
    /// A reader on this port with the usual speed and timings.
    pub fn on(port: impl Into<PathBuf>) -> Self {
        Self {
            port: port.into(),
            speed: LineSpeed::Fixed(115_200),
            newest_address: true,
            fingerprints: false,
            timings: Timings::default(),
        }
    }
}

/// A supervised card reader. Dropping it closes the port and ends the thread.
pub struct CardWorker {
    switch: Switch,
    thread: Option<JoinHandle<()>>,
}

impl CardWorker {
    /// Starts the thread. `on_state` hears every change of the reader's state, `on_event` what
    /// happens on it, both on the worker's thread.
    ///
    /// The worker starts idle: it opens the port and watches over the reader. Cards are looked
    /// for after [`CardWorker::start_polling`].
    pub fn spawn(
        config: CardReaderConfig,
        on_state: impl FnMut(DeviceState) + Send + 'static,
        on_event: impl FnMut(CardEvent) + Send + 'static,
    ) -> Self {
        let switch = Switch::default();
        let mut run = Run {
            visitor: Visitor::new(&config, switch.clone(), Box::new(on_event)),
            config,
            states: StateReporter::new(on_state),
            switch: switch.clone(),
            backoff: Backoff::default(),
            baud: None,
        };
        let thread = thread::spawn(move || run.until_stopped());
        Self {
            switch,
            thread: Some(thread),
        }
    }

    /// Looks for a card from now on, until one has been read or [`CardWorker::stop_polling`].
    pub fn start_polling(&self) {
        self.switch.set_active(true);
    }

    /// Looks for no card any more; one that is being read is dropped. No event comes after this
    /// for what began before it, except one that is being handed over at this very moment.
    pub fn stop_polling(&self) {
        self.switch.set_active(false);
    }
}

impl Drop for CardWorker {
    fn drop(&mut self) {
        self.switch.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the card reader worker had panicked");
        }
    }
}

struct Run {
    config: CardReaderConfig,
    states: StateReporter,
    visitor: Visitor,
    switch: Switch,
    backoff: Backoff,
    /// The speed that was found last: the likeliest one next time.
    baud: Option<Baud>,
}

impl Run {
    fn until_stopped(&mut self) {
        while !self.switch.get().stop {
            let turn = catch_unwind(AssertUnwindSafe(|| self.turn()));
            let state = match turn {
                Ok(Ok(())) => continue,
                Ok(Err(trouble)) => {
                    let state = state_after(&trouble);
                    if self.states.is_news(&state) {
                        tracing::warn!(error = &trouble as &dyn std::error::Error, "reader failed");
                    }
                    state
                }
                Err(_) => DeviceState::Faulted(String::from("the driver panicked")),
            };
            self.states.set(state);
            let pause = self.backoff.pause();
            self.wait(pause);
        }
    }

    /// Opens the port once and uses it for as long as that goes well.
    fn turn(&mut self) -> Result<(), Trouble> {
        self.states.starting();
        let mut link = self.connect()?;
        self.check(&mut link)?;
        self.introduce(&mut link)?;
        self.states.set(DeviceState::Ready);
        self.backoff.reset();
        loop {
            let wish = self.switch.get();
            if wish.stop {
                return Ok(());
            }
            if wish.active {
                self.visitor.look(&mut link, wish)?;
                self.switch
                    .wait_for_change(wish, self.config.timings.poll_every);
            } else {
                self.visitor.forget();
                if self
                    .switch
                    .wait_for_change(wish, self.config.timings.heartbeat)
                    == wish
                {
                    self.check(&mut link)?;
                }
            }
        }
    }

    /// Opens the line at the module's speed.
    fn connect(&mut self) -> Result<Link, Trouble> {
        let speed = self.config.speed;
        let mut link = Link::open(&self.config.port, speed.first(self.baud))?;
        if let LineSpeed::Detect { raise } = speed {
            let mut go_on = || !self.switch.get().stop;
            let mut baud = speed::detect(&mut link, self.baud, &mut go_on)?;
            if raise {
                baud = speed::raise(&mut link, baud, &mut go_on)?;
            }
            tracing::info!(baud = baud.bits_per_second(), "card reader speed");
            self.baud = Some(baud);
        }
        Ok(link)
    }

    /// Asks the module whether it is well; a damaged answer is asked for once more.
    fn check(&mut self, link: &mut Link) -> Result<(), Trouble> {
        let limits = self.config.timings.limits(Command::Status);
        let mut ask = || link.exchange(Command::Status, limits, &mut |_| true);
        let answer = match ask() {
            Err(Trouble::Garbled | Trouble::Oversized(_)) => ask(),
            other => other,
        }?;
        match answer.sw3() {
            Sw3::Ok => Ok(()),
            other => Err(Trouble::Sick(other)),
        }
    }

    /// Notes the module's number for the technician; modules without one are none the worse.
    fn introduce(&mut self, link: &mut Link) -> Result<(), Trouble> {
        let limits = self.config.timings.limits(Command::SamNumber);
        match link.exchange(Command::SamNumber, limits, &mut |_| true) {
            Ok(answer) => {
                if let Some(number) = SamNumber::parse(answer.data()) {
                    tracing::info!(%number, "card reader module");
                }
                Ok(())
            }
            Err(lost @ (Trouble::Lost(_) | Trouble::Open { .. })) => Err(lost),
            Err(_) => Ok(()),
        }
    }

    /// A pause that a stop ends, but nothing else: a session that begins must not shorten the
    /// back-off into a busy loop.
    fn wait(&self, pause: Duration) {
        let deadline = Instant::now() + pause;
        loop {
            let wish: Wish = self.switch.get();
            let left = deadline.saturating_duration_since(Instant::now());
            if wish.stop || left.is_zero() {
                return;
            }
            self.switch.wait_for_change(wish, left);
        }
    }
}

fn state_after(trouble: &Trouble) -> DeviceState {
    match trouble {
        Trouble::Lost(_) => DeviceState::Absent,
        Trouble::Open { source, .. } if is_missing(source) => DeviceState::Absent,
        other => DeviceState::Faulted(describe(other)),
    }
}

fn is_missing(error: &serialport::Error) -> bool {
    use serialport::ErrorKind::{Io, NoDevice};
    matches!(error.kind(), NoDevice | Io(std::io::ErrorKind::NotFound))
}

fn describe(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
