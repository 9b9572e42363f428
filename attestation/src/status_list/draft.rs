//! The operator's next status list for a kiosk: the last one, and what has changed since. What was
//! declared invalid never comes back.

use serde_json::json;

use super::bits::{Bits, MAX_BYTES, TokenStatus};
use super::token::{LOG, StatusList, TYP};
use crate::checkpoint::Checkpoint;
use crate::name::Name;
use crate::operator::OperatorKey;
use crate::status_uri::StatusUri;
use crate::wallet::{base64url, jws};

/// Enough for valid, invalid and suspended.
const BITS_PER_STATUS: u8 = 2;

/// How many statuses stand in a byte.
const IN_A_BYTE: u64 = 4;

/// A list in the making.
#[derive(Debug)]
pub struct StatusDraft {
    uri: String,
    log: String,
    issued_after: Option<u64>,
    bits: Bits,
}

impl StatusDraft {
    /// A kiosk's first list, in which all of so many verifications count.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn first(
        site: &Name,
        kiosk: &Name,
        uri: &StatusUri,
        entries: u64,
    ) -> Result<Self, StatusDraftError> {
        let mut draft = Self {
            uri: uri.as_str().to_owned(),
            log: Checkpoint::origin(site, kiosk),
            issued_after: None,
            bits: Bits::zeros(BITS_PER_STATUS, 0),
        };
        draft.extend(entries)?;
        Ok(draft)
    }

    /// The list after `last`, with all that is in it.
    ///
    /// # Errors
    /// When `last` is another operator's, or not one that this program issued.
    pub fn after(last: &StatusList, operator: &OperatorKey) -> Result<Self, StatusDraftError> {
        if *last.operator() != operator.public() {
            return Err(StatusDraftError::AnotherOperator);
        }
        let log = last
            .log()
            .filter(|_| last.bits_per_status() == BITS_PER_STATUS);
        Ok(Self {
            uri: last.uri().to_owned(),
            log: log.ok_or(StatusDraftError::NotOurs)?.clone(),
            issued_after: Some(last.issued_at()),
            bits: last.bits.clone(),
        })
    }

    /// Makes room for at least so many verifications; those that are new count.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn extend(&mut self, entries: u64) -> Result<(), StatusDraftError> {
        let bytes = usize::try_from(entries.div_ceil(IN_A_BYTE));
        let bytes = bytes.ok().filter(|bytes| *bytes <= MAX_BYTES);
        self.bits.grow(bytes.ok_or(StatusDraftError::TooMany)?);
        Ok(())
    }

    /// The verification at this place no longer counts, for ever.
    ///
    /// # Errors
    /// When the list does not reach so far.
    pub fn invalidate(&mut self, index: u64) -> Result<(), StatusDraftError> {
        self.change(index, TokenStatus::Invalid, |_| true)
    }

    /// The verification at this place does not count for the time being.
    ///
    /// # Errors
    /// When it is invalid already, or the list does not reach so far.
    pub fn suspend(&mut self, index: u64) -> Result<(), StatusDraftError> {
        let counts = |status| status == TokenStatus::Valid;
        self.change(index, TokenStatus::Suspended, counts)
    }

    /// A suspended verification counts again.
    ///
    /// # Errors
    /// When it is not suspended, or the list does not reach so far.
    pub fn reinstate(&mut self, index: u64) -> Result<(), StatusDraftError> {
        let suspended = |status| status == TokenStatus::Suspended;
        self.change(index, TokenStatus::Valid, suspended)
    }

    fn change(
        &mut self,
        index: u64,
        to: TokenStatus,
        allowed: impl FnOnce(TokenStatus) -> bool,
    ) -> Result<(), StatusDraftError> {
        let now = self.bits.get(index).map(TokenStatus::from_number);
        let now = now.ok_or(StatusDraftError::NotReached { index })?;
        if !allowed(now) {
            let (from, to) = (now.as_code(), to.as_code());
            return Err(StatusDraftError::Forbidden { index, from, to });
        }
        self.bits.set(index, to.number());
        Ok(())
    }

    /// Signs the list: a JWT, as `statuslist+jwt`. There should be a newer one after
    /// `time_to_live_s` seconds.
    ///
    /// # Errors
    /// When it would be older than the list before it, or never be fresh.
    pub fn issue(
        self,
        operator: &OperatorKey,
        issued_at: u64,
        time_to_live_s: u64,
    ) -> Result<String, StatusDraftError> {
        if time_to_live_s == 0 || self.issued_after.is_some_and(|last| issued_at < last) {
            return Err(StatusDraftError::Time);
        }
        let header = json!({ "alg": "EdDSA", "typ": TYP });
        let payload = json!({
            "sub": self.uri,
            LOG: self.log,
            "iat": issued_at,
            "ttl": time_to_live_s,
            "status_list": {
                "bits": self.bits.per_status(),
                "lst": base64url::encode(&self.bits.pack()),
            },
        });
        Ok(jws::sign(&operator.0, &header, &payload))
    }
}

/// Why a list cannot be made as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusDraftError {
    /// Someone else's list.
    #[error("cannot build on that status list: this operator's key did not sign it")]
    AnotherOperator,
    /// A list of another making.
    #[error(
        "cannot build on that status list: it names no kiosk's log, or has not 2 bits a status"
    )]
    NotOurs,
    /// More than fit.
    #[error("cannot make a status list for so many verifications; {} fit", MAX_BYTES as u64 * IN_A_BYTE)]
    TooMany,
    /// A place that is not there.
    #[error("the status list does not reach verification {index}; give more --entries")]
    NotReached {
        /// The place.
        index: u64,
    },
    /// A change that may not be.
    #[error("verification {index} is {from} and cannot become {to}")]
    Forbidden {
        /// The place.
        index: u64,
        /// What it is.
        from: &'static str,
        /// What it should become.
        to: &'static str,
    },
    /// Times that cannot be.
    #[error(
        "cannot issue a status list that is older than the last one, or never fresh; check the clock"
    )]
    Time,
}
