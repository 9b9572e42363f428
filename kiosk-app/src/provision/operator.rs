//! The operator's side: keys that stay with the operator, and what goes to a kiosk.

use std::fs;
use std::io::Write;
use std::path::Path;

use attestation::{Credential, DevicePublicKey, Name, OperatorKey, Validity};
use hal::key::{KeyFile, Secret};

use super::files::{read_credential, refused, write};
use super::{CREDENTIAL_FILE, PSEUDONYM_FILE, ProvisionError, fresh_secret};

/// What the operator gives to a kiosk.
pub struct Enrolment {
    /// The operator's word for the kiosk's key.
    pub credential: Credential,
    /// The operator's secret for pseudonyms, the same in all of the operator's kiosks.
    pub pseudonym_secret: Secret,
}

impl Enrolment {
    /// Writes it into a folder, for the way to the kiosk.
    pub fn write(&self, folder: &Path) -> Result<(), ProvisionError> {
        write(&folder.join(CREDENTIAL_FILE), &self.credential.to_cose())?;
        Ok(KeyFile::at(folder.join(PSEUDONYM_FILE)).create(&self.pseudonym_secret)?)
    }

    /// Reads it from a folder.
    pub fn read(folder: &Path) -> Result<Self, ProvisionError> {
        Ok(Self {
            credential: read_credential(folder.join(CREDENTIAL_FILE))?,
            pseudonym_secret: KeyFile::at(folder.join(PSEUDONYM_FILE)).load()?,
        })
    }
}

/// The operator's keys, in a folder that stays with the operator.
pub struct Operator {
    key: OperatorKey,
    pseudonym_secret: Secret,
}

impl Operator {
    /// Makes the keys in a folder, and `operator.pub` for relying parties beside them.
    pub fn create(folder: &Path) -> Result<Self, ProvisionError> {
        fs::create_dir_all(folder).map_err(|source| refused("create", folder, source))?;
        let key = OperatorKey::generate()?;
        key.save(&folder.join("operator.key"))?;
        let pseudonym_secret = fresh_secret()?;
        KeyFile::at(folder.join(PSEUDONYM_FILE)).create(&pseudonym_secret)?;
        let path = folder.join("operator.pub");
        fs::File::create_new(&path)
            .and_then(|mut file| file.write_all(key.public().to_pem().as_bytes()))
            .map_err(|source| refused("write", &path, source))?;
        Ok(Self {
            key,
            pseudonym_secret,
        })
    }

    /// Reads the keys.
    pub fn load(folder: &Path) -> Result<Self, ProvisionError> {
        Ok(Self {
            key: OperatorKey::load(&folder.join("operator.key"))?,
            pseudonym_secret: KeyFile::at(folder.join(PSEUDONYM_FILE)).load()?,
        })
    }

    /// Vouches for a kiosk.
    pub fn enrol(
        &self,
        kiosk: &Name,
        site: &Name,
        device: &DevicePublicKey,
        validity: Validity,
    ) -> Enrolment {
        Enrolment {
            credential: Credential::issue(
                &self.key,
                kiosk.clone(),
                site.clone(),
                *device,
                validity,
            ),
            pseudonym_secret: self.pseudonym_secret.clone(),
        }
    }

    /// The text of `operator.pub`.
    pub fn public_pem(&self) -> String {
        self.key.public().to_pem()
    }
}
