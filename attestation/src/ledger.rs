//! Where the heads of a log are made known to others, so that the kiosk itself cannot take them
//! back. A ledger takes what waits in the log's outbox and says how far it got; the log is never
//! held while a network is waited for.
//!
//! Two of them: [`Embedded`], the log alone, and (feature `evm`) a contract on a chain.
//! In: an [`Outbox`] and a time that only goes forward. Out: [`Progress`].

use std::time::Duration;

use crate::log::LogError;
use crate::merkle::Hash;

/// A ledger that heads of the log are anchored on.
pub trait Ledger {
    /// Does what is to be done now, and says when to call again. Nothing is lost if it is called
    /// late, early, or never again; what happened is read from the outbox and from the ledger.
    ///
    /// `now` is the time since any moment; only its growth counts, so a clock that is wrong or
    /// jumps back does no harm.
    ///
    /// # Errors
    /// When the log cannot be read or written. Trouble with the ledger is a [`State::Hindered`].
    fn step(&mut self, outbox: &mut dyn Outbox, now: Duration) -> Result<Progress, LogError>;
}

/// The part of a log that a ledger works with. Each call is short: who shares the log with others
/// takes its lock for the call alone.
pub trait Outbox {
    /// What waits for this ledger.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn pending(&mut self, ledger: &LedgerId) -> Result<Pending, LogError>;

    /// The root of the head with this size; none if the log does not reach so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn root_of(&mut self, size: u64) -> Result<Option<Hash>, LogError>;

    /// Keeps a transaction, durably; only then may it be sent.
    ///
    /// # Errors
    /// When the log cannot be written.
    fn keep(&mut self, ledger: &LedgerId, submission: &Submission) -> Result<(), LogError>;

    /// The ledger has the head of this size for good: it and all before wait no longer.
    ///
    /// # Errors
    /// When the log cannot be written.
    fn confirm(&mut self, ledger: &LedgerId, anchor: &Anchor) -> Result<(), LogError>;

    /// The ledger lost what it had confirmed: the head waits again.
    ///
    /// # Errors
    /// When the log cannot be written.
    fn withdraw(&mut self, ledger: &LedgerId, size: u64) -> Result<(), LogError>;

    /// Forgets all waiting heads but the newest, which covers them.
    ///
    /// # Errors
    /// When the log cannot be written.
    fn trim(&mut self) -> Result<(), LogError>;
}

/// Which ledger: the chain's number and the contract there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerId {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The address of the contract.
    pub contract: [u8; 20],
}

impl LedgerId {
    /// How it stands in the log's file.
    pub(crate) fn to_bytes(self) -> [u8; 28] {
        let mut bytes = [0; 28];
        bytes[..8].copy_from_slice(&self.chain_id.to_be_bytes());
        bytes[8..].copy_from_slice(&self.contract);
        bytes
    }
}

/// What waits for a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// The newest head: size and root; none while the log is empty.
    pub head: Option<(u64, Hash)>,
    /// The newest head that the ledger confirmed.
    pub anchor: Option<Anchor>,
    /// The last transactions, oldest first.
    pub submissions: Vec<Submission>,
}

impl Pending {
    /// How many attestations no confirmed head covers yet.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        let head = self.head.map_or(0, |(size, _)| size);
        head.saturating_sub(self.anchored())
    }

    /// How many attestations a confirmed head covers.
    #[must_use]
    pub fn anchored(&self) -> u64 {
        self.anchor.map_or(0, |anchor| anchor.size)
    }

    /// The newest transaction, if it is not settled.
    #[must_use]
    pub fn in_flight(&self) -> Option<&Submission> {
        let newest = self.submissions.last();
        newest.filter(|submission| submission.size > self.anchored())
    }
}

/// A signed transaction that carries a head, as it was stored before it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The address of the account that signed it. A kiosk whose keys were wiped goes on with
    /// another account, and with that account's count.
    pub sender: [u8; 20],
    /// The head's size.
    pub size: u64,
    /// The sender's count of transactions before it.
    pub nonce: u64,
    /// What it offers for a unit of gas, in wei.
    pub gas_price: u64,
    /// The transaction's hash, by which nodes know it.
    pub hash: Hash,
    /// The signed bytes.
    pub signed: Vec<u8>,
}

/// A head that the ledger confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// How many attestations it covers.
    pub size: u64,
    /// Which of the kiosk's anchors it is, from 1.
    pub sequence: u64,
    /// The block it is in.
    pub block: u64,
    /// The block's time, in seconds since 1970.
    pub time: u64,
}

