//! A kiosk and its claims, as the measurements of sizes use them.

use std::error::Error;

use attestation::{
    Band, Claims, Credential, Decision, DeviceKey, DocumentAuthenticity, DocumentEvidence,
    DocumentKind, DocumentValidity, FactorOutcome, Factors, Name, OperatorKey, OperatorPublicKey,
    Pseudonym, TimeQuality, Validity,
};

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

/// Claims with everything that is usual in them.
pub fn claims(number: u64) -> Result<Claims, Box<dyn Error>> {
    let mut id = [0xA5; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    Ok(Claims {
        id,
        kiosk: Name::new("kiosk-07")?,
        site: Name::new("hall-2")?,
        issued_at: NOW,
        time_quality: TimeQuality::Synchronised,
        service: Name::new("residence")?,
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
        firmware: Name::new("0.1.0")?,
        subject: Some(Pseudonym([0x33; 16])),
        software: Some([0x44; 16]),
        disclosable: Vec::new(),
    })
}
