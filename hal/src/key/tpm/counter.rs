//! The TPM's counter, counted from where it stood when the key store was made.

use super::super::{KeyError, SECRET_LEN, Secret};
use super::link::Link;
use super::nv;

/// A counter in a TPM.
pub(crate) struct NvCounter {
    tcti: String,
    start: u64,
}

impl NvCounter {
    pub(super) fn new(tcti: &str, start: &Secret) -> Self {
        let mut number = [0; 8];
        number.copy_from_slice(&start[..8]);
        Self {
            tcti: tcti.into(),
            start: u64::from_be_bytes(number),
        }
    }

    pub fn read(&self) -> Result<u64, KeyError> {
        self.read_in(&mut Link::open(&self.tcti)?)
    }

    /// One step at a time: a TPM knows no other.
    pub fn advance_to(&self, value: u64) -> Result<(), KeyError> {
        let mut link = Link::open(&self.tcti)?;
        while self.read_in(&mut link)? < value {
            nv::increment(&mut link)?;
        }
        Ok(())
    }

    fn read_in(&self, link: &mut Link) -> Result<u64, KeyError> {
        // Wrapping: a count that was taken over from elsewhere starts below the TPM's zero.
        Ok(nv::read_counter(link)?.wrapping_sub(self.start))
    }
}

/// The start as a secret, to be sealed with the others: who could change it could set the counter
/// back.
pub(super) fn kept(start: u64) -> Secret {
    let mut bytes = Secret::new([0; SECRET_LEN]);
    bytes[..8].copy_from_slice(&start.to_be_bytes());
    bytes
}
