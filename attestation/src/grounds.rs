//! A receipt in any form, checked by whatever the verifier goes by: the command line and the
//! verification page ask the same question here.

use crate::any::AnyReceipt;
use crate::check::Check;
use crate::checkpoint::Checkpoint;
use crate::claims::Claims;
use crate::credential::Credential;
use crate::operator::OperatorPublicKey;
use crate::plain::{PlainReceipt, VerifiedPlain};
use crate::refusal::Refusal;
use crate::status::Freshness;
use crate::status_list::StatusList;
use crate::status_uri::StatusUri;
use crate::trust::TrustList;
use crate::verify::{Verified, verify};
use crate::wallet::{KeyBinding, VerifiedWallet};

/// What a verifier goes by. Only the operator's key is always needed.
#[derive(Clone, Debug)]
pub struct Grounds {
    /// The operator's public key.
    pub operator: OperatorPublicKey,
    /// The operator's trust list.
    pub trust: Option<TrustList>,
    /// The operator's status list for the kiosk.
    pub status: Option<StatusList>,
    /// The kiosk's credential, for a plain receipt where there is no trust list.
    pub credential: Option<Credential>,
    /// Whether the lists must be up to date.
    pub freshness: Freshness,
    /// The verifier's clock, in seconds since 1970.
    pub now: Option<u64>,
}

/// Why a receipt is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    /// Something does not hold.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A plain receipt, and neither list nor credential to find its kiosk's key in.
    #[error(
        "a plain receipt does not carry the operator's word for its kiosk: the operator's trust \
         list is needed, or the kiosk's credential"
    )]
    PlainNeedsKey,
}

/// A receipt of which everything holds that was asked.
#[derive(Clone, Debug)]
pub enum Found {
    /// With everything that a stranger needs to check it.
    Full(Box<Verified>),
    /// The attestation alone.
    Plain(Box<VerifiedPlain>),
    /// The form for wallets.
    Wallet(Box<VerifiedWallet>),
}

impl Found {
    /// What the kiosk attested.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        match self {
            Self::Full(found) => found.claims(),
            Self::Plain(found) => found.claims(),
            Self::Wallet(found) => found.claims(),
        }
    }

    /// Everything that was checked, in order; all of it held.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        match self {
            Self::Full(found) => found.checks(),
            Self::Plain(found) => found.checks(),
            Self::Wallet(found) => found.checks(),
        }
    }

    /// The stable name of the form, for programs.
    #[must_use]
    pub const fn form(&self) -> &'static str {
        match self {
            Self::Full(_) => "full",
            Self::Plain(_) => "plain",
            Self::Wallet(_) => "wallet",
        }
    }

    /// What even a genuine receipt of this form does not prove.
    #[must_use]
    pub const fn not_proven(&self) -> Option<&'static str> {
        match self {
            Self::Full(_) => None,
            Self::Plain(_) => Some(VerifiedPlain::NOT_PROVEN),
            Self::Wallet(_) => Some(VerifiedWallet::NOT_PROVEN),
        }
    }
}

impl AnyReceipt {
    /// Whether the status of this verification would stand in this list. Nobody has checked the
    /// receipt yet: this only chooses among lists.
    #[must_use]
    pub fn would_stand_in(&self, list: &StatusList) -> bool {
        let claims = self.unverified_claims();
        let (site, kiosk) = (&claims.site, &claims.kiosk);
        match self {
            Self::Full(_) => {
                list.log() == Some(&Checkpoint::origin(site, kiosk))
                    || list.is_named(&StatusUri::of(site, kiosk))
            }
            Self::Wallet(token) => {
                list.log() == Some(&Checkpoint::origin(site, kiosk))
                    || list.is_named(token.unverified_status_uri())
            }
            Self::Plain(_) => false,
        }
    }
}

impl Grounds {
    /// Checks a receipt; with `asked`, who shows it must prove to have the holder's key.
    ///
    /// # Errors
    /// The first thing that does not hold, or that is missing.
    pub fn check(
        &self,
        receipt: &AnyReceipt,
        asked: Option<&KeyBinding<'_>>,
    ) -> Result<Found, NotAccepted> {
        match (receipt, asked) {
            (AnyReceipt::Wallet(token), asked) => {
                let found = token.verify(&self.operator, asked, self.now)?;
                Ok(Found::Wallet(Box::new(self.ask_about_wallet(found)?)))
            }
            // Only a wallet can prove who shows it.
            (_, Some(_)) => Err(Refusal::KeyBindingMissing.into()),
            (AnyReceipt::Full(receipt), None) => {
                let found = verify(receipt, &self.operator, self.now)?;
                Ok(Found::Full(Box::new(self.ask_about(found)?)))
            }
            (AnyReceipt::Plain(receipt), None) => {
                Ok(Found::Plain(Box::new(self.check_plain(receipt)?)))
            }
        }
    }

    fn ask_about(&self, mut found: Verified) -> Result<Verified, Refusal> {
        if let Some(list) = &self.trust {
            found = found.with_status(list, self.freshness, self.now)?;
        }
        if let Some(list) = &self.status {
            found = found.with_status_list(list, self.freshness, self.now)?;
        }
        Ok(found)
    }

    fn ask_about_wallet(&self, mut found: VerifiedWallet) -> Result<VerifiedWallet, Refusal> {
        if let Some(list) = &self.trust {
            found = found.with_status(list, self.freshness, self.now)?;
        }
        if let Some(list) = &self.status {
            found = found.with_status_list(list, self.freshness, self.now)?;
        }
        Ok(found)
    }

    fn check_plain(&self, receipt: &PlainReceipt) -> Result<VerifiedPlain, NotAccepted> {
        if self.status.is_some() {
            return Err(Refusal::StatusNeedsLog.into());
        }
        let (freshness, now) = (self.freshness, self.now);
        match (&self.credential, &self.trust) {
            (None, None) => Err(NotAccepted::PlainNeedsKey),
            (None, Some(list)) => Ok(receipt.verify_by_list(list, freshness, now)?),
            (Some(credential), list) => {
                let found = receipt.verify_by_credential(credential, &self.operator, now)?;
                match list {
                    Some(list) => Ok(found.with_status(list, freshness, now)?),
                    None => Ok(found),
                }
            }
        }
    }
}
