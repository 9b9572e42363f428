//! The key store in a TPM 2.0 (TCG TPM 2.0 Library, Parts 1 to 3; TCG TPM v2.0 Provisioning
//! Guidance). A TPM has no Ed25519, so it does not sign: it seals the seed, and gives it back to
//! nobody but this machine.
//!
//! - Each secret is a sealed data object of its own under the storage root key (ECC P-256 template,
//!   owner hierarchy, derived anew each time), in the folder's file as TPM2B_PRIVATE + TPM2B_PUBLIC.
//! - Its policy is PolicyAuthValue, and PolicyPCR where measurements are configured. The
//!   authorisation value is drawn at random for every state of the file and lies only in the
//!   TPM's memory ([`nv::KEYS_INDEX`]): writing another one there makes every older file, and every
//!   copy of one, worthless in one step.
//! - The counter is an NV counter ([`nv::COUNTER_INDEX`]).
//! - What crosses the bus is encrypted in sessions salted with the root key.

mod counter;
mod link;
mod nv;
mod seal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minicbor::{Decoder, Encoder};

pub(super) use counter::NvCounter;
use link::Link;
use nv::{ID_LEN, State};

use super::container::Container;
use super::driver::{Driver, Permit, Sealed, Secrets, Standing};
use super::{Counter, KeyError, Kind, Settings, TpmTrouble};

/// Name of the driver's own secret: where the counter stood when the key store was made.
const COUNTER_START: &str = "+counter";

/// Seals secrets to a TPM.
pub(super) struct TpmDriver {
    path: PathBuf,
    tcti: String,
    pcrs: Vec<u8>,
}

impl TpmDriver {
    pub fn new(path: &Path, settings: &Settings) -> Self {
        let mut pcrs = settings.pcrs.clone();
        pcrs.sort_unstable();
        pcrs.dedup();
        Self {
            path: path.to_owned(),
            tcti: settings.tcti.clone(),
            pcrs,
        }
    }

    fn parameters(&self, container: &Container) -> Result<Parameters, KeyError> {
        Parameters::decode(&container.parameters).ok_or_else(|| KeyError::NotAKey {
            path: self.path.clone(),
            wanted: "a key store sealed to a TPM",
        })
    }

    /// The TPM's memory of this container's key store.
    fn state(&self, link: &mut Link, id: &[u8; ID_LEN]) -> Result<State, KeyError> {
        let state = nv::read_state(link)?;
        if state.id == *id {
            Ok(state)
        } else {
            Err(link::trouble("unseal keys", TpmTrouble::AnotherTpm))
        }
    }
}

impl Driver for TpmDriver {
    fn kind(&self) -> Kind {
        Kind::Tpm
    }

    fn describe(&self) -> String {
        match self.pcrs.is_empty() {
            true => "sealed to this machine's TPM".into(),
            false => format!(
                "sealed to this machine's TPM and to its measurements (PCRs {})",
                link::listed(&self.pcrs)
            ),
        }
    }

    fn is_bound(&self) -> bool {
        true
    }

    fn establish(&self, begun: bool) -> Result<Secrets, KeyError> {
        let mut link = Link::open(&self.tcti)?;
        nv::define(&mut link, begun)?;
        let start = nv::start_counter(&mut link)?;
        Ok(Secrets::from([(
            COUNTER_START.into(),
            counter::kept(start),
        )]))
    }

    fn standing(&self, container: &Container) -> Result<Standing, KeyError> {
        let id = self.parameters(container)?.id;
        let state = self.state(&mut Link::open(&self.tcti)?, &id)?;
        Ok(if state.number == container.number {
            Standing::InForce
        } else {
            Standing::NotInForce {
                current: state.number,
            }
        })
    }

    fn seal(&self, before: Option<&Container>, secrets: &Secrets) -> Result<Sealed, KeyError> {
        let state = match before {
            Some(container) => State::after(self.parameters(container)?.id, container.number)?,
            None => State::first()?,
        };
        let mut link = Link::open(&self.tcti)?;
        let policy = seal::policy(&mut link, &self.pcrs)?;
        let mut entries = BTreeMap::new();
        for (name, secret) in secrets {
            let sealed = seal::seal(&mut link, &policy, &state.auth, name, secret)?;
            entries.insert(name.clone(), sealed);
        }
        let parameters = Parameters {
            id: state.id,
            pcrs: self.pcrs.clone(),
        };
        Ok(Sealed {
            container: Container {
                kind: Kind::Tpm,
                number: state.number,
                parameters: parameters.encode(),
                entries,
            },
            permit: Permit(state.encode()),
        })
    }

    fn bring_into_force(&self, permit: &Permit) -> Result<(), KeyError> {
        nv::write_state(&mut Link::open(&self.tcti)?, &permit.0)
    }

    fn unseal(&self, container: &Container, names: &[&str]) -> Result<Secrets, KeyError> {
        let parameters = self.parameters(container)?;
        let mut link = Link::open(&self.tcti)?;
        let state = self.state(&mut link, &parameters.id)?;
        let mut secrets = Secrets::new();
        for name in names {
            if let Some(sealed) = container.entries.get(*name) {
                let secret = seal::unseal(&mut link, &parameters.pcrs, &state.auth, name, sealed)?;
                secrets.insert((*name).to_owned(), secret);
            }
        }
        Ok(secrets)
    }

    fn counter(&self, own: &Secrets) -> Result<Counter, KeyError> {
        let start = own.get(COUNTER_START).ok_or_else(|| KeyError::NoSecret {
            name: COUNTER_START.into(),
            path: self.path.clone(),
        })?;
        let counter = NvCounter::new(&self.tcti, start);
        Ok(Counter::in_tpm(counter))
    }

    fn raised_counter(&self, value: u64) -> Result<Secrets, KeyError> {
        let now = nv::read_counter(&mut Link::open(&self.tcti)?)?;
        let start = counter::kept(now.wrapping_sub(value));
        Ok(Secrets::from([(COUNTER_START.into(), start)]))
    }

    fn forget(&self) -> Result<(), KeyError> {
        nv::forget(&mut Link::open(&self.tcti)?)
    }

    fn differs_from(&self, container: &Container) -> bool {
        self.parameters(container)
            .is_ok_and(|parameters| parameters.pcrs != self.pcrs)
    }
}

/// What stands in the file beside the sealed secrets.
struct Parameters {
    id: [u8; ID_LEN],
    pcrs: Vec<u8>,
}

impl Parameters {
    /// CBOR: `[id, PCR numbers]`.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = Encoder::new(&mut bytes)
            .array(2)
            .and_then(|e| e.bytes(&self.id))
            .and_then(|e| e.bytes(&self.pcrs))
            .map(|_| ());
        // Nothing can go wrong when writing to memory.
        debug_assert!(written.is_ok());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut d = Decoder::new(bytes);
        if d.array().ok()? != Some(2) {
            return None;
        }
        Some(Self {
            id: d.bytes().ok()?.try_into().ok()?,
            pcrs: d.bytes().ok()?.to_vec(),
        })
    }
}
