//! The operator's next trust list: the last one, and what has changed since. What must not happen
//! to a key cannot be written here: a revoked one never comes back, and the end of a revoked or
//! rotated one is never moved to later.

use std::collections::BTreeMap;

use super::content::{Content, KeyState, ListedKey};
use super::{MAX_KEYS, TrustList};
use crate::cose::Purpose;
use crate::credential::{Credential, Validity};
use crate::device::DevicePublicKey;
use crate::name::Name;
use crate::operator::OperatorKey;

/// A list in the making.
#[derive(Debug)]
pub struct TrustDraft<'o> {
    operator: &'o OperatorKey,
    sequence: u64,
    keys: BTreeMap<[u8; 32], ListedKey>,
}

impl<'o> TrustDraft<'o> {
    /// An operator's first list.
    #[must_use]
    pub const fn first(operator: &'o OperatorKey) -> Self {
        Self {
            operator,
            sequence: 1,
            keys: BTreeMap::new(),
        }
    }

    /// The list after `last`, with all that is in it.
    ///
    /// # Errors
    /// When `last` is another operator's, or none can follow it.
    pub fn after(last: &TrustList, operator: &'o OperatorKey) -> Result<Self, DraftError> {
        if *last.operator() != operator.public() {
            return Err(DraftError::AnotherOperator);
        }
        let by_key = |listed: &ListedKey| (*listed.key.as_bytes(), listed.clone());
        let next = last.sequence().checked_add(1);
        Ok(Self {
            operator,
            sequence: next.ok_or(DraftError::NoSequenceLeft)?,
            keys: last.keys().iter().map(by_key).collect(),
        })
    }

    /// Lists the key of a credential, or lets a longer one for a listed key count.
    ///
    /// # Errors
    /// When the operator did not issue it, or the key is listed for another kiosk.
    pub fn vouch(&mut self, credential: &Credential) -> Result<(), DraftError> {
        if !credential.is_from(&self.operator.public()) {
            return Err(DraftError::AnotherOperator);
        }
        let new = || ListedKey {
            key: credential.device,
            kiosk: credential.kiosk.clone(),
            validity: credential.validity,
            state: KeyState::Active,
        };
        let key = *credential.device.as_bytes();
        let listed = self.keys.entry(key).or_insert_with(new);
        if listed.kiosk != credential.kiosk {
            let kiosk = listed.kiosk.clone();
            return Err(DraftError::AnotherKiosk { kiosk });
        }
        listed.validity = Validity {
            not_before: (listed.validity.not_before).min(credential.validity.not_before),
            not_after: (listed.validity.not_after).max(credential.validity.not_after),
        };
        Ok(())
    }

    /// The key no longer counts from a moment on, for ever.
    ///
    /// # Errors
    /// When it is not listed.
    pub fn revoke(&mut self, key: &DevicePublicKey, from: u64) -> Result<(), DraftError> {
        let listed = self.listed(key)?;
        let from = match listed.state {
            KeyState::Revoked { from: earlier } | KeyState::Rotated { from: earlier, .. } => {
                from.min(earlier)
            }
            // The operator may have found when the trouble really began.
            KeyState::Active | KeyState::Suspended { .. } => from,
        };
        listed.state = KeyState::Revoked { from };
        Ok(())
    }

    /// The key does not count from a moment on, for the time being.
    ///
    /// # Errors
    /// When it is not listed, or not in use.
    pub fn suspend(&mut self, key: &DevicePublicKey, from: u64) -> Result<(), DraftError> {
        let listed = self.listed(key)?;
        match listed.state {
            KeyState::Active => listed.state = KeyState::Suspended { from },
            state => return Err(DraftError::cannot("suspend", listed, state)),
        }
        Ok(())
    }

    /// A suspended key counts again, for the time of its suspension too.
    ///
    /// # Errors
    /// When it is not listed, or not suspended.
    pub fn reinstate(&mut self, key: &DevicePublicKey) -> Result<(), DraftError> {
        let listed = self.listed(key)?;
        match listed.state {
            KeyState::Suspended { .. } => listed.state = KeyState::Active,
            state => return Err(DraftError::cannot("reinstate", listed, state)),
        }
        Ok(())
    }

    /// Another key of the same kiosk takes over at a moment.
    ///
    /// # Errors
    /// When one of them is not listed or not in use, or they are not of one kiosk.
    pub fn rotate(
        &mut self,
        old: &DevicePublicKey,
        new: &DevicePublicKey,
        from: u64,
    ) -> Result<(), DraftError> {
        let successor = self.listed(new)?.clone();
        if successor.state != KeyState::Active {
            return Err(DraftError::cannot("rotate to", &successor, successor.state));
        }
        let listed = self.listed(old)?;
        if listed.kiosk != successor.kiosk || old == new {
            let kiosk = successor.kiosk;
            return Err(DraftError::AnotherKiosk { kiosk });
        }
        match listed.state {
            KeyState::Active => listed.state = KeyState::Rotated { from, to: *new },
            state => return Err(DraftError::cannot("rotate", listed, state)),
        }
        Ok(())
    }

    /// The keys as they stand, in the order of their bytes.
    pub fn keys(&self) -> impl Iterator<Item = &ListedKey> {
        self.keys.values()
    }

    /// Signs the list.
    ///
    /// # Errors
    /// When there are too many keys, or the next update is not after the time of issue.
    pub fn issue(self, issued_at: u64, next_update: u64) -> Result<TrustList, DraftError> {
        if self.keys.len() > MAX_KEYS {
            return Err(DraftError::TooManyKeys);
        }
        if next_update <= issued_at {
            return Err(DraftError::NeverFresh);
        }
        let content = Content {
            sequence: self.sequence,
            issued_at,
            next_update,
            keys: self.keys.into_values().collect(),
        };
        Ok(TrustList {
            signature: Purpose::TrustList.sign(&self.operator.0, &content.payload()),
            operator: self.operator.public(),
            content,
        })
    }

    fn listed(&mut self, key: &DevicePublicKey) -> Result<&mut ListedKey, DraftError> {
        self.keys
            .get_mut(key.as_bytes())
            .ok_or(DraftError::NotListed)
    }
}

/// Why a list cannot be made as asked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// A list or credential of someone else.
    #[error("cannot build on that list or credential: this operator's key did not sign it")]
    AnotherOperator,
    /// The key is another kiosk's.
    #[error("cannot list the key so: it is a key of {kiosk}; a key belongs to one kiosk, once")]
    AnotherKiosk {
        /// Whose the listed key is.
        kiosk: Name,
    },
    /// The key is not in the list.
    #[error("cannot change the state of a key that is not listed; add its credential first")]
    NotListed,
    /// The state does not allow it.
    #[error("cannot {doing} the key of {kiosk}: it is {state}")]
    State {
        /// What was asked.
        doing: &'static str,
        /// Whose key it is.
        kiosk: Name,
        /// What it is.
        state: &'static str,
    },
    /// More than fit.
    #[error("cannot issue a list of more than {MAX_KEYS} keys; leave out those long expired")]
    TooManyKeys,
    /// Due before it is issued.
    #[error("cannot issue a list whose next update is not after its issue; give it more time")]
    NeverFresh,
    /// The numbers are used up.
    #[error("cannot issue a list after the last sequence number that there is")]
    NoSequenceLeft,
}

impl DraftError {
    fn cannot(doing: &'static str, listed: &ListedKey, state: KeyState) -> Self {
        Self::State {
            doing,
            kiosk: listed.kiosk.clone(),
            state: state.as_code(),
        }
    }
}
