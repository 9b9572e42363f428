//! The kiosk of the lab: always the same keys and claims, so that two clients with the same count of
//! attestations have the same log, byte for byte.

use std::error::Error;
use std::path::Path;

use attestation::chain::{Account, AccountError};
use attestation::{Claims, Credential, DeviceKey, Log, Name, NameError, OperatorKey, Validity};

#[path = "../../examples/sample/claims.rs"]
mod usual;

/// What the kiosk's checkpoints name as their origin.
pub const ORIGIN: &str = "kiosk-log/hall-2/kiosk-07";

/// 2025-01-01T08:00:00Z, the time in all claims.
const ISSUED_AT: u64 = 1_735_718_400;
const ONE_YEAR_S: u64 = 365 * 24 * 3600;

/// Accounts 0 and 1 that both kinds of node give funds to at their start: keys that everybody knows,
/// from the mnemonic "test test test test test test test test test test test junk".
const AUTHORITY: [u8; 32] =
    alloy_primitives::hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
const SENDER: [u8; 32] =
    alloy_primitives::hex!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");

/// Authority and operator of the network.
pub fn authority() -> Result<Account, AccountError> {
    Account::from_secret(&AUTHORITY)
}

/// The account from which the kiosk submits.
pub fn sender() -> Result<Account, AccountError> {
    Account::from_secret(&SENDER)
}

/// The kiosk's Ed25519 key.
pub fn device() -> DeviceKey {
    DeviceKey::from_seed(&[42; 32])
}

/// Issues the kiosk's credential into a file, from which all clients of a run take it.
pub fn issue_credential(path: &Path) -> Result<(), Box<dyn Error>> {
    let validity = Validity {
        not_before: ISSUED_AT,
        not_after: ISSUED_AT + ONE_YEAR_S,
    };
    let operator = OperatorKey::generate()?;
    let (kiosk, site) = (name("kiosk-07")?, name("hall-2")?);
    let credential = Credential::issue(&operator, kiosk, site, device().public(), validity);
    Ok(std::fs::write(path, credential.to_cose())?)
}

/// A log together with what it takes to commit to it.
pub struct Desk {
    /// The log.
    pub log: Log,
    device: DeviceKey,
    credential: Credential,
}

impl Desk {
    /// Opens the log, or makes it if it is not there.
    pub fn open(log: &Path, credential: &Path) -> Result<Self, Box<dyn Error>> {
        let log = if log.exists() {
            Log::open(log)?
        } else {
            Log::create(log)?
        };
        let credential = Credential::from_cose(&std::fs::read(credential)?)?;
        Ok(Self {
            log,
            device: device(),
            credential,
        })
    }

    /// Commits the next attestation; the size of the log with it.
    pub fn commit(&mut self) -> Result<u64, Box<dyn Error>> {
        let claims = claims(self.log.size()?)?;
        let committed = self.log.commit(&claims, &self.device, &self.credential)?;
        Ok(committed.index() + 1)
    }
}

fn claims(number: u64) -> Result<Claims, NameError> {
    Ok(Claims {
        software: None,
        ..usual::claims(number, ISSUED_AT)?
    })
}

fn name(text: &str) -> Result<Name, NameError> {
    Name::new(text)
}
