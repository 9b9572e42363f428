//! The driver of a contactless reader behind PC/SC: a thread that watches over the service and
//! the reader while no document is wanted, and notices, opens, reads and authenticates one
//! while it is. The same shape as [`crate::card::serial`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::access::AccessKey;
use super::link::{Reader, Trouble};
use super::pki::passive::PassivePolicy;
use super::pki::trust::TrustStore;
use super::visit::{KeySlot, Visitor};
use crate::card::CardEvent;
use crate::device::{Backoff, DeviceState, StateReporter, Switch};

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
    thread: Option<JoinHandle<()>>,
}

impl EmrtdWorker {
    /// Starts the thread. `on_state` hears every change of the reader's state, `on_event` what
    /// happens on it, both on the worker's thread.
    ///
    /// The worker starts idle; documents are looked for after [`EmrtdWorker::start_polling`].
    pub fn spawn(
        config: EmrtdReaderConfig,
        on_state: impl FnMut(DeviceState) + Send + 'static,
        on_event: impl FnMut(CardEvent) + Send + 'static,
    ) -> Self {
        let (switch, key) = (Switch::default(), KeySlot::default());
        let mut run = Run {
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
                distrust_extended: false,
            },
            config,
            states: StateReporter::new(on_state),
            switch: switch.clone(),
            backoff: Backoff::default(),
        };
        Self {
            switch,
            key,
            thread: Some(thread::spawn(move || run.until_stopped())),
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

impl Drop for EmrtdWorker {
    fn drop(&mut self) {
        self.switch.stop();
        self.key.put(None);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the travel document worker had panicked");
        }
    }
}

struct Run {
    config: EmrtdReaderConfig,
    states: StateReporter,
    visitor: Visitor,
    switch: Switch,
    backoff: Backoff,
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
            self.visitor.forget();
            self.states.set(state);
            let pause = self.backoff.pause();
            self.wait(pause);
        }
    }

    /// Finds the reader once and uses it for as long as that goes well.
    fn turn(&mut self) -> Result<(), Trouble> {
        self.states.starting();
        let mut reader = Reader::find(self.config.reader.as_deref())?;
        let mut field = reader.watch(Duration::ZERO)?;
        tracing::info!(reader = ?reader.name(), "contactless reader");
        self.states.set(DeviceState::Ready);
        self.backoff.reset();
        loop {
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

    /// A pause that a stop ends, but nothing else: a session that begins must not shorten the
    /// back-off into a busy loop.
    fn wait(&self, pause: Duration) {
        let deadline = Instant::now() + pause;
        loop {
            let wish = self.switch.get();
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
        Trouble::NoReader(_) | Trouble::Lost => DeviceState::Absent,
        Trouble::Service(source) | Trouble::Reader(source) => {
            DeviceState::Faulted(format!("{trouble}: {source}"))
        }
    }
}
