//! The operator's key, which vouches for kiosks. The secret half lives in a PKCS#8 PEM file
//! (RFC 5958, RFC 8410) that only its owner may read; the public half, `operator.pub`, is all a
//! relying party needs: an SPKI PEM file, or just the 32 bytes in base64.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes,
};
use ed25519_dalek::{SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::device::NotAKey;

/// The operator's secret key; wiped from memory on drop.
pub struct OperatorKey(pub(crate) SigningKey);

impl OperatorKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    #[cfg(feature = "log")]
    pub fn generate() -> Result<Self, OperatorKeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|_| OperatorKeyError::NoRandomness)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Reads a PKCS#8 PEM file.
    ///
    /// # Errors
    /// When it cannot be read, or is not such a file.
    pub fn load(path: &Path) -> Result<Self, OperatorKeyError> {
        let pem = std::fs::read_to_string(path).map(Zeroizing::new);
        let pem = pem.map_err(|source| OperatorKeyError::Read {
            path: path.to_owned(),
            source,
        })?;
        SigningKey::from_pkcs8_pem(&pem)
            .map(Self)
            .map_err(|_| OperatorKeyError::NotAKeyFile {
                path: path.to_owned(),
            })
    }

    /// Writes a new PKCS#8 PEM file that only its owner may read and write (mode 0600).
    ///
    /// # Errors
    /// When it cannot be written, or is already there: a key is never overwritten.
    pub fn save(&self, path: &Path) -> Result<(), OperatorKeyError> {
        let write = || create_private(path).and_then(|file| write_durably(file, &self.to_pem()));
        write().map_err(|source| OperatorKeyError::Write {
            path: path.to_owned(),
            source,
        })
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> OperatorPublicKey {
        OperatorPublicKey(self.0.verifying_key())
    }

    /// Without the public half, so that OpenSSL 3 reads it too (it does not know version 2).
    #[expect(
        clippy::expect_used,
        reason = "the encoding of 32 bytes has a fixed length"
    )]
    fn to_pem(&self) -> Zeroizing<String> {
        let key = KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        };
        key.to_pkcs8_pem(LineEnding::LF)
            .expect("a 32-byte key has a PKCS#8 encoding")
    }
}

impl fmt::Debug for OperatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorKey(…)")
    }
}

/// The operator's public key: what a relying party trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorPublicKey(pub(crate) VerifyingKey);

impl OperatorPublicKey {
    /// Reads the text of an `operator.pub` file: SPKI PEM, or 32 bytes in base64.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let text = text.trim();
        if text.starts_with("-----") {
            return VerifyingKey::from_public_key_pem(text)
                .map(Self)
                .map_err(|_| NotAKey);
        }
        let mut bytes = [0; 32];
        match Base64::decode(text, &mut bytes) {
            Ok(all) if all.len() == 32 => VerifyingKey::from_bytes(&bytes)
                .map(Self)
                .map_err(|_| NotAKey),
            _ => Err(NotAKey),
        }
    }

    /// The text of an `operator.pub` file (SPKI PEM).
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the encoding of 32 bytes has a fixed length"
    )]
    pub fn to_pem(&self) -> String {
        self.0
            .to_public_key_pem(LineEnding::LF)
            .expect("a 32-byte key has an SPKI encoding")
    }
}

/// Why the operator's key could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum OperatorKeyError {
    /// No randomness.
    #[error("cannot make an operator key: the system gives no randomness")]
    NoRandomness,
    /// The file cannot be read.
    #[error("cannot read the operator key {path}; check that it is there and that you may read it")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is something else.
    #[error("{path} is not an Ed25519 key in PKCS#8 PEM; point to the operator's key file")]
    NotAKeyFile {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write the operator key {path}; choose a writable place where no file is yet")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

pub(crate) fn create_private(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(crate) fn write_durably(mut file: std::fs::File, text: &str) -> io::Result<()> {
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8410 §10.1 and §10.3: the same key pair as public and as private key file.
    const RFC_8410_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";
    const RFC_8410_PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";

    #[test]
    fn the_key_files_of_rfc_8410_are_read_and_written_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operator.key");
        std::fs::write(&path, RFC_8410_PRIVATE).unwrap();
        let key = OperatorKey::load(&path).unwrap();
        assert_eq!(*key.to_pem(), RFC_8410_PRIVATE);
        assert_eq!(key.public().to_pem(), RFC_8410_PUBLIC);
        assert_eq!(OperatorPublicKey::parse(RFC_8410_PUBLIC), Ok(key.public()));
    }

    #[test]
    fn the_public_key_may_also_be_plain_base64() {
        let plain = "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n";
        assert_eq!(
            OperatorPublicKey::parse(plain),
            OperatorPublicKey::parse(RFC_8410_PUBLIC)
        );
        for wrong in [
            "",
            "Gb9E",
            "-----BEGIN PUBLIC KEY-----\n",
            "not base64 at all",
        ] {
            assert_eq!(OperatorPublicKey::parse(wrong), Err(NotAKey));
        }
    }

    #[cfg(feature = "log")]
    #[test]
    fn a_saved_key_is_for_its_owner_only_and_is_never_overwritten() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operator.key");
        let key = OperatorKey::generate().unwrap();
        key.save(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(OperatorKey::load(&path).unwrap().public(), key.public());
        let again = OperatorKey::generate().unwrap().save(&path);
        assert!(matches!(again, Err(OperatorKeyError::Write { .. })));
        assert_eq!(OperatorKey::load(&path).unwrap().public(), key.public());
    }

    #[test]
    fn a_file_that_is_no_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operator.key");
        let missing = OperatorKey::load(&path).unwrap_err();
        assert!(matches!(missing, OperatorKeyError::Read { .. }));
        std::fs::write(&path, RFC_8410_PUBLIC).unwrap();
        let wrong = OperatorKey::load(&path).unwrap_err();
        assert!(matches!(wrong, OperatorKeyError::NotAKeyFile { .. }));
        assert!(wrong.to_string().contains("operator.key"));
    }
}
