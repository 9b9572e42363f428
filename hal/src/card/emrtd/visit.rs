//! One document's visit to the reader: noticed, opened with its numbers, read and
//! authenticated, reported; and whatever may happen on the way.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::access::AccessKey;
use super::link::{Chip, Field, Reader, Silence, Trouble};
use super::pki::passive::PassivePolicy;
use super::pki::trust::TrustStore;
use super::procedure::{
    EXTENDED_READ, EmrtdFault, Procedure, RawDocument, ReadOptions, SHORT_READ, Step,
};
use super::random::OsRandom;
use super::record::EmrtdRecord;
use crate::card::{CardAdvice, CardEvent, CardFault};
use crate::device::{Switch, Wish};

/// The key that a session has given, until it is used up or withdrawn.
#[derive(Clone, Default)]
pub(super) struct KeySlot(Arc<Mutex<Option<AccessKey>>>);

impl KeySlot {
    pub(super) fn put(&self, key: Option<AccessKey>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = key;
    }

    /// Forgets this key; one that was given meanwhile stays.
    fn forget(&self, used: &AccessKey) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take_if(|key| key == used);
    }

    fn get(&self) -> Option<AccessKey> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.clone()
    }
}

/// Why a visit ended without a document.
enum Ending {
    Document(CardFault),
    Cancelled,
    Reader(Trouble),
}

impl From<EmrtdFault> for Ending {
    fn from(fault: EmrtdFault) -> Self {
        tracing::info!(
            error = &fault as &dyn std::error::Error,
            "document not read"
        );
        Self::Document(CardFault::Document {
            code: fault.code(),
            advice: fault.for_resident(),
        })
    }
}

/// What the worker knows about what lies on the reader.
pub(super) struct Visitor {
    pub(super) trust: Arc<TrustStore>,
    pub(super) policy: PassivePolicy,
    pub(super) retry_after: Duration,
    pub(super) switch: Switch,
    pub(super) key: KeySlot,
    pub(super) on_event: Box<dyn FnMut(CardEvent) + Send>,
    pub(super) present: Option<u64>,
    pub(super) key_asked: bool,
    pub(super) not_before: Option<Instant>,
    /// The round in which reading with extended APDUs broke off: short ones for the rest of it, also
    /// when the document seemed to be away for a moment. A reader that cannot pass extended APDUs on
    /// often shows it by a field that drops, as if somebody had taken the document away.
    pub(super) extended_failed_in: Option<u64>,
}

impl Visitor {
    /// Forgets what lay on the reader.
    pub(super) fn forget(&mut self) {
        self.present = None;
        self.key_asked = false;
        self.not_before = None;
    }

    /// Looks at what lies there and does what there is to do.
    pub(super) fn look(
        &mut self,
        reader: &Reader,
        field: Field,
        wish: Wish,
    ) -> Result<(), Trouble> {
        if field == Field::Empty {
            if self.present == Some(wish.round) {
                self.tell(wish, CardEvent::Removed);
            }
            self.forget();
            return Ok(());
        }
        if self.present != Some(wish.round) {
            self.forget();
            self.present = Some(wish.round);
            self.tell(wish, CardEvent::Present);
        }
        if self.not_before.is_some_and(|at| Instant::now() < at) {
            return Ok(());
        }
        match self.key.get() {
            Some(key) => self.visit(reader, key, wish),
            None => {
                if !self.key_asked {
                    self.key_asked = true;
                    self.tell(wish, CardEvent::KeyNeeded);
                }
                Ok(())
            }
        }
    }

    fn visit(&mut self, reader: &Reader, key: AccessKey, wish: Wish) -> Result<(), Trouble> {
        match self.read(reader, key.clone(), wish) {
            Ok(record) => self.hand_over(record, wish),
            Err(Ending::Cancelled) => {}
            Err(Ending::Document(fault)) => self.failed(fault, &key, wish),
            Err(Ending::Reader(trouble)) => {
                self.tell(wish, CardEvent::Failed(CardFault::LineLost));
                self.forget();
                return Err(trouble);
            }
        }
        Ok(())
    }

    fn read(&mut self, reader: &Reader, key: AccessKey, wish: Wish) -> Result<EmrtdRecord, Ending> {
        let mut chip = reader.connect().map_err(ended)?;
        let extended = chip.extended && self.extended_failed_in != Some(wish.round);
        let options = ReadOptions {
            read_at_once: if extended { EXTENDED_READ } else { SHORT_READ },
            ..ReadOptions::default()
        };
        let raw = self.converse(&mut chip, key, options, wish);
        if let (true, Err(Ending::Document(fault))) = (extended, &raw)
            && is_broken_off(fault)
        {
            self.extended_failed_in = Some(wish.round);
        }
        let record = EmrtdRecord::new(&raw?, &self.trust, self.policy, SystemTime::now())
            .map_err(EmrtdFault::Data)?;
        if let Some(code) = record.authentication.objection() {
            tracing::warn!(code, "document not authentic");
            let advice = CardAdvice::NotAccepted;
            return Err(Ending::Document(CardFault::Document { code, advice }));
        }
        Ok(record)
    }

    fn converse(
        &mut self,
        chip: &mut Chip,
        key: AccessKey,
        options: ReadOptions,
        wish: Wish,
    ) -> Result<RawDocument, Ending> {
        let mut procedure = Procedure::new(key, options, Box::new(OsRandom));
        let mut step = procedure.step(None)?;
        loop {
            let command = match step {
                Step::Send(command) => command,
                Step::Done(document) => return Ok(*document),
            };
            if self.switch.get() != wish {
                return Err(Ending::Cancelled);
            }
            step = procedure.step(Some(chip.transmit(&command).map_err(ended)?))?;
            let progress = procedure.progress();
            let event = CardEvent::Reading {
                received: progress.received,
                expected: progress.expected,
            };
            self.tell(wish, event);
        }
    }

    /// The document is read: no further one is looked for until somebody asks.
    fn hand_over(&mut self, record: EmrtdRecord, wish: Wish) {
        self.key.put(None);
        if self.switch.get() == wish {
            self.switch.set_active(false);
            (self.on_event)(CardEvent::ReadDocument(Box::new(record)));
        }
        self.forget();
    }

    fn failed(&mut self, fault: CardFault, key: &AccessKey, wish: Wish) {
        self.not_before = Some(Instant::now() + self.retry_after);
        // A document that is said to be taken away counts as there until the field says that it is not.
        if fault.for_resident() == CardAdvice::WrongNumbers {
            // The same numbers again would only bring the chip closer to refusing all; other ones need
            // not wait.
            self.key.forget(key);
            self.key_asked = false;
            self.not_before = None;
        }
        self.tell(wish, CardEvent::Failed(fault));
    }

    /// Tells only those who still want to know.
    fn tell(&mut self, wish: Wish, event: CardEvent) {
        if self.switch.get() == wish {
            (self.on_event)(event);
        }
    }
}

/// Whether long APDUs may be why; other numbers or another document are not.
fn is_broken_off(fault: &CardFault) -> bool {
    matches!(
        fault.for_resident(),
        CardAdvice::Removed | CardAdvice::Unreadable
    )
}

fn ended(silence: Silence) -> Ending {
    match silence {
        Silence::CardGone => Ending::Document(CardFault::PulledMidRead),
        Silence::Reader(trouble) => Ending::Reader(trouble),
    }
}
