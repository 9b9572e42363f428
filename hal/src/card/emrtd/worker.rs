//! The driver of a contactless reader behind PC/SC: a thread that watches over the service and
//! the reader while no document is wanted, and notices, opens, reads and authenticates one
//! while it is.

use std::sync::Arc;
use std::time::Duration;

use super::access::AccessKey;
use super::link::{Reader, Trouble};
use super::pki::passive::PassivePolicy;
use super::pki::trust::TrustStore;
use super::visit::{KeySlot, Visitor};
use crate::card::CardEvent;
use crate::device::{DeviceState, Switch};
use crate::worker::{Driver, Health, Worker, faulted};

/// Which reader, whom to trust, and how patient to be.
#[derive(Clone, Debug)]
pub struct EmrtdReaderConfig {
    /// Part of the reader's name at the service; the first reader where it is `None`.
    pub reader: Option<String>,
    /// Whose documents are authentic.
    pub trust: Arc<TrustStore>,
    /// How strict to be about them.
    pub policy: PassivePolicy,
    /// Longest wait for a change at the reader; bounds how long a stop or a new key waits.
    pub poll_every: Duration,
    /// After a document could not be read, until it is read again if it stays where it is.
    pub retry_after: Duration,
}

impl EmrtdReaderConfig {
    /// The first reader, with the usual patience.
    #[must_use]
    pub fn trusting(trust: Arc<TrustStore>) -> Self {
        Self {
            reader: None,
            trust,
            policy: PassivePolicy::default(),
            poll_every: Duration::from_millis(200),
            retry_after: Duration::from_millis(2000),
        }
    }
}

/// A supervised reader of travel documents. Dropping it ends the thread.
pub struct EmrtdWorker {
    switch: Switch,
    key: KeySlot,
    _worker: Worker,
}

impl EmrtdWorker {
    /// Starts the thread. `on_state` hears every change of the reader's state, `on_event` what
    /// happens on it, both on the worker's thread; that it hangs, on another.
    ///
    /// The worker starts idle; documents are looked for after [`EmrtdWorker::start_polling`].
    pub fn spawn(
        config: EmrtdReaderConfig,
        on_state: impl FnMut(DeviceState) + Send + 'static,
        on_event: impl FnMut(CardEvent) + Send + 'static,
    ) -> Self {
        let (switch, key) = (Switch::default(), KeySlot::default());
        let run = Run {
            visitor: Visitor {
                trust: config.trust.clone(),
                policy: config.policy,
                retry_after: config.retry_after,
                switch: switch.clone(),
                key: key.clone(),
                on_event: Box::new(on_event),
                present: None,
                key_asked: false,
                not_before: None,
                extended_failed_in: None,
            },
            config,
            switch: switch.clone(),
        };
        let (stop, used) = (switch.clone(), key.clone());
        let stop = move || {
            stop.stop();
            used.put(None);
        };
        Self {
            switch,
            key,
            _worker: Worker::spawn(run, Health::new(on_state), stop),
        }
    }

    /// Looks for a document from now on, until one has been read or
    /// [`EmrtdWorker::stop_polling`]. Where the numbers that open it are known already, they
    /// are used; otherwise [`CardEvent::KeyNeeded`] asks for them.
    pub fn start_polling(&self, key: Option<AccessKey>) {
        self.key.put(key);
        self.switch.set_active(true);
    }

    /// Gives the numbers that open the document. Used until the document is read, they turn out
    /// wrong, or nobody wants a document any more.
    pub fn open_with(&self, key: AccessKey) {
        self.key.put(Some(key));
    }

    /// Looks for no document any more; one that is being read is dropped, and so are its
    /// numbers.
    pub fn stop_polling(&self) {
        self.switch.set_active(false);
        self.key.put(None);
    }
}

struct Run {
    config: EmrtdReaderConfig,
    visitor: Visitor,
    switch: Switch,
}

impl Driver for Run {
    type Trouble = Trouble;
    const NAME: &'static str = "travel-document";
    /// One document: a slow chip with a large portrait takes half a minute, and is asked again.
    const LONGEST: Duration = Duration::from_secs(120);

    fn is_stopped(&self) -> bool {
        self.switch.get().stop
    }

    /// Finds the reader once and uses it for as long as that goes well.
    fn turn(&mut self, health: &mut Health) -> Result<(), Trouble> {
        health.starting();
        let mut reader = Reader::find(self.config.reader.as_deref())?;
        let mut field = reader.watch(Duration::ZERO)?;
        tracing::info!(reader = ?reader.name(), "contactless reader");
        health.ready();
        loop {
            health.alive();
            let wish = self.switch.get();
            if wish.stop {
                return Ok(());
            }
            if wish.active {
                self.visitor.look(&reader, field, wish)?;
            } else {
                self.visitor.forget();
            }
            field = reader.watch(self.config.poll_every)?;
        }
    }

    fn state_after(trouble: &Trouble) -> DeviceState {
        match trouble {
            Trouble::NoReader(_) | Trouble::Lost => DeviceState::Absent,
            other => faulted(other),
        }
    }

    fn failed(&mut self) {
        self.visitor.forget();
    }

    fn rest(&mut self, pause: Duration) {
        self.switch.rest(pause);
    }
}
