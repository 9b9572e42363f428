//! `[key_store]`: how keys are kept.

use std::path::PathBuf;

use serde::Deserialize;

use super::Pcr;

/// How keys are kept.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyStore {
    /// In what.
    pub kind: KeyStoreKind,
    /// Where the TPM is (TCG TSS 2.0 TCTI).
    pub tcti: String,
    /// Measurements that the keys are bound to.
    pub pcrs: Vec<Pcr>,
    /// A file on another medium that an encrypted key file is bound to.
    pub secret_file: Option<PathBuf>,
}

impl Default for KeyStore {
    fn default() -> Self {
        Self {
            kind: KeyStoreKind::Auto,
            tcti: hal::key::DEFAULT_TCTI.into(),
            pcrs: Vec::new(),
            secret_file: None,
        }
    }
}

/// In what keys are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyStoreKind {
    /// The TPM where there is one when the kiosk is provisioned, else the file.
    Auto,
    /// The TPM or nothing.
    Tpm,
    /// An encrypted file.
    File,
}

impl From<&KeyStore> for hal::key::Settings {
    fn from(settings: &KeyStore) -> Self {
        Self {
            choice: match settings.kind {
                KeyStoreKind::Auto => hal::key::Choice::Auto,
                KeyStoreKind::Tpm => hal::key::Choice::Tpm,
                KeyStoreKind::File => hal::key::Choice::File,
            },
            tcti: settings.tcti.clone(),
            pcrs: settings.pcrs.iter().map(|pcr| pcr.get()).collect(),
            secret_file: settings.secret_file.clone(),
        }
    }
}
