//! The operator's word on single verifications: a Token Status List
//! (draft-ietf-oauth-status-list, as a JWT). A kiosk's log index is the index in the list of that
//! kiosk. A verifier fetches the list by any way; only the signature counts.

mod bits;
#[cfg(feature = "log")]
mod draft;
mod token;

pub use bits::TokenStatus;
#[cfg(feature = "log")]
pub use draft::{StatusDraft, StatusDraftError};
pub use token::{StatusList, StatusListError};

use crate::checkpoint::Checkpoint;
use crate::refusal::{Refusal, require};
use crate::status::Freshness;
use crate::status_uri::StatusUri;
use crate::verify::{CLOCK_SKEW_S, Verified};

/// What a status list said about a verification that it lets count, and how old that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedStatus {
    /// When the list was signed, in seconds since 1970.
    pub issued_at: u64,
    /// From when on there should be a newer list, in seconds since 1970, if the list says so.
    pub next_update: Option<u64>,
    now: Option<u64>,
}

impl ListedStatus {
    /// How old the list is, in seconds. None where the time is not known, or the list is from the
    /// future by this machine's clock.
    #[must_use]
    pub fn age_s(&self) -> Option<u64> {
        let now = self.now?;
        (self.issued_at <= now.saturating_add(CLOCK_SKEW_S))
            .then(|| now.saturating_sub(self.issued_at))
    }

    /// Whether a newer list should be there by now; none where [`Self::age_s`] is none, or the
    /// list does not say.
    #[must_use]
    pub fn is_overdue(&self) -> Option<bool> {
        let (now, next_update) = (self.now?, self.next_update?);
        self.age_s().map(|_| next_update <= now)
    }
}

impl StatusList {
    /// Whether it is the list of this name or address.
    pub(crate) fn is_named(&self, uri: &StatusUri) -> bool {
        self.uri() == uri.as_str()
    }

    /// What it says about a place, if the verification there still counts.
    pub(crate) fn check(
        &self,
        index: u64,
        freshness: Freshness,
        now: Option<u64>,
    ) -> Result<ListedStatus, Refusal> {
        let expired = self
            .expires_at()
            .zip(now)
            .is_some_and(|(end, now)| end <= now);
        require(!expired, Refusal::StatusListNotFresh)?;
        match self.status(index).ok_or(Refusal::StatusNotListed)? {
            TokenStatus::Valid => {}
            TokenStatus::Invalid => return Err(Refusal::StatusInvalid),
            TokenStatus::Suspended => return Err(Refusal::StatusSuspended),
            TokenStatus::Other(_) => return Err(Refusal::StatusUnknown),
        }
        let status = ListedStatus {
            issued_at: self.issued_at(),
            next_update: self.next_update(),
            now,
        };
        let fresh = status.is_overdue() == Some(false);
        require(
            fresh || freshness == Freshness::Any,
            Refusal::StatusListNotFresh,
        )?;
        Ok(status)
    }
}

impl Verified {
    /// Also checks this one verification against the operator's status list for its kiosk.
    ///
    /// # Errors
    /// When the list is another one, does not reach so far, or says that it no longer counts.
    pub fn with_status_list(
        mut self,
        list: &StatusList,
        freshness: Freshness,
        now: Option<u64>,
    ) -> Result<Self, Refusal> {
        let (site, kiosk) = (&self.claims().site, &self.claims().kiosk);
        let of_kiosk = list.log() == Some(&Checkpoint::origin(site, kiosk))
            || list.is_named(&StatusUri::of(site, kiosk));
        let same_operator = self.credential().is_from(list.operator());
        require(of_kiosk && same_operator, Refusal::StatusOtherList)?;
        self.listed = Some(list.check(self.index(), freshness, now)?);
        Ok(self)
    }
}
