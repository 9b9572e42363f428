//! A kiosk and its claims, as the measurements of sizes use them.

use std::error::Error;

use attestation::{
    Claims, Credential, DeviceKey, Name, NameError, OperatorKey, OperatorPublicKey, Validity,
};

#[path = "claims.rs"]
mod usual;

/// 2026-11-21T08:00:00Z.
#[allow(dead_code, reason = "not every measurement needs the time")]
pub const NOW: u64 = 1_795_248_000;

/// An operator's key, and its word for the kiosk, for a year.
pub fn vouch(device: &DeviceKey) -> Result<(OperatorPublicKey, Credential), Box<dyn Error>> {
    let validity = Validity {
        not_before: NOW - 1,
        not_after: NOW + 365 * 86_400,
    };
    let (kiosk, site) = (Name::new("kiosk-07")?, Name::new("hall-2")?);
    let operator = OperatorKey::generate()?;
    let key = device.public();
    let credential = Credential::issue(&operator, kiosk, site, key, validity);
    Ok((operator.public(), credential))
}

/// Claims of that moment.
pub fn claims(number: u64) -> Result<Claims, NameError> {
    usual::claims(number, NOW)
}
