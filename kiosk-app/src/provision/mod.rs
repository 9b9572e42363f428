//! What a technician and an operator do once per kiosk: the kiosk makes its own key, the operator
//! vouches for it. The private key never leaves the kiosk, and the operator's never enters it.
//! Later: rotation of the key, and the wipe.

mod error;
mod files;
mod operator;
mod owner;
mod secrets;
mod tamper;

use std::fs;
use std::path::PathBuf;

use attestation::{Credential, DeviceKey, DevicePublicKey, Log, LogError, Name, RollbackGuard};
use hal::key::{KeyError, KeyStore, Secret, Settings};

pub use error::ProvisionError;
use files::{read_credential, refused, replace};
pub use operator::{Enrolment, Operator};
use secrets::{DEVICE, PSEUDONYM, SENDER};

use crate::config::Config;
use crate::counter::CounterGuard;

/// The names of an enrolment's files.
const CREDENTIAL_FILE: &str = "credential.cose";
const PSEUDONYM_FILE: &str = "pseudonym.key";

/// The files of an enrolled kiosk, all in its state folder, and how its keys are kept.
#[derive(Clone, Debug)]
pub struct StateFolder {
    path: PathBuf,
    keys: Settings,
}

impl StateFolder {
    /// The folder that the settings name.
    pub fn of(config: &Config) -> Self {
        Self {
            path: config.paths.state.clone(),
            keys: (&config.key_store).into(),
        }
    }

    /// The log of attestations.
    pub fn log(&self) -> PathBuf {
        self.path.join("log.sqlite")
    }

