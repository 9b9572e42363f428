//! Reading a travel document from the first command to the last, sans-I/O: the caller carries
//! APDUs to the chip and back, [`Procedure::step`] says which comes next.
//!
//! The steps are written one after another as the standard tells them; `async` makes the state
//! machine of it. There is no runtime: the only thing ever awaited is the chip's next answer.

mod chip;
mod document;
mod fault;
mod open;
mod session;

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use zeroize::Zeroizing;

pub use chip::ChipProof;
pub use document::{Access, RawDocument};
pub use fault::EmrtdFault;

use super::access::AccessKey;
use super::random::Random;
use session::{Line, Mailbox, Session};

/// Bytes read at once with short APDUs: with its protection the answer stays below 256.
pub const SHORT_READ: u32 = 223;
/// Bytes read at once where chip and reader say that they can do extended APDUs.
pub const EXTENDED_READ: u32 = 4096;

/// What to read, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// Bytes asked for at once.
    pub read_at_once: u32,
    /// Whether to read data groups 11 and 12, which no check needs.
    pub details: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            read_at_once: SHORT_READ,
            details: true,
        }
    }
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Carry this command to the chip and bring back its answer.
    Send(Zeroizing<Vec<u8>>),
    /// The document is read.
    Done(Box<RawDocument>),
}

/// How far the reading is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Commands sent.
    pub commands: usize,
    /// Bytes of files that have come.
    pub received: usize,
    /// Bytes of files that will come, as far as is known: EF.SOD and the portrait are most.
    pub expected: usize,
}

type Reading = Pin<Box<dyn Future<Output = Result<RawDocument, EmrtdFault>>>>;

/// One reading of one document.
pub struct Procedure {
    mailbox: Rc<RefCell<Mailbox>>,
    reading: Reading,
}

impl Procedure {
    /// A reading that opens the chip with this key.
    #[must_use]
    pub fn new(key: AccessKey, options: ReadOptions, random: Box<dyn Random>) -> Self {
        let mailbox = Rc::new(RefCell::new(Mailbox::default()));
        let session = Session::new(Line::new(mailbox.clone()), options, random);
        Self {
            mailbox,
            reading: Box::pin(document::read(session, key)),
        }
    }

    /// Takes the chip's answer to the last command (none at the start) and says what to do.
    ///
    /// # Errors
    /// [`EmrtdFault`]; then the reading is over.
    pub fn step(&mut self, answer: Option<&[u8]>) -> Result<Step, EmrtdFault> {
        self.mailbox.borrow_mut().answer = answer.map(|a| Zeroizing::new(a.to_vec()));
        let mut context = Context::from_waker(Waker::noop());
        match self.reading.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => outcome.map(|document| Step::Done(Box::new(document))),
            Poll::Pending => {
                let command = self.mailbox.borrow_mut().command.take();
                command.map(Step::Send).ok_or(EmrtdFault::NoAnswer)
            }
        }
    }

    /// How far the reading is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.mailbox.borrow().progress
    }
}
