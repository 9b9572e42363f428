//! The driver of a GA 467 reader on a serial line: a thread that keeps the line open, watches
//! over the reader while no card is wanted, and looks for a card, reads it and reports it while
//! one is.

use std::path::PathBuf;
use std::time::Duration;

use super::CardEvent;
use super::ga467::{Baud, Command, SamNumber, Sw3};
use super::link::{Link, Trouble, is_missing};
use super::speed::{self, LineSpeed};
pub use super::timings::Timings;
use super::visit::Visitor;
use crate::device::{DeviceState, Switch};
use crate::worker::{Driver, Health, Worker, faulted, faulted_with};

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
    /// The number of the module that belongs here, as [`SamNumber`] shows it; another one is not used.
    pub sam: Option<String>,
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
            sam: None,
            timings: Timings::default(),
        }
    }
}

/// A supervised card reader. Dropping it closes the port and ends the thread.
pub struct CardWorker {
    switch: Switch,
    _worker: Worker,
}

impl CardWorker {
    /// Starts the thread. `on_state` hears every change of the reader's state, `on_event` what
    /// happens on it, both on the worker's thread; that it hangs, on another.
    ///
    /// The worker starts idle: it opens the port and watches over the reader. Cards are looked
    /// for after [`CardWorker::start_polling`].
    pub fn spawn(
        config: CardReaderConfig,
        on_state: impl FnMut(DeviceState) + Send + 'static,
        on_event: impl FnMut(CardEvent) + Send + 'static,
    ) -> Self {
        let switch = Switch::default();
        let run = Run {
            visitor: Visitor::new(&config, switch.clone(), Box::new(on_event)),
            config,
            switch: switch.clone(),
            baud: None,
            was_reset: false,
        };
        let stop = switch.clone();
        Self {
            switch,
            _worker: Worker::spawn(run, Health::new(on_state), move || stop.stop()),
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

struct Run {
    config: CardReaderConfig,
    visitor: Visitor,
    switch: Switch,
    /// The speed that was found last: the likeliest one next time.
    baud: Option<Baud>,
    /// It was reset and has not been well since.
    was_reset: bool,
}

impl Driver for Run {
    type Trouble = Trouble;
    const NAME: &'static str = "card-reader";
    /// One card: six commands of at most 7 s, the three long ones asked for up to three times.
    const LONGEST: Duration = Duration::from_secs(90);

    fn is_stopped(&self) -> bool {
        self.switch.get().stop
    }

    fn turn(&mut self, health: &mut Health) -> Result<(), Trouble> {
        match self.use_line(health) {
            // What nobody waits for any more is no trouble.
            Err(Trouble::Cancelled) if self.is_stopped() => Ok(()),
            ended => ended,
        }
    }

    fn state_after(trouble: &Trouble) -> DeviceState {
        match trouble {
            Trouble::Lost(_) => DeviceState::Absent,
            Trouble::Open { source, .. } if is_missing(source) => DeviceState::Absent,
            other => match other.for_technician() {
                Some(advice) => faulted_with(other, advice),
                None => faulted(other),
            },
        }
    }

    fn rest(&mut self, pause: Duration) {
        self.switch.rest(pause);
    }
}

impl Run {
    /// Opens the port once and uses it for as long as that goes well.
    fn use_line(&mut self, health: &mut Health) -> Result<(), Trouble> {
        health.starting();
        let mut link = self.connect()?;
        self.check(&mut link)?;
        self.introduce(&mut link)?;
        health.ready();
        loop {
            health.alive();
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
            let answer = self.config.timings.detect;
            let mut baud = speed::detect(&mut link, self.baud, answer, &mut go_on)?;
            if raise {
                baud = speed::raise(&mut link, baud, answer, &mut go_on)?;
            }
            tracing::info!(baud = baud.bits_per_second(), "card reader speed");
            self.baud = Some(baud);
        }
        Ok(link)
    }

    /// Asks the module whether it is well. One that says no is reset, once: its self-test may have come
    /// out badly for a reason that is gone.
    fn check(&mut self, link: &mut Link) -> Result<(), Trouble> {
        let mut status = self.status(link)?;
        if matches!(status, Sw3::SelfTestFailed | Sw3::Other(_)) && !self.was_reset {
            self.was_reset = true;
            self.reset(link)?;
            status = self.status(link)?;
        }
        match status {
            Sw3::Ok => {
                self.was_reset = false;
                Ok(())
            }
            other => Err(Trouble::Sick(other)),
        }
    }

    /// Its status; a damaged answer is asked for once more.
    fn status(&self, link: &mut Link) -> Result<Sw3, Trouble> {
        let limits = self.config.timings.limits(Command::Status);
        let mut ask = || link.exchange(Command::Status, limits, &mut |_| !self.is_stopped());
        let answer = match ask() {
            Err(Trouble::Garbled | Trouble::Oversized(_)) => ask(),
            other => other,
        }?;
        Ok(answer.sw3())
    }

    /// What the module answers to it is asked for afterwards, by its status.
    fn reset(&self, link: &mut Link) -> Result<(), Trouble> {
        tracing::warn!("the card reader's module is reset");
        let limits = self.config.timings.limits(Command::Reset);
        match link.exchange(Command::Reset, limits, &mut |_| !self.is_stopped()) {
            Err(lost @ (Trouble::Lost(_) | Trouble::Cancelled)) => Err(lost),
            _ => Ok(()),
        }
    }

    /// Notes the module's number for the technician, and holds it against the one in the settings.
    /// Without one there, modules that tell no number are none the worse.
    fn introduce(&mut self, link: &mut Link) -> Result<(), Trouble> {
        let limits = self.config.timings.limits(Command::SamNumber);
        let number = match link.exchange(Command::SamNumber, limits, &mut |_| !self.is_stopped()) {
            Ok(answer) => SamNumber::parse(answer.data()),
            Err(lost @ (Trouble::Lost(_) | Trouble::Open { .. } | Trouble::Cancelled)) => {
                return Err(lost);
            }
            // What was not heard is asked for again, before anybody is suspected.
            Err(trouble) if self.config.sam.is_some() => return Err(trouble),
            Err(_) => None,
        };
        let found = number.map_or_else(|| String::from("not told"), |number| number.to_string());
        tracing::info!(number = found, "card reader module");
        match &self.config.sam {
            Some(wanted) if *wanted != found => Err(Trouble::OtherModule { found }),
            _ => Ok(()),
        }
    }
}
