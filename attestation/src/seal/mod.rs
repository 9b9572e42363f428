//! A package that only one auditor can open: the files of an export as a tar archive, encrypted to
//! the auditor's public key in the age format (c2sp.org/age, X25519 recipient). Nothing of it is
//! ever on the disk in the clear. `age --decrypt` opens it; this program only writes it.

mod recipient;
mod stream;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

pub use recipient::{NotAnAuditor, Recipient};
use stream::Encryptor;

use crate::durable;
use crate::log::{Exported, Log, LogError, Scope, Sink};

/// The folder inside the archive.
const FOLDER: &str = "log";

impl Log {
    /// Writes the whole log, attestations included, into a new file that only this auditor can
    /// read; tells after each part how many are written, of how many.
    ///
    /// # Errors
    /// When the file is there already or cannot be written, or the log cannot be read.
    pub fn export_sealed(
        &self,
        auditor: &Recipient,
        path: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Exported, LogError> {
        let failed = |source| self.export_failed(path, source);
        let beside = durable::unfinished(path).map_err(failed)?;
        let package = Package::begin(&beside, auditor);
        let mut package = package.map_err(|source| self.export_failed(&beside, source))?;
        let done = self.export_into(&mut package, path, Scope::Entries, progress)?;
        package.finish().map_err(failed)?;
        durable::place_new(&beside, path).map_err(failed)?;
        Ok(done)
    }

    fn export_failed(&self, file: &Path, source: io::Error) -> LogError {
        LogError::Export {
            path: self.path().to_owned(),
            file: PathBuf::from(file),
            source,
        }
    }
}

/// The archive inside the encryption.
struct Package(tar::Builder<Encryptor<BufWriter<File>>>);

impl Package {
    fn begin(path: &Path, auditor: &Recipient) -> io::Result<Self> {
        let file = BufWriter::new(File::create_new(path)?);
        Ok(Self(tar::Builder::new(Encryptor::begin(file, auditor)?)))
    }

    fn finish(self) -> io::Result<()> {
        let mut file = self.0.into_inner()?.finish()?;
        file.flush()?;
        file.get_ref().sync_all()
    }
}

impl Sink for Package {
    fn read(&self, _name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        let name = format!("{FOLDER}/{name}");
        self.0.append_data(&mut header, name, bytes)
    }
}
