//! What is needed to make the wallet form of a verification: kept from the commit until the resident
//! goes, and only for who was verified for a service that offers it.

use std::fmt;
use std::sync::Arc;

use attestation::CommittedAttestation;
use attestation::wallet::Disclosures;

/// The committed attestation and the fields that the resident agreed to share. Clones are the same
/// one; the fields are overwritten when the last is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Keepsake(Arc<Kept>);

#[derive(PartialEq, Eq)]
struct Kept {
    attestation: CommittedAttestation,
    disclosures: Disclosures,
}

impl Keepsake {
    /// Keeps an attestation with its disclosures.
    pub fn new(attestation: CommittedAttestation, disclosures: Disclosures) -> Self {
        Self(Arc::new(Kept {
            attestation,
            disclosures,
        }))
    }

    /// The attestation in the log.
    pub fn attestation(&self) -> &CommittedAttestation {
        &self.0.attestation
    }

    /// What the resident agreed to share.
    pub fn disclosures(&self) -> &Disclosures {
        &self.0.disclosures
    }
}

impl fmt::Debug for Keepsake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}
