//! Files that are no secrets, put in place so that a power cut leaves the old or the new.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use attestation::Credential;

use super::ProvisionError;

/// Puts a file in the place of another one, durably and in one step.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), ProvisionError> {
    let draft = path.with_extension("draft");
    let put = || {
        let mut file = fs::File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        path.parent()
            .map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    put().map_err(|source| refused("write", path, source))
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), ProvisionError> {
    fs::write(path, bytes).map_err(|source| refused("write", path, source))
}

pub(super) fn read_credential(path: PathBuf) -> Result<Credential, ProvisionError> {
    let bytes = fs::read(&path).map_err(|source| refused("read", &path, source))?;
    Credential::from_cose(&bytes).map_err(|source| ProvisionError::NotACredential { path, source })
}

pub(super) fn refused(doing: &'static str, path: &Path, source: std::io::Error) -> ProvisionError {
    ProvisionError::File {
        doing,
        path: path.into(),
        source,
    }
}
