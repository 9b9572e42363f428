//! A kiosk with its operator, a log in a temporary folder, and claims to commit.
#![allow(dead_code, reason = "every test file uses another part of it")]

#[cfg(feature = "evm")]
pub mod anvil;
#[cfg(feature = "evm")]
pub mod bad_endpoint;
pub mod patience;
#[path = "../../examples/sample/claims.rs"]
mod sample;

use std::path::Path;

use attestation::{
    Claims, CommittedAttestation, Credential, DeviceKey, Log, Name, OperatorKey, OperatorPublicKey,
    Validity,
};
use tempfile::TempDir;

/// 2025-01-01T08:00:00Z: in the past of every machine that runs the tests.
pub const NOW: u64 = 1_735_718_400;

pub struct Kiosk {
    pub folder: TempDir,
    pub operator: OperatorKey,
    pub device: DeviceKey,
    pub credential: Credential,
    pub log: Log,
}

impl Kiosk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operator = OperatorKey::generate().unwrap();
        let device = DeviceKey::from_seed(&[42; 32]);
        let log = Log::create(&folder.path().join("log.sqlite")).unwrap();
        Self {
            credential: credential(&operator, &device),
            folder,
            operator,
            device,
            log,
        }
    }

    /// A kiosk whose log already has `size` entries.
    pub fn with_entries(size: u64) -> Self {
        let mut kiosk = Self::new();
        for number in 0..size {
            kiosk.commit(&claims(number));
        }
        kiosk
    }

    pub fn commit(&mut self, claims: &Claims) -> CommittedAttestation {
        self.log
            .commit(claims, &self.device, &self.credential)
            .unwrap()
    }

    /// A copy of the log's file as it is now; the log stays open.
    pub fn copy_log(&mut self, copy: &Path) {
        let path = self.folder.path().join("log.sqlite");
        // A closed log has everything in one file.
        self.log = Log::create(&self.folder.path().join("other.sqlite")).unwrap();
        std::fs::copy(&path, copy).unwrap();
        self.log = Log::open(&path).unwrap();
        std::fs::remove_file(self.folder.path().join("other.sqlite")).unwrap();
    }

    pub fn operator_public(&self) -> OperatorPublicKey {
        self.operator.public()
    }
}

pub fn credential(operator: &OperatorKey, device: &DeviceKey) -> Credential {
    let one_year = Validity {
        not_before: NOW - 86_400,
        not_after: NOW + 364 * 86_400,
    };
    Credential::issue(
        operator,
        name("kiosk-07"),
        name("hall-2"),
        device.public(),
        one_year,
    )
}

/// Claims as a kiosk makes them, with everything that is usual in them.
pub fn claims(number: u64) -> Claims {
    sample::claims(number, NOW).unwrap()
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}
