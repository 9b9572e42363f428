//! The log's ledger at work beside the kiosk: a thread of its own that waits for networks, so that
//! no resident ever does. It holds the store only for single reads and writes of the outbox.
//!
//! In: the settings and the store. Out: records, one whenever something changes.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use attestation::chain::{Account, AccountError, EvmLedger, SettingsError};
use attestation::ledger::{
    Anchor, Embedded, Happening, Ledger, LedgerId, Outbox, Pending, Progress, State, Submission,
};
use attestation::merkle::Hash;
use attestation::{Log, LogError};
use hal::clock::monotonic_now;

use crate::commands::hex;
use crate::config::Config;
use crate::errors::chain;
use crate::eyes::Farewell;
use crate::provision::{ProvisionError, StateFolder};
use crate::record::Record;
use crate::shell::Inbox;
use crate::store::Store;

/// How long to wait after the log could not be used; the store's own watch reports that trouble.
const AFTER_LOG_TROUBLE: Duration = Duration::from_secs(10);

/// Why there is no ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The sender's key.
    #[error("the key that this kiosk sends transactions with cannot be used")]
    Key(#[from] ProvisionError),
    /// The sender's key is not one.
    #[error("the key that this kiosk sends transactions with is damaged")]
    Account(#[from] AccountError),
    /// The settings.
    #[error("the settings of the ledger cannot be used")]
    Settings(#[from] SettingsError),
}

/// The ledger that the settings name, for the log with this origin.
pub fn open(config: &Config, origin: &str) -> Result<Box<dyn Ledger + Send>, LedgerError> {
    let Some(settings) = config.ledger.on_chain() else {
        return Ok(Box::new(Embedded));
    };
    let sender = sender(&StateFolder::of(config))?;
    Ok(Box::new(EvmLedger::new(settings.clone(), sender, origin)?))
}

/// The account that this kiosk sends from; made when it is asked for first.
pub fn sender(state: &StateFolder) -> Result<Account, LedgerError> {
    Ok(Account::from_secret(&*state.sender_key()?)?)
}

/// The ledger on its thread; ends with the value.
pub struct LedgerWorker {
    /// Nothing is sent: its end is the news.
    _running: Sender<()>,
}

impl LedgerWorker {
    /// Starts to anchor.
    pub fn spawn(
        mut ledger: Box<dyn Ledger + Send>,
        store: Arc<Mutex<Store>>,
        inbox: Inbox,
    ) -> Self {
        let (running, stopped) = channel::<()>();
        thread::spawn(move || {
            let _farewell = Farewell(inbox.clone(), "the ledger's worker panicked");
            let mut outbox = SharedOutbox(store);
            let mut reporter = Reporter::new(inbox);
            loop {
                let wait = match ledger.step(&mut outbox, monotonic_now()) {
                    Ok(progress) => reporter.report(progress),
                    Err(error) => {
                        tracing::warn!(error = %chain(&error), "the ledger cannot use the log");
                        AFTER_LOG_TROUBLE
                    }
                };
                // Not joined: it may be waiting for a network, and nothing is lost if it just ends.
                if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        Self { _running: running }
    }
}

/// Turns what a step found into records, each piece of news once.
struct Reporter {
    inbox: Inbox,
    known: Option<&'static str>,
}

impl Reporter {
    fn new(inbox: Inbox) -> Self {
        Self { inbox, known: None }
    }

    /// When to go on.
    fn report(&mut self, progress: Progress) -> Duration {
        for happening in &progress.happened {
            if let Some(record) = record(happening) {
                self.inbox.record(record);
            }
        }
        let (state, detail) = words(&progress.state);
        if self.known.replace(state) != Some(state) {
            let waiting = progress.waiting;
            tracing::info!(state, waiting, "ledger");
            self.inbox.record(Record::Ledger {
                state,
                waiting,
                detail,
            });
        }
        progress.again_after
    }
}

fn record(happening: &Happening) -> Option<Record> {
    Some(match happening {
        Happening::Submitted { size, transaction } => Record::Submitted {
            size: *size,
            transaction: hex(transaction),
        },
        Happening::Confirmed(anchor) => Record::Anchored {
            size: anchor.size,
            sequence: anchor.sequence,
            block: anchor.block,
        },
        Happening::Withdrawn { size } => Record::AnchorWithdrawn { size: *size },
        Happening::SentAgain { .. } => return None,
    })
}

fn words(state: &State) -> (&'static str, String) {
    let name = match state {
        State::Settled => "settled",
        State::Collecting => "collecting",
        State::Submitted => "submitted",
        State::Confirming => "confirming",
        State::Hindered(hindrance) => return (hindrance.as_code(), hindrance.to_string()),
    };
    (name, String::new())
}

/// The store's outbox, locked for one call at a time.
struct SharedOutbox(Arc<Mutex<Store>>);

impl SharedOutbox {
    fn with<T>(&self, call: impl FnOnce(&mut Log) -> T) -> T {
        // A poisoned lock hides nothing: the log's transactions are whole or not there.
        let mut store: MutexGuard<'_, Store> =
            self.0.lock().unwrap_or_else(PoisonError::into_inner);
        call(store.log_mut())
    }
}

impl Outbox for SharedOutbox {
    fn pending(&mut self, ledger: &LedgerId) -> Result<Pending, LogError> {
        self.with(|log| log.pending(ledger))
    }

    fn root_of(&mut self, size: u64) -> Result<Option<Hash>, LogError> {
        self.with(|log| log.root_of(size))
    }

    fn keep(&mut self, ledger: &LedgerId, submission: &Submission) -> Result<(), LogError> {
        self.with(|log| log.keep(ledger, submission))
    }

    fn confirm(&mut self, ledger: &LedgerId, anchor: &Anchor) -> Result<(), LogError> {
        self.with(|log| log.confirm(ledger, anchor))
    }

    fn withdraw(&mut self, ledger: &LedgerId, size: u64) -> Result<(), LogError> {
        self.with(|log| log.withdraw(ledger, size))
    }

    fn trim(&mut self) -> Result<(), LogError> {
        self.with(Log::trim)
    }
}
