//! A bare secret in a file that only its owner can read: an operator's secret, a secret on its way
//! from the operator to a kiosk, and the keys of kiosks that are older than the key store.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::guarded::{self, Form};
use super::{KeyError, SECRET_LEN, Secret};

const FORM: Form = Form {
    len: SECRET_LEN as u64..=SECRET_LEN as u64,
    wanted: "32 bytes",
};

/// A secret kept in a file of its own.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The secret at this path, whether or not it exists yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the secret, refusing a file that is not a well-kept one.
    ///
    /// # Errors
    /// [`KeyError`]; a missing file is [`KeyError::NotFound`].
    pub fn load(&self) -> Result<Secret, KeyError> {
        let bytes = guarded::read(&self.path, &FORM)?;
        let mut secret = Zeroizing::new([0; SECRET_LEN]);
        secret.copy_from_slice(&bytes);
        Ok(secret)
    }

    /// Keeps a new secret. After this returns it survives a power cut; before, there is none.
    ///
    /// # Errors
    /// [`KeyError::AlreadyThere`] if there is a file in its place, [`KeyError::Io`] otherwise.
    pub fn create(&self, secret: &Secret) -> Result<(), KeyError> {
        guarded::create(&self.path, &**secret)
    }

    /// Overwrites the file and removes it.
    ///
    /// # Errors
    /// [`KeyError::Io`].
    pub fn remove(&self) -> Result<(), KeyError> {
        guarded::shred(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn secret() -> Secret {
        Zeroizing::new(std::array::from_fn(|i| u8::try_from(i).unwrap()))
    }

    fn draft_of(key: &KeyFile) -> PathBuf {
        guarded::beside(&key.path, ".draft")
    }

    fn key_in(folder: &tempfile::TempDir) -> KeyFile {
        KeyFile::at(folder.path().join("device.key"))
    }

    #[test]
    fn a_key_comes_back_as_it_was_kept_and_only_the_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let key = key_in(&folder);
        assert!(matches!(key.load(), Err(KeyError::NotFound(_))));
        key.create(&secret()).unwrap();
        assert_eq!(*key.load().unwrap(), *secret());
        let mode = fs::metadata(&key.path).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert!(!draft_of(&key).exists());
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let key = key_in(&folder);
        key.create(&secret()).unwrap();
        let other = Zeroizing::new([7; SECRET_LEN]);
        assert!(matches!(key.create(&other), Err(KeyError::AlreadyThere(_))));
        assert_eq!(*key.load().unwrap(), *secret());
        assert!(!draft_of(&key).exists(), "the refused secret is gone");
    }

    #[test]
    fn a_draft_left_by_a_power_cut_does_not_stand_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let key = key_in(&folder);
        fs::write(draft_of(&key), b"half a k").unwrap();
        key.create(&secret()).unwrap();
        assert_eq!(*key.load().unwrap(), *secret());
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let key = key_in(&folder);
        key.create(&secret()).unwrap();
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
        real.create(&secret()).unwrap();
        let key = key_in(&folder);
        symlink(&real.path, &key.path).unwrap();
        assert!(matches!(key.load(), Err(KeyError::Io { .. })));
    }
}
