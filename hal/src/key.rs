//! The software key store: the 32-byte seed of the kiosk's Ed25519 signing key (RFC 8032) in a
//! file that only its owner can read.
//!
//! This is for kiosks without a TPM 2.0: whoever copies the disk copies the key. Where there is
//! a TPM, a driver beside this one seals the same seed to the chip. What the seed signs is none of
//! this room's business.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::process::geteuid;
use zeroize::Zeroizing;

/// Length of an Ed25519 seed (RFC 8032, 5.1.5).
pub const SEED_LEN: usize = 32;
/// Read and write for the owner, nothing for anybody else.
const MODE: u32 = 0o600;

/// The secret seed, wiped from memory when dropped.
pub type Seed = Zeroizing<[u8; SEED_LEN]>;

/// A key kept in a file.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no key file yet.
    #[error("there is no key at {0}")]
    NotFound(PathBuf),
    /// A key file is there already; a key is never overwritten.
    #[error("a key is already at {0}; it is never overwritten")]
    AlreadyThere(PathBuf),
    /// Others may read or change the file, so the key is not a secret.
    #[error("key file {path} has mode {mode:04o}; only 0600 or 0400 keeps it secret")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is somebody else's.
    #[error("key file {path} belongs to user {owner}, but this program runs as user {us}")]
    WrongOwner {
        /// The file.
        path: PathBuf,
        /// Owner of the file.
        owner: u32,
        /// Effective user of this process.
        us: u32,
    },
    /// The file is not a key.
    #[error("key file {path} is not {SEED_LEN} bytes in a plain file")]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused something.
    #[error("failed to {operation} key file {path}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl KeyFile {
    /// The key at this path, whether or not it exists yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Reads the seed, refusing a file that is not a well-kept secret.
    ///
    /// # Errors
    /// [`KeyError`]; a missing file is [`KeyError::NotFound`].
    pub fn load(&self) -> Result<Seed, KeyError> {
        // O_NOFOLLOW: the file that is checked is the file that is named. O_NONBLOCK: a FIFO in
        // its place must not hang the start of the kiosk.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits().cast_signed())
            .open(&self.path)
            .map_err(|e| self.refused("open", e))?;
        self.check(&file)?;
        let mut seed = Seed::default();
        (&file)
            .read_exact(&mut *seed)
            .map_err(|e| self.refused("read", e))?;
        Ok(seed)
    }

    /// Keeps a new seed. After this returns, the key survives a power cut; before, there is none.
    ///
    /// # Errors
    /// [`KeyError::AlreadyThere`] if there is a file in its place, [`KeyError::Io`] otherwise.
    pub fn create(&self, seed: &Seed) -> Result<(), KeyError> {
        let draft = self.draft_path();
        let result = self.write_and_rename(seed, &draft);
        if result.is_err() {
            // The draft is of no use, and it holds the secret. There may be none.
            let _ = fs::remove_file(&draft);
        }
        result
    }

    fn write_and_rename(&self, seed: &Seed, draft: &Path) -> Result<(), KeyError> {
        // A draft left by a power cut is nobody's key.
        if let Err(e) = fs::remove_file(draft)
            && e.kind() != io::ErrorKind::NotFound
        {
            return Err(self.refused("clear the draft of", e));
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(draft)
            .map_err(|e| self.refused("create", e))?;
        file.write_all(&**seed)
            .and_then(|()| file.sync_all())
            .map_err(|e| self.refused("write", e))?;
        renameat_with(CWD, draft, CWD, &self.path, RenameFlags::NOREPLACE)
            .map_err(|e| self.refused("put in place", e.into()))?;
        File::open(self.folder())
            .and_then(|folder| folder.sync_all())
            .map_err(|e| self.refused("make durable", e))
    }

    fn check(&self, file: &File) -> Result<(), KeyError> {
        let meta = file.metadata().map_err(|e| self.refused("inspect", e))?;
        let path = self.path.clone();
        let us = geteuid().as_raw();
        let mode = meta.mode() & 0o7777;
        if !meta.is_file() || meta.len() != SEED_LEN as u64 {
            return Err(KeyError::NotAKey { path });
        }
        if meta.uid() != us {
            let owner = meta.uid();
            return Err(KeyError::WrongOwner { path, owner, us });
        }
        if mode & !MODE != 0 {
            return Err(KeyError::Exposed { path, mode });
        }
        Ok(())
    }

    fn refused(&self, operation: &'static str, source: io::Error) -> KeyError {
        let path = self.path.clone();
        match source.kind() {
            io::ErrorKind::NotFound if operation == "open" => KeyError::NotFound(path),
            io::ErrorKind::AlreadyExists if operation == "put in place" => {
                KeyError::AlreadyThere(path)
            }
            _ => KeyError::Io {
                operation,
                path,
                source,
            },
        }
    }

    fn draft_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".draft");
        PathBuf::from(name)
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn seed() -> Seed {
        Zeroizing::new(std::array::from_fn(|i| u8::try_from(i).unwrap()))
    }

    fn key_in(folder: &tempfile::TempDir) -> KeyFile {
        KeyFile::at(folder.path().join("device.key"))
    }

    #[test]
    fn a_key_comes_back_as_it_was_kept_and_only_the_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let key = key_in(&folder);
        assert!(matches!(key.load(), Err(KeyError::NotFound(_))));
        key.create(&seed()).unwrap();
        assert_eq!(*key.load().unwrap(), *seed());
        let mode = fs::metadata(&key.path).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert!(!key.draft_path().exists());
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let key = key_in(&folder);
        key.create(&seed()).unwrap();
        let other = Zeroizing::new([7; SEED_LEN]);
        assert!(matches!(key.create(&other), Err(KeyError::AlreadyThere(_))));
        assert_eq!(*key.load().unwrap(), *seed());
        assert!(!key.draft_path().exists(), "the refused secret is gone");
    }

    #[test]
    fn a_draft_left_by_a_power_cut_does_not_stand_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let key = key_in(&folder);
        fs::write(key.draft_path(), b"half a k").unwrap();
        key.create(&seed()).unwrap();
        assert_eq!(*key.load().unwrap(), *seed());
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let key = key_in(&folder);
        key.create(&seed()).unwrap();
        for mode in [0o640, 0o604, 0o700] {
            fs::set_permissions(&key.path, Permissions::from_mode(mode)).unwrap();
            assert!(matches!(key.load(), Err(KeyError::Exposed { .. })));
        }
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let key = key_in(&folder);
        for len in [0, 31, 33] {
            fs::write(&key.path, vec![1; len]).unwrap();
            assert!(matches!(key.load(), Err(KeyError::NotAKey { .. })));
        }
        fs::remove_file(&key.path).unwrap();
        fs::create_dir(&key.path).unwrap();
        assert!(matches!(key.load(), Err(KeyError::NotAKey { .. })));
    }

    #[test]
    fn a_link_in_place_of_the_key_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let real = KeyFile::at(folder.path().join("real"));
        real.create(&seed()).unwrap();
        let key = key_in(&folder);
        symlink(&real.path, &key.path).unwrap();
        assert!(matches!(key.load(), Err(KeyError::Io { .. })));
    }
}
