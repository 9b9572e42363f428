//! Whether a kiosk's key still counted when it signed, by the operator's trust list, and how old
//! that knowledge is. An old list is no reason to refuse, unless the caller says so: an office
//! without a network must be able to go on, and to say on what it relies.

use crate::credential::Credential;
use crate::refusal::{Refusal, require};
use crate::trust::{KeyState, ListedKey, TrustList};
use crate::verify::{CLOCK_SKEW_S, Verified};

/// Whether the list must be up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// A list past its next update is used, and [`KeyStatus::is_overdue`] says so.
    #[default]
    Any,
    /// A list past its next update is refused, and so is any where the time is not known.
    Required,
}

/// What a trust list said about the key of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyStatus {
    /// The list's number. It must never be lower than one seen before: the caller remembers.
    pub sequence: u64,
    /// When the list was signed, in seconds since 1970.
    pub issued_at: u64,
    /// From when on there should be a newer list, in seconds since 1970.
    pub next_update: u64,
    /// What has become of the key by now; the receipt is from before that.
    pub state: KeyState,
    now: Option<u64>,
}

impl KeyStatus {
    /// How old the list is, in seconds. None where the time is not known, or the list is from the
    /// future by this machine's clock.
    #[must_use]
    pub fn age_s(&self) -> Option<u64> {
        let now = self.now?;
        (self.issued_at <= now.saturating_add(CLOCK_SKEW_S))
            .then(|| now.saturating_sub(self.issued_at))
    }

    /// Whether a newer list should be there by now; none where [`Self::age_s`] is none.
    #[must_use]
    pub fn is_overdue(&self) -> Option<bool> {
        let now = self.now?;
        self.age_s().map(|_| self.next_update <= now)
    }
}

impl Verified {
    /// Also checks the kiosk's key against the operator's trust list, at the time of the receipt.
    ///
    /// # Errors
    /// When the key is not in the list or did not count, or the list must be fresh and is not.
    pub fn with_status(
        mut self,
        list: &TrustList,
        freshness: Freshness,
        now: Option<u64>,
    ) -> Result<Self, Refusal> {
        let status = of_credential(self.credential(), self.claims().issued_at, list, now)?;
        self.status = Some(status.fresh_enough(freshness)?);
        Ok(self)
    }
}

/// What a trust list says about the key of a credential at a moment.
pub(crate) fn of_credential(
    credential: &Credential,
    moment: u64,
    list: &TrustList,
    now: Option<u64>,
) -> Result<KeyStatus, Refusal> {
    let same_operator = credential.is_from(list.operator());
    let listed = list.find(&credential.kiosk, &credential.device);
    let listed = listed.filter(|_| same_operator);
    KeyStatus::at(listed.ok_or(Refusal::KeyNotListed)?, moment, list, now)
}

impl KeyStatus {
    /// What a trust list says about one of its keys at a moment.
    pub(crate) fn at(
        listed: &ListedKey,
        moment: u64,
        list: &TrustList,
        now: Option<u64>,
    ) -> Result<Self, Refusal> {
        counts(listed, moment)?;
        Ok(Self {
            sequence: list.sequence(),
            issued_at: list.issued_at(),
            next_update: list.next_update(),
            state: listed.state,
            now,
        })
    }

    pub(crate) fn fresh_enough(self, freshness: Freshness) -> Result<Self, Refusal> {
        let fresh = self.is_overdue() == Some(false);
        require(
            fresh || freshness == Freshness::Any,
            Refusal::StatusNotFresh,
        )?;
        Ok(self)
    }
}

fn counts(listed: &ListedKey, moment: u64) -> Result<(), Refusal> {
    require(listed.validity.covers(moment), Refusal::KeyNotValidAtTime)?;
    match listed.state {
        KeyState::Rotated { from, .. } if from <= moment => Err(Refusal::KeyRotated),
        KeyState::Suspended { from } if from <= moment => Err(Refusal::KeySuspended),
        KeyState::Revoked { from } if from <= moment => Err(Refusal::KeyRevoked),
        _ => Ok(()),
    }
}
