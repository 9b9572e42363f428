//! What stands behind a key store: something that seals secrets so that only this machine can
//! unseal them.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use super::container::Container;
use super::{Counter, KeyError, Secret};

/// How keys are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sealed to a TPM 2.0.
    Tpm,
    /// Encrypted in a file.
    File,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tpm => "a TPM",
            Self::File => "an encrypted file",
        })
    }
}

/// Why secrets are not kept as well as they could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// They are in a file, and there is a TPM.
    TpmUnused,
    /// They are in a file that any machine can open.
    Unbound,
}

/// Secrets by their names.
pub(super) type Secrets = BTreeMap<String, Secret>;

/// Secrets sealed for a container that is not in force yet.
pub(super) struct Sealed {
    /// What goes into the file.
    pub container: Container,
    /// What brings it into force; forgotten, it never comes into force.
    pub permit: Permit,
}

/// What a driver needs to bring a container into force.
#[cfg_attr(
    not(feature = "tpm"),
    allow(dead_code, reason = "the TPM's driver alone asks")
)]
#[derive(Default)]
pub(super) struct Permit(pub Zeroizing<Vec<u8>>);

/// Whether a container is the newest one.
#[cfg_attr(not(feature = "tpm"), allow(dead_code, reason = "only a TPM can tell"))]
pub(super) enum Standing {
    /// It is, as far as the driver can know.
    InForce,
    /// It is not: it was replaced, or never brought into force.
    NotInForce {
        /// The number of the one that is.
        current: u64,
    },
}

/// A way to seal secrets.
pub(super) trait Driver: Send + Sync {
    /// Which way.
    fn kind(&self) -> Kind;

    /// In words, for the technician.
    fn describe(&self) -> String;

    /// Whether another machine could not unseal what is sealed here.
    fn is_bound(&self) -> bool;

    /// Makes what must be there before anything can be sealed, once per key store, and gives
    /// secrets of the driver's own to be sealed with the others. `begun`: an earlier attempt in this
    /// folder was cut off, so what is there already is its own.
    fn establish(&self, begun: bool) -> Result<Secrets, KeyError>;

    /// Whether a container is the newest one.
    fn standing(&self, container: &Container) -> Result<Standing, KeyError>;

    /// Seals secrets into the container that follows this one.
    fn seal(&self, before: Option<&Container>, secrets: &Secrets) -> Result<Sealed, KeyError>;

    /// Makes a container the one in force, in one step: all that were sealed before are of no use
    /// from then on, where the driver can see to that.
    fn bring_into_force(&self, permit: &Permit) -> Result<(), KeyError>;

    /// Unseals secrets of a container.
    fn unseal(&self, container: &Container, names: &[&str]) -> Result<Secrets, KeyError>;

    /// The number that only grows.
    fn counter(&self, own: &Secrets) -> Result<Counter, KeyError>;

    /// Lets the counter stand at a larger value without counting up to it; gives what is to be
    /// sealed for that.
    fn raised_counter(&self, value: u64) -> Result<Secrets, KeyError>;

    /// Sees to it that nothing sealed so far can be unsealed, where the driver can.
    fn forget(&self) -> Result<(), KeyError>;

    /// Whether new seals would be under other conditions than those of this container.
    fn differs_from(&self, container: &Container) -> bool;
}
