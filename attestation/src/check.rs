//! What was checked about a receipt and held, in each of its forms: each check has a name of its
//! own, and knows the refusals that it would have been.

/// One thing that was checked, and held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// The operator's credential for the kiosk.
    OperatorVouches,
    /// The time of the credential.
    CredentialInTime,
    /// The signature on the statements.
    KioskSigned,
    /// The inclusion proof.
    ProofLeadsToLog,
    /// The signature on the head of the log.
    KioskSignedLog,
    /// The card fields that were shown.
    FieldsAsSigned,
    /// The holder's proof of the key, to whom and when it was asked.
    HolderPresent,
    /// The trust list.
    KeyCounts,
    /// The status list.
    NotTakenBack,
}

impl Check {
    /// The stable name for programs.
    #[must_use]
    pub const fn as_code(self) -> &'static str {
        match self {
            Self::OperatorVouches => "operator_vouches",
            Self::CredentialInTime => "credential_in_time",
            Self::KioskSigned => "kiosk_signed",
            Self::ProofLeadsToLog => "proof_leads_to_log",
            Self::KioskSignedLog => "kiosk_signed_log",
            Self::FieldsAsSigned => "fields_as_signed",
            Self::HolderPresent => "holder_present",
            Self::KeyCounts => "key_counts",
            Self::NotTakenBack => "not_taken_back",
        }
    }

    /// The codes of the refusals if it had not held.
    #[must_use]
    pub const fn refusals(self) -> &'static [&'static str] {
        match self {
            Self::OperatorVouches => &["credential_signature", "another_kiosks_credential"],
            Self::CredentialInTime => &["credential_not_valid_at_time"],
            Self::KioskSigned => &["attestation_signature"],
            Self::ProofLeadsToLog => &["inclusion_proof"],
            Self::KioskSignedLog => &["checkpoint_signature"],
            Self::FieldsAsSigned => &["disclosures"],
            Self::HolderPresent => &[
                "key_binding_missing",
                "key_binding_signature",
                "key_binding_nonce",
                "key_binding_audience",
                "key_binding_not_fresh",
            ],
            Self::KeyCounts => &[
                "key_not_listed",
                "key_not_valid_at_time",
                "key_rotated",
                "key_suspended",
                "key_revoked",
                "status_not_fresh",
            ],
            Self::NotTakenBack => &[
                "status_needs_log",
                "status_other_list",
                "status_not_listed",
                "status_invalid",
                "status_suspended",
                "status_unknown",
                "status_list_not_fresh",
            ],
        }
    }

    /// What holds, in plain words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::OperatorVouches => "the operator vouches for this kiosk and its key",
            Self::CredentialInTime => "the operator's word held at the time of the verification",
            Self::KioskSigned => "this kiosk signed exactly these statements",
            Self::ProofLeadsToLog => {
                "the proof leads from these statements to a head of the kiosk's log"
            }
            Self::KioskSignedLog => "this kiosk signed that head of its log",
            Self::FieldsAsSigned => "the card fields shown are those that the kiosk signed",
            Self::HolderPresent => "who showed this has the key that it is bound to, just now",
            Self::KeyCounts => "the operator's trust list lets the kiosk's key count at that time",
            Self::NotTakenBack => "the operator's status list says that this verification is valid",
        }
    }

    /// What holds, in plain words, where the kiosk signed a part of its log instead of a head.
    #[must_use]
    pub const fn words_in_part(self) -> &'static str {
        match self {
            Self::ProofLeadsToLog => {
                "the proof leads from these statements to a part of the kiosk's log"
            }
            Self::KioskSignedLog => "this kiosk signed that part of its log",
            other => other.words(),
        }
    }
}
