//! Why a receipt is refused, in each of its forms. Every way to fail has a stable code, which the
//! command line, the page and the kiosk share, and says what does not hold.

use crate::cbor::DecodeError;

/// Why a receipt is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Some other text.
    #[error(
        "this is not a verification receipt (those begin with KVR1: or KVP1:, or are an SD-JWT of a \
         wallet)"
    )]
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
    /// A plain receipt, and no key to check it with.
    #[error(
        "the credential given is not that of the kiosk in this plain receipt; give that kiosk's, or \
         the operator's trust list"
    )]
    AnotherKiosksCredential,
    /// What was shown is not what the kiosk signed a digest of.
    #[error("a card field was changed, added or shown twice: the kiosk did not sign it so")]
    Disclosures,
    /// The holder's proof was asked for and is not there.
    #[error(
        "the holder did not prove to have the key that this is bound to: ask the wallet for a \
         presentation with key binding"
    )]
    KeyBindingMissing,
    /// The holder's proof is another's, or of another token.
    #[error(
        "the holder's proof is not by the key that this is bound to, or was made for another token"
    )]
    KeyBindingSignature,
    /// The holder's proof is for another request.
    #[error("the holder's proof answers another request: its nonce is not the one that was given")]
    KeyBindingNonce,
    /// The holder's proof is for another verifier.
    #[error("the holder's proof was made for another verifier")]
    KeyBindingAudience,
    /// The holder's proof is old, from the future, or this machine does not know the time.
    #[error("the holder's proof was not made just now by this machine's clock: ask for a new one")]
    KeyBindingNotFresh,
    /// A plain receipt names no place in the log.
    #[error(
        "a plain receipt does not prove its place in the log, so no status list can tell its \
         status; ask for the full receipt"
    )]
    StatusNeedsLog,
    /// The status list is of another kiosk.
    #[error("this status list is not that of the receipt's kiosk; give the right one")]
    StatusOtherList,
    /// The status list ends before this place.
    #[error("the status list does not reach this receipt: it is too old; fetch a newer one")]
    StatusNotListed,
    /// The operator has taken back this one verification.
    #[error("the operator has declared this verification invalid")]
    StatusInvalid,
    /// The operator doubts this one verification.
    #[error("the operator has suspended this verification: ask the operator, or check again later")]
    StatusSuspended,
    /// A status of a kind to come.
    #[error("the status list gives this verification a status that this program does not know")]
    StatusUnknown,
    /// The status list says that it has expired, is past its time, or the time is not known.
    #[error(
        "the status list is not up to date by this machine's clock: fetch a newer one, or check the \
         clock"
    )]
    StatusListNotFresh,
    /// The list is past its next update, or this machine does not know the time.
    #[error(
        "the operator's trust list is not up to date by this machine's clock: fetch a newer one, \
         or check the clock"
    )]
    StatusNotFresh,
}

impl Refusal {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(&self) -> &'static str {
        match self {
            Self::NotAReceipt => "not_a_receipt",
            Self::UnknownVersion => "unknown_version",
            Self::Malformed { .. } => "malformed",
            Self::CredentialSignature => "credential_signature",
            Self::CredentialNotValidAtTime => "credential_not_valid_at_time",
            Self::AttestationSignature => "attestation_signature",
            Self::InclusionProof => "inclusion_proof",
            Self::CheckpointSignature => "checkpoint_signature",
            Self::IssuedInFuture => "issued_in_future",
            Self::KeyNotListed => "key_not_listed",
            Self::KeyNotValidAtTime => "key_not_valid_at_time",
            Self::KeyRotated => "key_rotated",
            Self::KeySuspended => "key_suspended",
            Self::KeyRevoked => "key_revoked",
            Self::AnotherKiosksCredential => "another_kiosks_credential",
            Self::Disclosures => "disclosures",
            Self::KeyBindingMissing => "key_binding_missing",
            Self::KeyBindingSignature => "key_binding_signature",
            Self::KeyBindingNonce => "key_binding_nonce",
            Self::KeyBindingAudience => "key_binding_audience",
            Self::KeyBindingNotFresh => "key_binding_not_fresh",
            Self::StatusNeedsLog => "status_needs_log",
            Self::StatusOtherList => "status_other_list",
            Self::StatusNotListed => "status_not_listed",
            Self::StatusInvalid => "status_invalid",
            Self::StatusSuspended => "status_suspended",
            Self::StatusUnknown => "status_unknown",
            Self::StatusListNotFresh => "status_list_not_fresh",
            Self::StatusNotFresh => "status_not_fresh",
        }
    }
}

pub(crate) fn require(it_holds: bool, otherwise: Refusal) -> Result<(), Refusal> {
    if it_holds { Ok(()) } else { Err(otherwise) }
}
