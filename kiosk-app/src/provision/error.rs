//! Why a kiosk cannot be provisioned, in words that say what to do.

use std::path::PathBuf;

use attestation::{DecodeError, LogError, Name};
use hal::key::KeyError;

/// Why a kiosk cannot be provisioned or is not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// There are no keys yet.
    #[error("the kiosk has no keys yet: provision it and have it enrolled (`kiosk provision`)")]
    NotProvisioned(#[source] KeyError),
    /// The case was opened.
    #[error(
        "the case of this kiosk was opened and its keys are destroyed: look into it, close the case, then run `kiosk sign-off`"
    )]
    Tampered,
    /// Nobody can say whether it was.
    #[error(
        "failed to read {path}, which says whether the case was opened, so the kiosk does not open its \
         keys; nothing was destroyed: run the command as the kiosk's user, and if that is so, give the file \
         to that user (`chown`, mode 0600); if the disk fails, keep the state folder and call the operator"
    )]
    TamperRecord {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// There is nothing to sign off.
    #[error("there is nothing to sign off: no opened case is on record")]
    NotTampered,
    /// A key.
    #[error("the kiosk's keys cannot be used")]
    Key(#[source] KeyError),
    /// The operator's key.
    #[error("the operator's keys cannot be used")]
    OperatorKey(#[from] attestation::OperatorKeyError),
    /// A file or folder.
    #[error("failed to {doing} {path}: check that the folder exists and may be written")]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// Another user owns the state folder.
    #[error(
        "{folder} belongs to the user {owner}, who could not open what somebody else writes there: run `{line}`"
    )]
    OtherUser {
        /// The state folder.
        folder: PathBuf,
        /// Whose it is.
        owner: String,
        /// The command, as that user.
        line: String,
    },
    /// The credential is damaged.
    #[error("{path} is not a credential: ask the operator for it again")]
    NotACredential {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: DecodeError,
    },
    /// The credential was made for another kiosk's key.
    #[error(
        "the credential is for another device key: send this kiosk's public key (`kiosk provision`) to the operator and install the credential made for it"
    )]
    OtherKey,
    /// The credential names another kiosk or site than the settings.
    #[error(
        "the credential is for {kiosk} at {site}, which the settings do not say: correct [kiosk] in the settings, or ask the operator for the right credential"
    )]
    OtherNames {
        /// In the credential.
        kiosk: Name,
        /// In the credential.
        site: Name,
    },
    /// The enrolment brings another secret for pseudonyms than the kiosk has.
    #[error(
        "the enrolment comes from another operator than the first one: residents would get new numbers at every provider; if that is meant, start with an empty state folder"
    )]
    OtherSecret,
    /// The log cannot be made or taken over.
    #[error("the log of attestations cannot be made ready for the kiosk's keys")]
    Log(#[from] LogError),
    /// The operating system has no randomness.
    #[error("the operating system gave no random bytes for a new key")]
    NoRandomness,
}

impl From<KeyError> for ProvisionError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::NotFound(_) | KeyError::NoSecret { .. } => Self::NotProvisioned(error),
            error => Self::Key(error),
        }
    }
}
