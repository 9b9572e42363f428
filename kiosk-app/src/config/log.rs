//! `[log]`: the log of attestations.

use serde::Deserialize;

use super::Gibibytes;

/// The log of attestations.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How large it may become, in GiB.
    pub limit_gib: Gibibytes,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            limit_gib: Gibibytes(8),
        }
    }
}

impl Log {
    /// How large it may become.
    pub fn limit_bytes(&self) -> u64 {
        u64::from(self.limit_gib.get()) << 30
    }
}
