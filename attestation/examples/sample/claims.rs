//! Claims with everything that is usual in them, for tests and measurements: the one place where they
//! stand. Who needs others changes what differs.

use attestation::{
    Band, Claims, Decision, DocumentAuthenticity, DocumentEvidence, DocumentKind, DocumentValidity,
    FactorOutcome, Factors, Name, NameError, Pseudonym, TimeQuality,
};

/// The claims with this number, of this time (seconds since 1970).
pub fn claims(number: u64, issued_at: u64) -> Result<Claims, NameError> {
    let mut id = [0xA5; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    Ok(Claims {
        id,
        kiosk: Name::new("kiosk-07")?,
        site: Name::new("hall-2")?,
        issued_at,
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
