//! Which secrets a kiosk has, by their names in the key store; and the bare files in which kiosks
//! older than the key store had them.

use std::path::Path;

use attestation::{DeviceKey, DevicePublicKey};
use hal::key::{KeyError, KeyFile, KeyStore, Secret};

use super::{PSEUDONYM_FILE, ProvisionError, fresh_secret};

/// The seed of the kiosk's Ed25519 key.
pub(super) const DEVICE: &str = "device";
/// The operator's secret for pseudonyms.
pub(super) const PSEUDONYM: &str = "pseudonym";
/// The secp256k1 key that transactions are sent with.
pub(super) const SENDER: &str = "sender";

/// Secret and file of an older kiosk.
const BARE_FILES: [(&str, &str); 2] = [(DEVICE, "device.key"), (PSEUDONYM, PSEUDONYM_FILE)];

/// A secret, made at random if there is none of this name.
pub(super) fn load_or_make(keys: &KeyStore, name: &str) -> Result<Secret, ProvisionError> {
    match keys.load(name) {
        Err(KeyError::NoSecret { .. }) => {
            let secret = fresh_secret()?;
            keys.create(name, &secret)?;
            Ok(secret)
        }
        other => Ok(other?),
    }
}

/// The device key's public half, and that of its successor if one was prepared.
pub(super) fn device_keys(
    keys: &KeyStore,
) -> Result<(DevicePublicKey, Option<DevicePublicKey>), KeyError> {
    let public = |seed: &Secret| DeviceKey::from_seed(seed).public();
    let successor = keys.successor(DEVICE)?;
    Ok((public(&keys.load(DEVICE)?), successor.as_ref().map(public)))
}

/// Whether an older kiosk left any of its files.
pub(super) fn has_bare_files(folder: &Path) -> bool {
    BARE_FILES
        .iter()
        .any(|(_, file)| folder.join(file).symlink_metadata().is_ok())
}

/// Takes them into the key store. Each file is removed only after its secret was read back, so that
/// a power cut at any moment leaves at least one of both, and this can be repeated.
pub(super) fn take_in_bare_files(folder: &Path, keys: &KeyStore) -> Result<(), KeyError> {
    for (name, file) in BARE_FILES {
        let file = KeyFile::at(folder.join(file));
        let secret = match file.load() {
            Ok(secret) => secret,
            Err(KeyError::NotFound(_)) => continue,
            Err(error) => return Err(error),
        };
        keys.create(name, &secret)?;
        if *keys.load(name)? == *secret {
            file.remove()?;
        }
    }
    Ok(())
}

/// Removes them without taking them in.
pub(super) fn remove_bare_files(folder: &Path) -> Result<(), KeyError> {
    BARE_FILES
        .iter()
        .map(|(_, file)| KeyFile::at(folder.join(file)).remove())
        .fold(Ok(()), Result::and)
}
