//! The key store of a machine without a TPM: secrets encrypted with XChaCha20-Poly1305 under a key
//! that Argon2id (RFC 9106) derives from what is particular to this machine ([`binding`]).
//!
//! An unattended kiosk has nobody to type a passphrase, so everything the key is derived from can be
//! read on the machine. What this buys: a copy of the state folder (a backup, a support bundle, a
//! disk sold) is of no use alone. What it does not: who has the whole machine, or all of its disk
//! and no secret file on another medium, has the keys; and older copies stay readable.

mod binding;
mod parameters;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::container::{Container, FORMAT};
use super::driver::{Driver, Permit, Sealed, Secrets, Standing};
use super::{Counter, KeyError, Kind, SECRET_LEN, Secret, Settings, counter};
use binding::Sources;
use parameters::Parameters;

/// Length of XChaCha20's nonce: long enough to be drawn at random.
const NONCE_LEN: usize = 24;

/// Seals secrets into a file.
pub(super) struct FileDriver {
    path: PathBuf,
    counter: PathBuf,
    parameters: Parameters,
    secret_file: Option<PathBuf>,
    key: OnceLock<Secret>,
}

impl FileDriver {
    /// For a new key store: bound to everything there is to bind to.
    pub fn new(path: &Path, counter: &Path, settings: &Settings) -> Result<Self, KeyError> {
        let sources = Sources::present(settings.secret_file.is_some());
        let parameters = Parameters::fresh(sources)?;
        Ok(Self::with(path, counter, settings, parameters))
    }

    /// For the key store that is there.
    pub fn of(
        path: &Path,
        counter: &Path,
        settings: &Settings,
        container: &Container,
    ) -> Result<Self, KeyError> {
        let parameters =
            Parameters::decode(&container.parameters).ok_or_else(|| KeyError::OtherMachine {
                path: path.to_owned(),
            })?;
        Ok(Self::with(path, counter, settings, parameters))
    }

    fn with(path: &Path, counter: &Path, settings: &Settings, parameters: Parameters) -> Self {
        Self {
            path: path.to_owned(),
            counter: counter.to_owned(),
            parameters,
            secret_file: settings.secret_file.clone(),
            key: OnceLock::new(),
        }
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305, KeyError> {
        let key = match self.key.get() {
            Some(key) => key,
            None => {
                let secret_file = self.secret_file.as_deref();
                let said = self.parameters.sources.read(&self.path, secret_file)?;
                let key = self.parameters.derive(&said, &self.path)?;
                self.key.get_or_init(|| key)
            }
        };
        Ok(XChaCha20Poly1305::new((&**key).into()))
    }

    fn other_machine(&self) -> KeyError {
        KeyError::OtherMachine {
            path: self.path.clone(),
        }
    }
}

impl Driver for FileDriver {
    fn kind(&self) -> Kind {
        Kind::File
    }

    fn describe(&self) -> String {
        format!(
            "in an encrypted file, bound to {}",
            self.parameters.sources.words()
        )
    }

    fn is_bound(&self) -> bool {
        self.parameters.sources.any()
    }

    fn establish(&self, _: bool) -> Result<Secrets, KeyError> {
        counter::establish(&self.counter)?;
        Ok(Secrets::new())
    }

    fn standing(&self, _: &Container) -> Result<Standing, KeyError> {
        Ok(Standing::InForce)
    }

    fn seal(&self, before: Option<&Container>, secrets: &Secrets) -> Result<Sealed, KeyError> {
        let cipher = self.cipher()?;
        let mut container = Container {
            kind: Kind::File,
            number: before.map_or(1, |before| before.number.saturating_add(1)),
            parameters: self.parameters.encode(),
            entries: std::collections::BTreeMap::new(),
        };
        for (name, secret) in secrets {
            let mut sealed = vec![0; NONCE_LEN];
            getrandom::fill(&mut sealed).map_err(|_| KeyError::NoRandomness)?;
            let payload = Payload {
                msg: &**secret,
                aad: &context(&container, name),
            };
            let nonce = XNonce::try_from(&*sealed).map_err(|_| self.other_machine())?;
            let encrypted = cipher.encrypt(&nonce, payload);
            sealed.extend(encrypted.map_err(|_| self.other_machine())?);
            container.entries.insert(name.clone(), sealed);
        }
        Ok(Sealed {
            container,
            permit: Permit::default(),
        })
    }

    fn bring_into_force(&self, _: &Permit) -> Result<(), KeyError> {
        Ok(()) // It is in force as soon as it is in its place.
    }

    fn unseal(&self, container: &Container, names: &[&str]) -> Result<Secrets, KeyError> {
        let cipher = self.cipher()?;
        let mut secrets = Secrets::new();
        for name in names {
            let Some(sealed) = container.entries.get(*name) else {
                continue;
            };
            let (nonce, msg) = sealed
                .split_at_checked(NONCE_LEN)
                .ok_or_else(|| self.other_machine())?;
            let nonce = XNonce::try_from(nonce).map_err(|_| self.other_machine())?;
            let aad = &context(container, name);
            let plain = cipher
                .decrypt(&nonce, Payload { msg, aad })
                .map(Zeroizing::new)
                .map_err(|_| self.other_machine())?;
            let mut secret = Secret::new([0; SECRET_LEN]);
            if plain.len() != SECRET_LEN {
                return Err(self.other_machine());
            }
            secret.copy_from_slice(&plain);
            secrets.insert((*name).to_owned(), secret);
        }
        Ok(secrets)
    }

    fn counter(&self, _: &Secrets) -> Result<Counter, KeyError> {
        Ok(Counter::in_file(self.counter.clone()))
    }

    fn raised_counter(&self, value: u64) -> Result<Secrets, KeyError> {
        Counter::in_file(self.counter.clone()).advance_to(value)?;
        Ok(Secrets::new())
    }

    fn forget(&self) -> Result<(), KeyError> {
        Ok(()) // Copies stay readable on this machine: the documentation says so.
    }

    fn differs_from(&self, container: &Container) -> bool {
        let sources = Parameters::decode(&container.parameters).map(|it| it.sources);
        sources != Some(Sources::present(self.secret_file.is_some()))
    }
}

/// What a sealed secret is tied to: this store's format and number, and its own name.
fn context(container: &Container, name: &str) -> Vec<u8> {
    let number = container.number.to_be_bytes();
    [FORMAT.as_bytes(), b"\0", &number, name.as_bytes()].concat()
}
