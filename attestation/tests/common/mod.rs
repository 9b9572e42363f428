//! A kiosk with its operator, a log in a temporary folder, and claims to commit.
#![allow(dead_code, reason = "every test file uses another part of it")]

use attestation::{
    Band, Claims, CommittedAttestation, Credential, Decision, DeviceKey, DocumentAuthenticity,
    DocumentEvidence, DocumentKind, DocumentValidity, FactorOutcome, Factors, Log, Name,
    OperatorKey, OperatorPublicKey, Pseudonym, TimeQuality, Validity,
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
    let mut id = [0xA5; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    Claims {
        id,
        kiosk: name("kiosk-07"),
        site: name("hall-2"),
        issued_at: NOW,
        time_quality: TimeQuality::Synchronised,
        service: name("residence"),
        policy: [0x11; 32],
        document: Some(DocumentEvidence {
            kind: DocumentKind::ResidentIdCard,
            authenticity: DocumentAuthenticity::SamRead,
            validity: DocumentValidity::InForce,
        }),
        factors: Factors {
            liveness: FactorOutcome::Band(Band::Accepted),
            face: FactorOutcome::Band(Band::Strong),
        },
        decision: Decision::Verified,
        officer: None,
        models: [0x22; 16],
        firmware: name("0.1.0"),
        subject: Some(Pseudonym([0x33; 16])),
        software: Some([0x44; 16]),
        disclosable: Vec::new(),
    }
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}
