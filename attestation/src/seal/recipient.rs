//! An auditor's public key, `age1…` (c2sp.org/age): 32 bytes of X25519 in Bech32.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};

/// What every such key begins with.
const PREFIX: &str = "age";

/// Who can open a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recipient(pub(super) [u8; 32]);

impl Recipient {
    /// Reads `age1…`, as `age-keygen` prints it.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, NotAnAuditor> {
        let read = || {
            let key = CheckedHrpstring::new::<Bech32>(text.trim()).ok()?;
            let is_age = key.hrp() == Hrp::parse(PREFIX).ok()?;
            let bytes: Vec<u8> = key.byte_iter().collect();
            is_age.then(|| bytes.try_into().ok()).flatten().map(Self)
        };
        read().ok_or(NotAnAuditor)
    }
}

/// The text is not an auditor's public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not an auditor's public key: it begins with age1 (the auditor makes it with age-keygen)"
)]
pub struct NotAnAuditor;
