//! The card reader of this kiosk, whichever kind it is, with the document scanner beside it.

use std::sync::Arc;

use hal::card::emrtd::access::AccessKey;
use hal::card::emrtd::pki::passive::PassivePolicy;
use hal::card::emrtd::pki::trust::{TrustError, TrustStore};
use hal::card::emrtd::worker::{EmrtdReaderConfig, EmrtdWorker};
use hal::card::mrz_scanner::{MrzScannerConfig, MrzScannerWorker};
use hal::card::serial::{CardReaderConfig, CardWorker};

use crate::card_desk::{self, TurnCell};
use crate::config::{self, ReaderKind};
use crate::session::Device;
use crate::shell::Inbox;

/// A card reader.
pub enum CardReader {
    /// A GA 467 module on a serial line.
    Serial(CardWorker),
    /// A contactless reader behind PC/SC, and the scanner that reads what opens its documents.
    Documents(EmrtdWorker, Option<MrzScannerWorker>),
}

/// A card reader that can be started: whatever may be missing is loaded.
pub struct ReaderSource(Source);

enum Source {
    Serial(Box<CardReaderConfig>),
    Documents(Box<EmrtdReaderConfig>, Option<MrzScannerConfig>),
}

impl ReaderSource {
    /// The reader of these settings.
    ///
    /// # Errors
    /// [`TrustError`] when the folder of trusted authorities cannot be used: a kiosk that trusts
    /// nobody would refuse everybody.
    pub fn load(settings: &config::CardReader) -> Result<Self, TrustError> {
        if let Some(unused) = settings.unused_scanner() {
            tracing::warn!("{}", unused.join(" "));
        }
        Ok(Self(match settings.kind {
            ReaderKind::Serial => Source::Serial(Box::new(settings.serial())),
            ReaderKind::Pcsc => {
                Source::Documents(Box::new(contactless(settings)?), settings.scanner())
            }
        }))
    }

    /// Starts the reader's worker.
    pub fn start(self, inbox: &Inbox, turn: &TurnCell) -> CardReader {
        let (events, states, at) = (inbox.clone(), inbox.clone(), turn.clone());
        let on_state = move |state| states.device(Device::CardReader, state);
        let on_event = move |event| card_desk::hand_in(&events, &at, event);
        match self.0 {
            Source::Serial(config) => {
                CardReader::Serial(CardWorker::spawn(*config, on_state, on_event))
            }
            Source::Documents(config, beside) => CardReader::Documents(
                EmrtdWorker::spawn(*config, on_state, on_event),
                beside.map(|config| scanner(config, inbox, turn)),
            ),
        }
    }
}

impl CardReader {
    /// Looks for a card from now on.
    pub fn start_polling(&self) {
        match self {
            Self::Serial(worker) => worker.start_polling(),
            Self::Documents(worker, _) => worker.start_polling(None),
        }
    }

    /// Opens the travel document that lies on the reader, or the next one, with these numbers.
    pub fn open_with(&self, key: AccessKey) {
        match self {
            // Its cards open by themselves; nobody asked for numbers.
            Self::Serial(_) => {}
            Self::Documents(worker, _) => worker.open_with(key),
        }
    }

    /// Looks for no card any more.
    pub fn stop_polling(&self) {
        match self {
            Self::Serial(worker) => worker.stop_polling(),
            Self::Documents(worker, _) => worker.stop_polling(),
        }
    }
}

/// The document scanner. Nobody needs it: the numbers can be typed.
fn scanner(config: MrzScannerConfig, inbox: &Inbox, turn: &TurnCell) -> MrzScannerWorker {
    let (scans, states, turn) = (inbox.clone(), inbox.clone(), turn.clone());
    MrzScannerWorker::spawn(
        config,
        move |state| states.scanner(state),
        move |scan| card_desk::scanned(&scans, &turn, scan),
    )
}

fn contactless(settings: &config::CardReader) -> Result<EmrtdReaderConfig, TrustError> {
    let trust = TrustStore::load(&settings.trust)?;
    for (path, problem) in trust.problems() {
        let error = problem as &dyn std::error::Error;
        tracing::warn!(path = %path.display(), error, "not used as a trusted authority");
    }
    Ok(EmrtdReaderConfig {
        reader: settings.reader.clone(),
        policy: PassivePolicy {
            require_revocation_list: settings.require_revocation_list,
        },
        ..EmrtdReaderConfig::trusting(Arc::new(trust))
    })
}