/// How far a ledger got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many attestations no confirmed head covers.
    pub waiting: u64,
    /// The newest confirmed head.
    pub anchor: Option<Anchor>,
    /// What is going on.
    pub state: State,
    /// What happened in this step, in order.
    pub happened: Vec<Happening>,
    /// When to call again.
    pub again_after: Duration,
}

/// What is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing waits.
    Settled,
    /// More is waited for before the next head is submitted.
    Collecting,
    /// A transaction was sent and is in no block yet.
    Submitted,
    /// It is in a block, and blocks on top of it are waited for.
    Confirming,
    /// It does not go on for now. Nothing is lost; it is tried again.
    Hindered(Hindrance),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A head was submitted in a new transaction.
    Submitted {
        /// The head's size.
        size: u64,
        /// The transaction.
        transaction: Hash,
    },
    /// The same bytes were sent again.
    SentAgain {
        /// The head's size.
        size: u64,
    },
    /// A head is there for good.
    Confirmed(Anchor),
    /// A confirmed head is gone: a deep reorganisation, or an endpoint had lied.
    Withdrawn {
        /// The head's size.
        size: u64,
    },
}

/// Why it does not go on. The codes are stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    /// No endpoint answers.
    #[error("no endpoint of the ledger answers ({why}): check network and addresses")]
    Unreachable {
        /// What was wrong with the first one.
        why: String,
    },
    /// An endpoint is one of another chain.
    #[error("the endpoints belong to another chain (number {found}): correct the settings")]
    WrongChain {
        /// The number they say.
        found: u64,
    },
    /// The contracts are not there.
    #[error("{why}: check the contracts' addresses in the settings")]
    Malformed {
        /// What was answered wrongly.
        why: String,
    },
    /// The endpoints say different things.
    #[error("the endpoints say different things: one is late or lies; it goes on when most agree")]
    Disagree,
    /// The registry does not know the kiosk.
    #[error("the registry does not know this kiosk: have the operator enrol it")]
    NotRegistered,
    /// The registry knows another sender for the kiosk.
    #[error("the registry has another sender for this kiosk: have the operator rotate it")]
    OtherSender,
    /// The kiosk is suspended.
    #[error("the operator suspended this kiosk: attestations wait until it is reinstated")]
    Suspended,
    /// The ledger holds more than the log.
    #[error(
        "the ledger holds a head of {there} attestations and this log only {here}: the log was set \
         back, or another kiosk uses the same name; keep the log and call the operator"
    )]
    LogBehind {
        /// The size of the head on the ledger.
        there: u64,
        /// The size of the log.
        here: u64,
    },
    /// The ledger holds another history.
    #[error(
        "the ledger holds another head of {size} attestations than this log: one of them was \
         changed, or another kiosk uses the same name; keep the log and call the operator"
    )]
    LogDiffers {
        /// The size of the head on the ledger.
        size: u64,
    },
    /// Gas is too expensive.
    #[error("gas costs {price} wei, more than the settings allow: it goes on when it is cheaper")]
    TooExpensive {
        /// The price.
        price: u64,
    },
    /// The nodes refuse the transaction.
    #[error("the nodes refuse the transaction ({why}): has the sender funds, if gas has a price?")]
    Refused {
        /// What the first one said.
        why: String,
    },
}

impl Hindrance {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "rpc_unreachable",
            Self::WrongChain { .. } => "rpc_wrong_chain",
            Self::Malformed { .. } => "rpc_malformed",
            Self::Disagree => "rpc_disagree",
            Self::NotRegistered => "kiosk_not_registered",
            Self::OtherSender => "kiosk_other_sender",
            Self::Suspended => "kiosk_suspended",
            Self::LogBehind { .. } => "log_behind_ledger",
            Self::LogDiffers { .. } => "log_differs_from_ledger",
            Self::TooExpensive { .. } => "gas_too_expensive",
            Self::Refused { .. } => "transaction_refused",
        }
    }
}

/// How often the embedded ledger looks for what may be forgotten.
const EMBEDDED_EVERY: Duration = Duration::from_secs(3600);

/// The embedded ledger: the log is its own, nothing waits and nothing else is needed. Whoever has
/// an earlier receipt or export can prove that the log only grew; no outside witness is kept up
/// to date by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded;

impl Ledger for Embedded {
    fn step(&mut self, outbox: &mut dyn Outbox, _now: Duration) -> Result<Progress, LogError> {
        outbox.trim()?;
        Ok(Progress {
            waiting: 0,
            anchor: None,
            state: State::Settled,
            happened: Vec::new(),
            again_after: EMBEDDED_EVERY,
        })
    }
}