    /// The events, one JSON object a line.
    pub fn events(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// The self-tests, one JSON object a line.
    pub fn self_tests(&self) -> PathBuf {
        self.path.join("self-tests.jsonl")
    }

    /// There while a slip is being printed: what a power cut leaves in the printer is struck out.
    pub fn unfinished_slip(&self) -> PathBuf {
        self.path.join("slip.unfinished")
    }

    fn credential(&self) -> PathBuf {
        self.path.join(CREDENTIAL_FILE)
    }

    /// The kiosk's key store. The bare key files of an older kiosk are taken into it first. There is
    /// none for a kiosk whose case was opened, until a technician has signed that off.
    pub fn key_store(&self) -> Result<KeyStore, ProvisionError> {
        if self.is_tampered()? {
            return Err(ProvisionError::Tampered);
        }
        if secrets::has_bare_files(&self.path) {
            // Whoever asks for the keys writes them here.
            self.must_be_ours()?;
            return self.take_in_bare_files();
        }
        Ok(KeyStore::open(&self.path, &self.keys)?)
    }

    /// Makes the folder, the key store and the device key where they are not there yet, binds the
    /// keys to what the settings say now, and gives the public half: what the technician sends to
    /// the operator.
    pub fn provision(&self) -> Result<DevicePublicKey, ProvisionError> {
        fs::create_dir_all(&self.path).map_err(|source| refused("create", &self.path, source))?;
        let mut keys = match self.key_store() {
            Err(ProvisionError::NotProvisioned(_)) => {
                KeyStore::open_or_create(&self.path, &self.keys)?
            }
            other => other?,
        };
        keys.follow_settings()?;
        let seed = secrets::load_or_make(&keys, DEVICE)?;
        Ok(DeviceKey::from_seed(&seed).public())
    }

    /// Makes the device key's successor, once, and gives its public half. The kiosk works on under
    /// its present key until the operator has vouched for the successor.
    pub fn prepare_rotation(&self) -> Result<Rotation, ProvisionError> {
        let keys = self.key_store()?;
        let present = DeviceKey::from_seed(&*keys.load(DEVICE)?).public();
        let seed = match keys.successor(DEVICE)? {
            Some(seed) => seed,
            None => {
                let seed = fresh_secret()?;
                keys.prepare_rotation(DEVICE, &seed)?;
                seed
            }
        };
        Ok(Rotation {
            present,
            successor: DeviceKey::from_seed(&seed).public(),
        })
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
        let keys = self.key_store()?;
        match secrets::device_keys(&keys)? {
            (present, _) if present == credential.device => {}
            // A rotation: while another program holds the log, it cannot be finished.
            (_, Some(successor)) if successor == credential.device => {
                Log::open(&self.log())?;
            }
            _ => return Err(ProvisionError::OtherKey),
        }
        if (&credential.kiosk, &credential.site) != (kiosk, site) {
            return Err(ProvisionError::OtherNames {
                kiosk: credential.kiosk.clone(),
                site: credential.site.clone(),
            });
        }
        match keys.load(PSEUDONYM) {
            // Enrolled anew, with a new credential; the secret stays.
            Ok(present) if *present == *enrolment.pseudonym_secret => {}
            Ok(_) => return Err(ProvisionError::OtherSecret),
            Err(KeyError::NoSecret { .. }) => self.begin(&keys, &enrolment.pseudonym_secret)?,
            Err(error) => return Err(error.into()),
        }
        // From here on the new credential counts: `load` finishes a rotation that is cut off here.
        replace(&self.credential(), &credential.to_cose())?;
        self.load().map(|_| ())
    }

    /// The first enrolment: the log is made once. A log that is missing later was lost; one that
    /// is there already is from before a wipe, and goes on.
    fn begin(&self, keys: &KeyStore, pseudonym_secret: &Secret) -> Result<(), ProvisionError> {
        if self.log().exists() {
            let mut log = Log::open(&self.log())?;
            log.rotate_device(&secrets::device_keys(keys)?.0)?;
            keys.raise_counter(log.size()?)?;
        } else {
            Log::create(&self.log())?;
        }
        Ok(keys.create(PSEUDONYM, pseudonym_secret)?)
    }

    /// Reads everything an enrolled kiosk needs.
    pub fn load(&self) -> Result<Identity, ProvisionError> {
        let keys = self.key_store()?;
        let mut device = DeviceKey::from_seed(&*keys.load(DEVICE)?);
        let pseudonym_secret = keys.load(PSEUDONYM)?;
        let credential = read_credential(self.credential())?;
        if credential.device != device.public() {
            // If the operator has vouched for the successor, its time has come.
            if secrets::device_keys(&keys)?.1 != Some(credential.device) {
                return Err(ProvisionError::OtherKey);
            }
            Log::open(&self.log())?.rotate_device(&credential.device)?;
            keys.rotate(DEVICE)?;
            device = DeviceKey::from_seed(&*keys.load(DEVICE)?);
        }
        Ok(Identity {
            device,
            credential,
            pseudonym_secret,
        })
    }

    /// The secp256k1 key that this kiosk sends transactions with; made when it is asked for first.
    pub fn sender_key(&self) -> Result<Secret, ProvisionError> {
        secrets::load_or_make(&self.key_store()?, SENDER)
    }

    /// The key store's counter, which tells whether the log was set back.
    pub fn log_guard(&self) -> Result<Box<dyn RollbackGuard>, ProvisionError> {
        Ok(CounterGuard::boxed(self.key_store()?.counter()?))
    }

    /// Destroys all keys, at once and for good; the log stays for the auditor. For the technician
    /// who takes a kiosk out of use, and for the tamper switch.
    pub fn wipe(&self) -> Result<(), ProvisionError> {
        let wiped = KeyStore::wipe(&self.path, &self.keys);
        let removed = secrets::remove_bare_files(&self.path);
        Ok(wiped.and(removed)?)
    }

    /// Whether a kiosk runs on this folder: it holds the log, and the keys in its memory.
    pub fn is_running(&self) -> bool {
        matches!(Log::open(&self.log()), Err(LogError::Held { .. }))
    }

    fn take_in_bare_files(&self) -> Result<KeyStore, ProvisionError> {
        let keys = KeyStore::open_or_create(&self.path, &self.keys)?;
        if self.log().exists() {
            // The counter begins where the log is.
            keys.raise_counter(Log::open(&self.log())?.size()?)?;
        }
        secrets::take_in_bare_files(&self.path, &keys)?;
        tracing::info!(
            kept = keys.describe(),
            "the key files are in the key store now"
        );
        Ok(keys)
    }
}

/// A device key and the one that is to follow it.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// In use.
    pub present: DevicePublicKey,
    /// In use as soon as the operator has vouched for it.
    pub successor: DevicePublicKey,
}

/// Who this kiosk is and what it signs with.
#[derive(Debug)]
pub struct Identity {
    /// The device key.
    pub device: DeviceKey,
    /// The operator's word for it.
    pub credential: Credential,
    /// The operator's secret for pseudonyms.
    pub pseudonym_secret: Secret,
}

fn fresh_secret() -> Result<Secret, ProvisionError> {
    let mut secret = Secret::default();
    getrandom::fill(&mut *secret).map_err(|_| ProvisionError::NoRandomness)?;
    Ok(secret)
}
