//! How the key of the encrypted file is derived: Argon2id, RFC 9106.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use minicbor::{Decoder, Encoder};
use zeroize::Zeroizing;

use super::super::{KeyError, SECRET_LEN, Secret};
use super::binding::Sources;

/// Memory in KiB: RFC 9106, section 4, second recommended option.
const MEMORY_KIB: u32 = 64 << 10;
/// Passes, as above.
const PASSES: u32 = 3;
/// Lanes, as above.
const LANES: u32 = 4;
/// Length of the salt in bytes, as above.
const SALT_LEN: usize = 16;
/// A file that asks for more than these was not written by us; it must not exhaust the machine.
const MAX_MEMORY_KIB: u32 = 256 << 10;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;

/// Costs, salt, and what goes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameters {
    pub sources: Sources,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; SALT_LEN],
}

impl Parameters {
    /// With a fresh salt.
    pub fn fresh(sources: Sources) -> Result<Self, KeyError> {
        let mut salt = [0; SALT_LEN];
        getrandom::fill(&mut salt).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self {
            sources,
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt,
        })
    }

    /// CBOR: `[sources, KiB, passes, lanes, salt]`.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = Encoder::new(&mut bytes)
            .array(5)
            .and_then(|e| e.u8(self.sources.bits()))
            .and_then(|e| e.u32(self.memory_kib))
            .and_then(|e| e.u32(self.passes))
            .and_then(|e| e.u32(self.lanes))
            .and_then(|e| e.bytes(&self.salt))
            .map(|_| ());
        // Nothing can go wrong when writing to memory.
        debug_assert!(written.is_ok());
        bytes
    }

    /// None if they are not ours.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut d = Decoder::new(bytes);
        if d.array().ok()? != Some(5) {
            return None;
        }
        let parameters = Self {
            sources: Sources::from_bits(d.u8().ok()?)?,
            memory_kib: d.u32().ok()?,
            passes: d.u32().ok()?,
            lanes: d.u32().ok()?,
            salt: d.bytes().ok()?.try_into().ok()?,
        };
        let bounded = parameters.memory_kib <= MAX_MEMORY_KIB
            && parameters.passes <= MAX_PASSES
            && parameters.lanes <= MAX_LANES;
        bounded.then_some(parameters)
    }

    /// The key.
    pub fn derive(&self, said: &Zeroizing<Vec<u8>>, path: &Path) -> Result<Secret, KeyError> {
        let failed = |e: argon2::Error| KeyError::Derivation {
            path: path.to_owned(),
            reason: e.to_string(),
        };
        let (memory, passes, lanes) = (self.memory_kib, self.passes, self.lanes);
        let params = Params::new(memory, passes, lanes, Some(SECRET_LEN)).map_err(failed)?;
        let mut key = Secret::new([0; SECRET_LEN]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(said, &self.salt, &mut *key)
            .map_err(failed)?;
        Ok(key)
    }
}
