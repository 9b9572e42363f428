//! What a kiosk says about one verification: typed values, and nothing that names a person. The
//! encoding is in `cwt.rs`, the formal description in `claims.cddl`.

use crate::codes::coded;
use crate::name::Name;
use crate::pseudonym::Pseudonym;

/// How many card fields one verification can make disclosable at most.
pub const MAX_DISCLOSABLE: usize = 8;

/// The claims of one verification. Those of version 1 have neither [`Claims::software`] nor
/// [`Claims::disclosable`]; those of version 2 have one of them or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The claim set's own random identifier (`cti`); committing it twice commits it once.
    pub id: [u8; 16],
    /// The kiosk (`iss`), as in its credential.
    pub kiosk: Name,
    /// Where the kiosk stands, as in its credential.
    pub site: Name,
    /// When, in seconds since 1970-01-01T00:00:00Z (`iat`).
    pub issued_at: u64,
    /// How well the kiosk knew the time.
    pub time_quality: TimeQuality,
    /// The service that asked for the verification.
    pub service: Name,
    /// SHA-256 of the policy in force.
    pub policy: [u8; 32],
    /// The document that was shown; none where the resident could not present one.
    pub document: Option<DocumentEvidence>,
    /// What was found about the person.
    pub factors: Factors,
    /// What follows from it.
    pub decision: Decision,
    /// The officer who decided, where one did.
    pub officer: Option<Name>,
    /// The first 16 bytes of SHA-256 over the manifest of the models that were used.
    pub models: [u8; 16],
    /// Version of the kiosk's software (`swversion`).
    pub firmware: Name,
    /// The person, as this service's provider knows them (`sub`).
    pub subject: Option<Pseudonym>,
    /// The first 16 bytes of SHA-256 over the program that made these claims, as it ran.
    pub software: Option<[u8; 16]>,
    /// The card fields that the resident agreed to share: SHA-256 over their SD-JWT disclosures
    /// (RFC 9901 §4.2.3), in ascending order, at most [`MAX_DISCLOSABLE`]. What they hide behind
    /// their salts stands only in the wallet form, and only if the holder shows it.
    pub disclosable: Vec<[u8; 32]>,
}

impl Claims {
    /// The version of the claim set that these claims need.
    #[must_use]
    pub const fn version(&self) -> u64 {
        if self.software.is_none() && self.disclosable.is_empty() {
            1
        } else {
            2
        }
    }
}

/// A document, and what was found about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentEvidence {
    /// What it is.
    pub kind: DocumentKind,
    /// How it was shown to be genuine.
    pub authenticity: DocumentAuthenticity,
    /// Whether it is in force.
    pub validity: DocumentValidity,
}

/// The outcome of each factor, in bands: a raw score would tell an attacker how close he came,
/// and means nothing without the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factors {
    /// Presentation attack detection (ISO/IEC 30107): was a living person in front of the camera?
    pub liveness: FactorOutcome,
    /// Face comparison (ISO/IEC 2382-37): is it the holder of the document?
    pub face: FactorOutcome,
}

/// What one factor said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FactorOutcome {
    /// It was not looked at.
    NotPerformed,
    /// It was, with this result.
    Band(Band),
}

impl FactorOutcome {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(self) -> &'static str {
        match self {
            Self::NotPerformed => "not_performed",
            Self::Band(band) => band.as_code(),
        }
    }

    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::NotPerformed => 0,
            Self::Band(band) => band.number(),
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::NotPerformed),
            band => Band::from_number(band).map(Self::Band),
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        match code {
            "not_performed" => Some(Self::NotPerformed),
            band => Band::from_code(band).map(Self::Band),
        }
    }
}

impl std::fmt::Display for FactorOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotPerformed => f.write_str("not performed"),
            Self::Band(band) => band.fmt(f),
        }
    }
}

/// The decision of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The person is the holder of the document.
    Verified,
    /// The person could not be shown to be the holder of the document.
    NotVerified(Reason),
    /// An officer decides.
    Referred(Reason),
}

impl Decision {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::NotVerified(_) => "not_verified",
            Self::Referred(_) => "referred",
        }
    }

    /// Why it is not "verified".
    #[must_use]
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Verified => None,
            Self::NotVerified(reason) | Self::Referred(reason) => Some(reason),
        }
    }

    pub(crate) fn from_codes(code: &str, reason: Option<Reason>) -> Option<Self> {
        match (code, reason) {
            ("verified", None) => Some(Self::Verified),
            ("not_verified", Some(reason)) => Some(Self::NotVerified(reason)),
            ("referred", Some(reason)) => Some(Self::Referred(reason)),
            _ => None,
        }
    }

    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Verified => 0,
            Self::NotVerified(_) => 1,
            Self::Referred(_) => 2,
        }
    }
}

impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Verified => f.write_str("verified"),
            Self::NotVerified(reason) => write!(f, "not verified: {reason}"),
            Self::Referred(reason) => write!(f, "referred to an officer: {reason}"),
        }
    }
}

coded! {
    /// How well the kiosk knew the time.
    pub enum TimeQuality {
        Synchronised = 1, "synchronised", "clock synchronised with a time server";
        Unsynchronised = 2, "unsynchronised", "clock not synchronised";
    }
}

coded! {
    /// A kind of identity document.
    pub enum DocumentKind {
        ResidentIdCard = 1, "resident_id_card", "resident identity card";
        ForeignerPermanentResidence = 2, "foreigner_permanent_residence",
            "foreigner's permanent residence card";
        HkMacaoTaiwanPermit = 3, "hk_macao_taiwan_permit",
            "residence permit for Hong Kong, Macao and Taiwan residents";
        Passport = 4, "passport", "passport";
        ElectronicIdCard = 5, "electronic_id_card", "electronic identity card (ICAO 9303)";
    }
}

coded! {
    /// How a document was shown to be genuine.
    pub enum DocumentAuthenticity {
        SamRead = 1, "sam_read", "read through the reader's security module";
        ChipAuthenticated = 2, "chip_authenticated", "its chip proved to be genuine";
        NotAuthenticated = 3, "not_authenticated", "not shown to be genuine";
        StateSigned = 4, "state_signed", "its data is signed by the issuing state; its chip offers no proof that it is no copy";
    }
}

coded! {
    /// Whether a document was in force at the time.
    pub enum DocumentValidity {
        InForce = 1, "in_force", "in force";
        Expired = 2, "expired", "expired";
        NotYetInForce = 3, "not_yet_in_force", "not yet in force";
        Unknown = 4, "unknown", "validity not known";
    }
}

coded! {
    /// The band a factor's result fell into.
    pub enum Band {
        Refused = 1, "refused", "refused";
        Doubtful = 2, "doubtful", "doubtful";
        Accepted = 3, "accepted", "accepted";
        Strong = 4, "strong", "accepted, strongly";
    }
}

coded! {
    /// Why a decision is not "verified".
    pub enum Reason {
        NotSamePerson = 1, "not_same_person", "the face is not that of the document's holder";
        DoubtfulComparison = 2, "doubtful_comparison", "the comparison of the face left doubt";
        PresentationAttack = 3, "presentation_attack", "a picture or mask was shown to the camera";
        DoubtfulLiveness = 4, "doubtful_liveness", "it is doubtful whether a living person was there";
        ResidentCannot = 5, "resident_cannot", "the resident asked for an officer";
        DocumentNotAccepted = 6, "document_not_accepted", "the document is not accepted here";
        DocumentExpired = 7, "document_expired", "the document is not in force";
        DocumentWithoutPhoto = 8, "document_without_photo", "the document holds no usable photo";
        NoUsableCapture = 9, "no_usable_capture", "no usable picture of the face was obtained";
        PolicyForbids = 10, "policy_forbids", "the policy in force forbids it";
        PolicyRefers = 11, "policy_refers", "the policy in force leaves it to an officer";
        DocumentUnreadable = 12, "document_unreadable", "the document could not be read";
        DocumentNotYetInForce = 13, "document_not_yet_in_force", "the document is not in force yet";
        ClockUnreliable = 14, "clock_unreliable", "the kiosk's clock could not be relied on";
        KioskFault = 15, "kiosk_fault", "the kiosk could not do its part";
        PhotoUndecodable = 16, "photo_undecodable", "the kiosk cannot decode the document's photo";
        DocumentLacksField = 17, "document_lacks_field", "the document does not hold what the service needs";
        PhotoTooPoor = 18, "photo_too_poor", "the document's photo is too poor to compare with";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_means_one_value() {
        for band in Band::ALL {
            let outcome = FactorOutcome::Band(*band);
            assert_eq!(FactorOutcome::from_number(outcome.number()), Some(outcome));
        }
        assert_eq!(
            FactorOutcome::from_number(0),
            Some(FactorOutcome::NotPerformed)
        );
        assert_eq!(FactorOutcome::from_number(5), None);
        for reason in Reason::ALL {
            assert_eq!(Reason::from_number(reason.number()), Some(*reason));
        }
    }
}
