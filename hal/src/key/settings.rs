//! What a machine's owner can choose about its key store.

use std::path::PathBuf;

/// The kernel's resource manager of the first TPM, in the words of the TPM software stack (TCG TSS
/// 2.0 TCTI).
pub const DEFAULT_TCTI: &str = "device:/dev/tpmrm0";

/// Which driver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// What the key store was made with; for a new one the TPM if there is one, else the file.
    #[default]
    Auto,
    /// The TPM or nothing.
    Tpm,
    /// The file, also where there is a TPM.
    File,
}

/// How keys are to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Which driver.
    pub choice: Choice,
    /// Where the TPM is.
    pub tcti: String,
    /// Measurements that must be as they were at sealing (SHA-256 bank, 0 to 23); none binds to
    /// the TPM alone.
    pub pcrs: Vec<u8>,
    /// A file on another medium that the encrypted file is bound to as well.
    pub secret_file: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            choice: Choice::Auto,
            tcti: DEFAULT_TCTI.into(),
            pcrs: Vec::new(),
            secret_file: None,
        }
    }
}

impl Settings {
    /// Whether the TPM's device is there. Another way to it than a device node is there because
    /// somebody configured it.
    pub(super) fn has_tpm(&self) -> bool {
        match self.tcti.strip_prefix("device:") {
            Some(path) => PathBuf::from(path).exists(),
            None => true,
        }
    }
}
