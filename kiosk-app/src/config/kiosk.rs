//! `[kiosk]`: which kiosk this is.

use attestation::Name;
use serde::Deserialize;

use super::name;

/// Which kiosk this is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kiosk {
    /// Its identifier, as the operator enrolled it.
    #[serde(deserialize_with = "name")]
    pub id: Name,
    /// Identifier of the place where it stands.
    #[serde(deserialize_with = "name")]
    pub site: Name,
}
