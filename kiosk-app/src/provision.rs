//! What a technician and an operator do once per kiosk: the kiosk makes its own key, the operator
//! vouches for it. The private key never leaves the kiosk, and the operator's never enters it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use attestation::{
    Credential, DecodeError, DeviceKey, DevicePublicKey, Log, LogError, Name, OperatorKey, Validity,
};
use hal::key::{KeyError, KeyFile, Seed};

/// The files of an enrolled kiosk, all in its state folder.
#[derive(Clone, Debug)]
pub struct StateFolder(PathBuf);

impl StateFolder {
    /// The folder at this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The log of attestations.
    pub fn log(&self) -> PathBuf {
        self.0.join("log.sqlite")
    }

    /// The events, one JSON object a line.
    pub fn events(&self) -> PathBuf {
        self.0.join("events.jsonl")
    }

    /// The self-tests, one JSON object a line.
    pub fn self_tests(&self) -> PathBuf {
        self.0.join("self-tests.jsonl")
    }

    /// The device key.
    fn device_key(&self) -> KeyFile {
        KeyFile::at(self.0.join("device.key"))
    }

    /// The operator's secret that pseudonyms are made with.
    fn pseudonym_secret(&self) -> KeyFile {
        KeyFile::at(self.0.join(PSEUDONYM_FILE))
    }

    fn credential(&self) -> PathBuf {
        self.0.join(CREDENTIAL_FILE)
    }

    /// Makes the folder and the device key where they are not there yet, and gives the public
    /// half: what the technician sends to the operator.
    pub fn provision(&self) -> Result<DevicePublicKey, ProvisionError> {
        fs::create_dir_all(&self.0).map_err(|source| refused("create", &self.0, source))?;
        let file = self.device_key();
        let seed = match file.load() {
            Ok(seed) => seed,
            Err(KeyError::NotFound(_)) => {
                let seed = fresh_secret()?;
                file.create(&seed)?;
                seed
            }
            Err(error) => return Err(error.into()),
        };
        Ok(DeviceKey::from_seed(&seed).public())
    }

    /// Takes in what the operator sent back for this kiosk at this site. Everything is checked
    /// before anything is written: a wrong enrolment leaves the kiosk as it was.
    pub fn enrol(
        &self,
        enrolment: &Enrolment,
        kiosk: &Name,
        site: &Name,
    ) -> Result<(), ProvisionError> {
        let credential = &enrolment.credential;
        let device = DeviceKey::from_seed(&*self.device_key().load()?).public();
        if credential.device != device {
            return Err(ProvisionError::OtherKey);
        }
        if (&credential.kiosk, &credential.site) != (kiosk, site) {
            return Err(ProvisionError::OtherNames {
                kiosk: credential.kiosk.clone(),
                site: credential.site.clone(),
            });
        }
        let secret = self.pseudonym_secret();
        match secret.load() {
            // Enrolled anew, with a new credential; the secret stays.
            Ok(present) if *present == *enrolment.pseudonym_secret => {}
            Ok(_) => return Err(ProvisionError::OtherSecret),
            Err(KeyError::NotFound(_)) => self.begin(&enrolment.pseudonym_secret)?,
            Err(error) => return Err(error.into()),
        }
        replace(&self.credential(), &credential.to_cose())
    }

    /// The first enrolment: the log is made once. A log that is missing later was lost.
    fn begin(&self, pseudonym_secret: &Seed) -> Result<(), ProvisionError> {
        if !self.log().exists() {
            Log::create(&self.log())?;
        }
        Ok(self.pseudonym_secret().create(pseudonym_secret)?)
    }

    /// Reads everything an enrolled kiosk needs.
    pub fn load(&self) -> Result<Identity, ProvisionError> {
        let device = DeviceKey::from_seed(&*self.device_key().load()?);
        let pseudonym_secret = self.pseudonym_secret().load()?;
        let credential = read_credential(self.credential())?;
        if credential.device != device.public() {
            return Err(ProvisionError::OtherKey);
        }
        Ok(Identity {
            device,
            credential,
            pseudonym_secret,
        })
    }
}

/// Who this kiosk is and what it signs with.
#[derive(Debug)]
pub struct Identity {
    /// The device key.
    pub device: DeviceKey,
    /// The operator's word for it.
    pub credential: Credential,
    /// The operator's secret for pseudonyms.
    pub pseudonym_secret: Seed,
}

/// What the operator gives to a kiosk.
pub struct Enrolment {
    /// The operator's word for the kiosk's key.
    pub credential: Credential,
    /// The operator's secret for pseudonyms, the same in all of the operator's kiosks.
    pub pseudonym_secret: Seed,
}

/// The names of an enrolment's files.
const CREDENTIAL_FILE: &str = "credential.cose";
const PSEUDONYM_FILE: &str = "pseudonym.key";

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
    pseudonym_secret: Seed,
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

/// Puts a file in the place of another one, durably and in one step.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), ProvisionError> {
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

fn write(path: &Path, bytes: &[u8]) -> Result<(), ProvisionError> {
    fs::write(path, bytes).map_err(|source| refused("write", path, source))
}

fn read_credential(path: PathBuf) -> Result<Credential, ProvisionError> {
    let bytes = fs::read(&path).map_err(|source| refused("read", &path, source))?;
    Credential::from_cose(&bytes).map_err(|source| ProvisionError::NotACredential { path, source })
}

fn refused(doing: &'static str, path: &Path, source: std::io::Error) -> ProvisionError {
    ProvisionError::File {
        doing,
        path: path.into(),
        source,
    }
}

fn fresh_secret() -> Result<Seed, ProvisionError> {
    let mut seed = Seed::default();
    getrandom::fill(&mut *seed).map_err(|_| ProvisionError::NoRandomness)?;
    Ok(seed)
}

/// Why a kiosk cannot be provisioned or is not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// A key file.
    #[error(
        "the kiosk's keys cannot be used: has it been provisioned and enrolled (`kiosk provision`)?"
    )]
    Key(#[from] KeyError),
    /// The operator's key.
    #[error("the operator's keys cannot be used")]
    OperatorKey(#[from] attestation::OperatorKeyError),
    /// A file or folder.
    #[error("failed to {doing} {path}: check that the folder exists and may be written")]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The credential is damaged.
    #[error("{path} is not a credential: ask the operator for it again")]
    NotACredential {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: DecodeError,
    },
    /// The credential was made for another kiosk's key.
    #[error(
        "the credential is for another device key: send this kiosk's public key (`kiosk provision`) to the operator and install the credential made for it"
    )]
    OtherKey,
    /// The credential names another kiosk or site than the settings.
    #[error(
        "the credential is for {kiosk} at {site}, which the settings do not say: correct [kiosk] in the settings, or ask the operator for the right credential"
    )]
    OtherNames {
        /// In the credential.
        kiosk: Name,
        /// In the credential.
        site: Name,
    },
    /// The enrolment brings another secret for pseudonyms than the kiosk has.
    #[error(
        "the enrolment comes from another operator than the first one: residents would get new numbers at every provider; if that is meant, start with an empty state folder"
    )]
    OtherSecret,
    /// The log cannot be made.
    #[error("the log of attestations cannot be made")]
    Log(#[from] LogError),
    /// The operating system has no randomness.
    #[error("the operating system gave no random bytes for a new key")]
    NoRandomness,
}
