//! The checking of a receipt by a stranger who has the operator's public key and nothing else.
//! [`Verified`] can only come from here; why a receipt is refused is in `refusal.rs`.

use crate::check::Check;
use crate::claims::Claims;
use crate::credential::Credential;
use crate::log_part::SignedLogPart;
use crate::merkle::{Hash, leaf_hash};
use crate::operator::OperatorPublicKey;
use crate::receipt::Receipt;
use crate::refusal::{Refusal, require};
use crate::status::KeyStatus;
use crate::status_list::ListedStatus;

/// How far the clocks of kiosk and verifier may differ, in seconds.
pub(crate) const CLOCK_SKEW_S: u64 = 300;

/// Checks everything that a receipt says against the operator's public key. With `now` (seconds
/// since 1970) it is also refused if it claims to come from the future.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify(
    receipt: &Receipt,
    operator: &OperatorPublicKey,
    now: Option<u64>,
) -> Result<Verified, Refusal> {
    let Receipt {
        claims, credential, ..
    } = receipt;
    vouched_for(credential, operator, claims.issued_at)?;
    require(
        credential
            .device
            .attested(&claims.to_cwt(), &receipt.signature),
        Refusal::AttestationSignature,
    )?;
    let log = check_log(receipt)?;
    not_from_the_future(claims.issued_at, now)?;
    Ok(Verified {
        claims: claims.clone(),
        credential: credential.clone(),
        log,
        index: receipt.proof.index,
        leaf: leaf_hash(&receipt.attestation()),
        status: None,
        listed: None,
    })
}

/// A receipt of which everything holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    claims: Claims,
    credential: Credential,
    log: SignedLogPart,
    index: u64,
    /// What stands there in the tree.
    pub(crate) leaf: Hash,
    pub(crate) status: Option<KeyStatus>,
    pub(crate) listed: Option<ListedStatus>,
}

impl Verified {
    /// What the kiosk attested.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The operator's word for the kiosk.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The part of the kiosk's log that contains the attestation: all of it up to some head, or a
    /// subtree where the receipt would be large.
    #[must_use]
    pub const fn log(&self) -> &SignedLogPart {
        &self.log
    }

    /// Its place in the kiosk's log, from 0.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// What the operator's trust list said about the key; none where none was asked
    /// ([`Verified::with_status`]).
    #[must_use]
    pub const fn status(&self) -> Option<&KeyStatus> {
        self.status.as_ref()
    }

    /// What the operator's status list said about this verification; none where none was asked
    /// ([`Verified::with_status_list`]).
    #[must_use]
    pub const fn listed(&self) -> Option<&ListedStatus> {
        self.listed.as_ref()
    }

    /// Everything that was checked, in order; all of it held.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let in_every_form = [
            Check::OperatorVouches,
            Check::CredentialInTime,
            Check::KioskSigned,
            Check::ProofLeadsToLog,
            Check::KioskSignedLog,
        ];
        let of_key = self.status.map(|_| Check::KeyCounts);
        let of_this = self.listed.map(|_| Check::NotTakenBack);
        let asked = of_key.into_iter().chain(of_this);
        in_every_form.into_iter().chain(asked).collect()
    }
}

fn check_log(receipt: &Receipt) -> Result<SignedLogPart, Refusal> {
    let log = SignedLogPart {
        part: receipt.part().ok_or(Refusal::InclusionProof)?,
        signature: receipt.head_signature,
    };
    require(
        log.is_signed_by(&receipt.credential.device),
        Refusal::CheckpointSignature,
    )?;
    Ok(log)
}

/// The operator vouches for the kiosk, and did at that moment.
pub(crate) fn vouched_for(
    credential: &Credential,
    operator: &OperatorPublicKey,
    moment: u64,
) -> Result<(), Refusal> {
    require(credential.is_from(operator), Refusal::CredentialSignature)?;
    require(
        credential.validity.covers(moment),
        Refusal::CredentialNotValidAtTime,
    )
}

pub(crate) fn not_from_the_future(moment: u64, now: Option<u64>) -> Result<(), Refusal> {
    require(
        now.is_none_or(|now| moment <= now.saturating_add(CLOCK_SKEW_S)),
        Refusal::IssuedInFuture,
    )
}
