//! Are the kiosk's keys there and well kept, and does the operator's credential fit them now?

use std::sync::Arc;

use attestation::{DevicePublicKey, Validity};
use hal::key::{KeyError, Kind, Weakness};

use super::Finding;
use crate::clock::WallTime;
use crate::config::Kiosk;
use crate::errors::chain;
use crate::provision::{Identity, ProvisionError, StateFolder};

/// So long before its end a credential should be renewed: the way to the operator takes time.
const RENEW_DAYS: u64 = 30;
const DAY_S: u64 = 86_400;
/// When nothing is known that a technician could do.
const CALL: &str = "Do not change the file. Call the operator: this kiosk may need a new key.";

/// docs/technician.md, "When the case was opened".
const TAMPERED: &str = "Find out who opened the case and why. Look for anything that was added or \
                        exchanged, close the case, and sign off with `kiosk sign-off --config FILE \
                        --by YOUR-BADGE`, which says how the kiosk gets new keys.";

const UNREADABLE: &str = "Give the file to the kiosk's user (`chown`, mode 0600). If the disk fails, keep \
                          the state folder as it is and call the operator.";

/// What is known of the kiosk's keys.
#[derive(Clone, Default)]
pub struct Keys {
    /// Keys and credential that fit together.
    pub identity: Option<Arc<Identity>>,
    /// Why they do not; none if the keys themselves are the trouble.
    credential_trouble: Option<String>,
}

impl Keys {
    /// The public half of the device key.
    pub fn device(&self) -> Option<DevicePublicKey> {
        self.identity
            .as_ref()
            .map(|identity| identity.device.public())
    }

    /// For how long the operator vouches for it.
    pub fn validity(&self) -> Option<Validity> {
        self.identity
            .as_ref()
            .map(|identity| identity.credential.validity)
    }
}

/// Loads the keys.
pub fn keys(state: &StateFolder) -> (Finding, Option<Keys>) {
    let keys = match state.load() {
        Ok(identity) => Keys {
            identity: Some(Arc::new(identity)),
            credential_trouble: None,
        },
        Err(ProvisionError::Key(error) | ProvisionError::NotProvisioned(error)) => {
            return (bad_key(&error), None);
        }
        Err(error) => Keys {
            identity: None,
            credential_trouble: Some(chain(&error)),
        },
    };
    match how_kept(state) {
        Ok(kept) => (kept, Some(keys)),
        Err(ProvisionError::Key(error) | ProvisionError::NotProvisioned(error)) => {
            (bad_key(&error), None)
        }
        Err(error @ ProvisionError::Tampered) => (Finding::failed(chain(&error), TAMPERED), None),
        Err(error @ ProvisionError::TamperRecord { .. }) => {
            (Finding::failed(chain(&error), UNREADABLE), None)
        }
        Err(error) => (Finding::failed(chain(&error), CALL), None),
    }
}

/// Where the keys are and what that is worth, and where the counter stands.
fn how_kept(state: &StateFolder) -> Result<Finding, ProvisionError> {
    let keys = state.key_store()?;
    let count = keys.counter()?.read()?;
    let how = keys.describe();
    let seen = match keys.kind() {
        Kind::Tpm => format!(
            "The kiosk's keys are {how}: on another machine its disk is of no use. The counter \
             that tells an older copy of the log is in the TPM and stands at {count}."
        ),
        Kind::File => format!(
            "The kiosk's keys are not in a security chip (TPM) but {how}: keep the machine and its \
             disk from being taken. The counter that tells an older copy of the log is in a file \
             beside it and stands at {count}: it notices only that the log alone was put back."
        ),
    };
    Ok(match keys.weakness() {
        None => Finding::passed(seen),
        Some(Weakness::TpmUnused) => Finding::warning(
            seen,
            "This machine has a TPM, which would keep the keys better. With the operator: `kiosk \
             wipe`, then set `kind = \"tpm\"` under [key_store], provision and enrol the kiosk anew.",
        ),
        Some(Weakness::Unbound) => Finding::warning(
            seen,
            "Give the machine an id (`systemd-machine-id-setup`) or a `secret_file` under \
             [key_store], and run `kiosk provision`.",
        ),
    })
}

fn bad_key(error: &KeyError) -> Finding {
    let to_do = match error {
        KeyError::NotFound(_) | KeyError::NoSecret { .. } => {
            "Provision this kiosk: `kiosk provision --config FILE`, send what it prints to the \
             operator, and install the folder that comes back with `--enrolment FOLDER`."
        }
        KeyError::Exposed { .. } => {
            "Others may have copied this key: tell the operator. If the operator agrees, run \
             `chmod 600` on the file."
        }
        KeyError::WrongOwner { .. } => {
            "Run the self-test as the same user as the kiosk (`sudo -u kiosk kiosk self-test …`)."
        }
        KeyError::NotAKey { .. }
        | KeyError::SecretThere { .. }
        | KeyError::Full(_)
        | KeyError::Io { .. } => CALL,
        _ => "Do as it says, and delete nothing in the state folder meanwhile.",
    };
    Finding::failed(format!("A key cannot be used: {}.", chain(error)), to_do)
}

/// Judges the operator's credential.
pub fn credential(keys: &Keys, settings: &Kiosk, now: WallTime) -> Finding {
    let Some(identity) = &keys.identity else {
        return match &keys.credential_trouble {
            Some(trouble) => Finding::failed(
                format!("The operator's credential cannot be used: {trouble}."),
                "Send this kiosk's public key (`kiosk provision --config FILE`) to the operator \
                 and install the folder that comes back with `--enrolment FOLDER`.",
            ),
            None => Finding::failed(
                "Not looked at, because the keys cannot be used.",
                "See \"Keys\" first.",
            ),
        };
    };
    let credential = &identity.credential;
    let validity = credential.validity;
    let until = WallTime::at(validity.not_after).day();
    if now.unix_seconds() < validity.not_before {
        return Finding::failed(
            format!(
                "The credential holds only from {} on.",
                WallTime::at(validity.not_before).day()
            ),
            "Check the clock first. If it is right, wait until then or ask the operator.",
        );
    }
    if !validity.covers(now.unix_seconds()) {
        return Finding::failed(
            format!("The credential expired on {until}. Receipts would not be accepted."),
            "Check the clock first. If it is right, ask the operator for a new credential and \
             install it with `kiosk provision --config FILE --enrolment FOLDER`.",
        );
    }
    if (&credential.kiosk, &credential.site) != (&settings.id, &settings.site) {
        return Finding::warning(
            format!(
                "The operator enrolled this kiosk as {} at {}, but the settings say {} at {}. \
                 Receipts carry the operator's names.",
                credential.kiosk, credential.site, settings.id, settings.site
            ),
            "Correct `id` and `site` in the settings file, or ask the operator to enrol the kiosk \
             anew.",
        );
    }
    let days = (validity.not_after - now.unix_seconds()) / DAY_S;
    if days < RENEW_DAYS {
        return Finding::warning(
            format!(
                "The credential holds only until {until} ({} left).",
                counted(days)
            ),
            "Ask the operator for a new one now.",
        );
    }
    Finding::passed(format!(
        "The operator vouches for this kiosk's key until {until} ({} left).",
        counted(days)
    ))
}

fn counted(days: u64) -> String {
    match days {
        1 => String::from("1 day"),
        days => format!("{days} days"),
    }
}
