//! The checking of a receipt by a stranger who has the operator's public key and nothing else.
//! [`Verified`] can only come from here; every way to fail has a stable code and says what does
//! not hold.

use crate::cbor::DecodeError;
use crate::checkpoint::SignedCheckpoint;
use crate::claims::Claims;
use crate::codes::codes_of;
use crate::credential::Credential;
use crate::operator::OperatorPublicKey;
use crate::receipt::Receipt;
use crate::status::KeyStatus;

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
    require(credential.is_from(operator), Refusal::CredentialSignature)?;
    require(
        credential.validity.covers(claims.issued_at),
        Refusal::CredentialNotValidAtTime,
    )?;
    require(
        credential
            .device
            .attested(&claims.to_cwt(), &receipt.signature),
        Refusal::AttestationSignature,
    )?;
    let checkpoint = check_log(receipt)?;
    require(
        now.is_none_or(|now| claims.issued_at <= now.saturating_add(CLOCK_SKEW_S)),
        Refusal::IssuedInFuture,
    )?;
    Ok(Verified {
        claims: claims.clone(),
        credential: credential.clone(),
        checkpoint,
        status: None,
    })
}

/// A receipt of which everything holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    claims: Claims,
    credential: Credential,
    checkpoint: SignedCheckpoint,
    pub(crate) status: Option<KeyStatus>,
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

    /// The head of the kiosk's log that contains the attestation.
    #[must_use]
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// What the operator's trust list said about the key; none where none was asked
    /// ([`Verified::with_status`]).
    #[must_use]
    pub const fn status(&self) -> Option<&KeyStatus> {
        self.status.as_ref()
    }

    /// Everything that was checked, in order; all of it held.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let of_status = self.status.is_some().then_some(STATUS_CHECK);
        CHECKS.iter().copied().chain(of_status).collect()
    }
}

/// One thing that was checked about a receipt, and held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// The code of the refusal if it had not held.
    pub code: &'static str,
    /// What holds, in plain words.
    pub words: &'static str,
}

const CHECKS: &[Check] = &[
    Check {
        code: "credential_signature",
        words: "the operator vouches for this kiosk and its key",
    },
    Check {
        code: "credential_not_valid_at_time",
        words: "the operator's word held at the time of the verification",
    },
    Check {
        code: "attestation_signature",
        words: "this kiosk signed exactly these statements",
    },
    Check {
        code: "inclusion_proof",
        words: "the proof leads from these statements to a head of the kiosk's log",
    },
    Check {
        code: "checkpoint_signature",
        words: "this kiosk signed that head of its log",
    },
];

const STATUS_CHECK: Check = Check {
    code: "key_revoked",
    words: "the operator's trust list lets the kiosk's key count at that time",
};

/// Why a receipt is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Some other text.
    #[error("this is not a verification receipt (those begin with KVR1:)")]
    NotAReceipt,
    /// A receipt of a version to come.
    #[error("this receipt is of a version that this program does not know; use a newer one")]
    UnknownVersion,
    /// Damaged, incomplete, or made by something else.
    #[error("the receipt is damaged: its text is not what a kiosk writes")]
    Malformed {
        /// What exactly, where it got as far as bytes.
        source: Option<DecodeError>,
    },
    /// Another operator, another kiosk or site, or a forged credential.
    #[error(
        "this operator did not vouch for this kiosk: the credential is of another operator, \
         another kiosk or site, or forged"
    )]
    CredentialSignature,
    /// The verification happened outside the credential's time.
    #[error("the operator's word for this kiosk did not hold at the time of the verification")]
    CredentialNotValidAtTime,
    /// The statements are not those that the kiosk signed.
    #[error("the kiosk did not sign these statements: they were changed or forged")]
    AttestationSignature,
    /// The proof cannot be one.
    #[error("the proof that the statements are in the kiosk's log cannot be right: it was changed")]
    InclusionProof,
    /// The log that the proof leads to is not one that the kiosk signed.
    #[error(
        "the kiosk did not sign the log that the proof leads to: proof or checkpoint was changed, \
         or the statements were never committed"
    )]
    CheckpointSignature,
    /// The verification claims to happen later than now.
    #[error(
        "the receipt comes from the future: check this machine's clock; if it is right, the \
         kiosk's was not"
    )]
    IssuedInFuture,
    /// The trust list does not know the key as this kiosk's.
    #[error(
        "the operator's trust list does not name this key of this kiosk: the list is older than \
         the kiosk, or the kiosk is no longer in use; fetch a newer list"
    )]
    KeyNotListed,
    /// The verification happened outside the time that the list gives the key.
    #[error("by the operator's trust list, the kiosk's key was not valid at that time")]
    KeyNotValidAtTime,
    /// The kiosk had another key by then.
    #[error("by the operator's trust list, the kiosk had another key by that time")]
    KeyRotated,
    /// The operator doubts the key.
    #[error(
        "by the operator's trust list, the kiosk's key was suspended by that time; ask the \
         operator, or check again with a later list"
    )]
    KeySuspended,
    /// The operator has taken back its word.
    #[error("by the operator's trust list, the kiosk's key was revoked by that time")]
    KeyRevoked,
    /// The list is past its next update, or this machine does not know the time.
    #[error(
        "the operator's trust list is not up to date by this machine's clock: fetch a newer one, \
         or check the clock"
    )]
    StatusNotFresh,
}

codes_of! {
    Refusal {
        NotAReceipt = "not_a_receipt",
        UnknownVersion = "unknown_version",
        Malformed = "malformed",
        CredentialSignature = "credential_signature",
        CredentialNotValidAtTime = "credential_not_valid_at_time",
        AttestationSignature = "attestation_signature",
        InclusionProof = "inclusion_proof",
        CheckpointSignature = "checkpoint_signature",
        IssuedInFuture = "issued_in_future",
        KeyNotListed = "key_not_listed",
        KeyNotValidAtTime = "key_not_valid_at_time",
        KeyRotated = "key_rotated",
        KeySuspended = "key_suspended",
        KeyRevoked = "key_revoked",
        StatusNotFresh = "status_not_fresh",
    }
}

fn check_log(receipt: &Receipt) -> Result<SignedCheckpoint, Refusal> {
    let head = SignedCheckpoint {
        checkpoint: receipt.checkpoint().ok_or(Refusal::InclusionProof)?,
        signature: receipt.head_signature,
    };
    require(
        head.is_signed_by(&receipt.credential.device),
        Refusal::CheckpointSignature,
    )?;
    Ok(head)
}

pub(crate) fn require(it_holds: bool, otherwise: Refusal) -> Result<(), Refusal> {
    if it_holds { Ok(()) } else { Err(otherwise) }
}
