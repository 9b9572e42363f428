//! Claims as a CBOR Web Token (RFC 8392), with labels of proof of possession (RFC 8747) and of the
//! Entity Attestation Token (RFC 9711) where they fit, in deterministic CBOR. `claims.cddl` says
//! the same formally.

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::cbor::{DecodeError, Reader, Writer, decode_strictly};
use crate::claims::{
    Claims, Decision, DocumentAuthenticity, DocumentEvidence, DocumentKind, DocumentValidity,
    FactorOutcome, Factors, MAX_DISCLOSABLE, Reason, TimeQuality,
};
use crate::pseudonym::Pseudonym;

/// Issuer.
pub(crate) const ISS: i64 = 1;
/// Subject.
pub(crate) const SUB: i64 = 2;
/// Expiration time: on and after it the token is not accepted.
pub(crate) const EXP: i64 = 4;
/// Not before.
pub(crate) const NBF: i64 = 5;
/// Issued at.
pub(crate) const IAT: i64 = 6;
/// CWT ID.
pub(crate) const CTI: i64 = 7;
/// Confirmation: the key that is vouched for.
pub(crate) const CNF: i64 = 8;
/// EAT software version: `[version]`.
pub(crate) const SWVERSION: i64 = 271;

/// Everything without a registered label stands in one map under this one private-use label (the
/// registry leaves integers below -65536 to private use): labels that far out take five bytes, so
/// they are paid for once.
pub(crate) const PRIVATE: i64 = -65537;

/// A COSE key in a `cnf` claim.
pub(crate) const CNF_COSE_KEY: i64 = 1;

/// The newest version of the claim set that this program writes and reads. Claims are written in
/// the lowest version that can say them, so that there is one encoding, and one of version 1 stays
/// what it was when it was signed.
const NEWEST_VERSION: u64 = 2;

/// Keys of the map under [`PRIVATE`].
mod key {
    pub(super) const VERSION: i64 = 0;
    pub(super) const SITE: i64 = 1;
    pub(super) const TIME_QUALITY: i64 = 2;
    pub(super) const SERVICE: i64 = 3;
    pub(super) const POLICY: i64 = 4;
    pub(super) const DOCUMENT: i64 = 5;
    pub(super) const FACTORS: i64 = 6;
    pub(super) const DECISION: i64 = 7;
    pub(super) const OFFICER: i64 = 8;
    pub(super) const MODELS: i64 = 9;
    /// From version 2 on.
    pub(super) const DISCLOSABLE: i64 = 10;
    /// From version 2 on.
    pub(super) const SOFTWARE: i64 = 11;
}

impl Claims {
    /// The claims as a CWT claims set.
    #[must_use]
    pub fn to_cwt(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.map(5 + u64::from(self.subject.is_some()));
        w.int(ISS).text(self.kiosk.as_str());
        if let Some(subject) = &self.subject {
            w.int(SUB).text(&subject_text(subject));
        }
        w.int(IAT).uint(self.issued_at);
        w.int(CTI).bytes(&self.id);
        w.int(SWVERSION).array(1).text(self.firmware.as_str());
        w.int(PRIVATE);
        self.write_private(&mut w);
        w.finish()
    }

    /// Reads a CWT claims set.
    ///
    /// # Errors
    /// When the bytes are not the one encoding of claims of this version.
    pub fn from_cwt(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_strictly(bytes, Self::read, Self::to_cwt)
    }

    /// Reads claims out of a longer text, whose reader proves that this is their one encoding.
    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.map()?;
        let kiosk = r.after(ISS, Reader::name)?;
        let subject = r.after_optional(SUB, read_subject)?;
        let issued_at = r.after(IAT, Reader::uint)?;
        let id = r.after(CTI, Reader::bytes)?;
        let firmware = r.after(SWVERSION, |r| {
            r.array(1)?;
            r.name()
        })?;
        r.after(PRIVATE, Reader::map)?;
        match r.after(key::VERSION, Reader::uint)? {
            1..=NEWEST_VERSION => {}
            other => return Err(DecodeError::UnknownVersion(other)),
        }
        Ok(Self {
            id,
            kiosk,
            issued_at,
            firmware,
            subject,
            site: r.after(key::SITE, Reader::name)?,
            time_quality: r.after(key::TIME_QUALITY, |r| {
                r.coded("a time quality", TimeQuality::from_number)
            })?,
            service: r.after(key::SERVICE, Reader::name)?,
            policy: r.after(key::POLICY, Reader::bytes)?,
            document: r.after_optional(key::DOCUMENT, read_document)?,
            factors: r.after(key::FACTORS, read_factors)?,
            decision: r.after(key::DECISION, read_decision)?,
            officer: r.after_optional(key::OFFICER, Reader::name)?,
            models: r.after(key::MODELS, Reader::bytes)?,
            disclosable: r
                .after_optional(key::DISCLOSABLE, read_disclosable)?
                .unwrap_or_default(),
            software: r.after_optional(key::SOFTWARE, Reader::bytes)?,
        })
    }

    fn write_private(&self, w: &mut Writer) {
        let optional = [
            self.document.is_some(),
            self.officer.is_some(),
            !self.disclosable.is_empty(),
            self.software.is_some(),
        ];
        w.map(8 + optional.into_iter().map(u64::from).sum::<u64>());
        w.int(key::VERSION).uint(self.version());
        w.int(key::SITE).text(self.site.as_str());
        w.int(key::TIME_QUALITY).code(self.time_quality.number());
        w.int(key::SERVICE).text(self.service.as_str());
        w.int(key::POLICY).bytes(&self.policy);
        if let Some(document) = &self.document {
            w.int(key::DOCUMENT).array(3);
            w.code(document.kind.number());
            w.code(document.authenticity.number());
            w.code(document.validity.number());
        }
        w.int(key::FACTORS).array(2);
        w.code(self.factors.liveness.number());
        w.code(self.factors.face.number());
        write_decision(w.int(key::DECISION), self.decision);
        if let Some(officer) = &self.officer {
            w.int(key::OFFICER).text(officer.as_str());
        }
        w.int(key::MODELS).bytes(&self.models);
        if !self.disclosable.is_empty() {
            w.int(key::DISCLOSABLE).array(self.disclosable.len() as u64);
            self.disclosable
                .iter()
                .for_each(|digest| _ = w.bytes(digest));
        }
        if let Some(software) = &self.software {
            w.int(key::SOFTWARE).bytes(software);
        }
    }
}

fn write_decision(w: &mut Writer, decision: Decision) {
    match decision.reason() {
        None => w.array(1).code(decision.number()),
        Some(reason) => w.array(2).code(decision.number()).code(reason.number()),
    };
}

fn read_document(r: &mut Reader<'_>) -> Result<DocumentEvidence, DecodeError> {
    r.array(3)?;
    Ok(DocumentEvidence {
        kind: r.coded("a kind of document", DocumentKind::from_number)?,
        authenticity: r.coded(
            "a document's authenticity",
            DocumentAuthenticity::from_number,
        )?,
        validity: r.coded("a document's validity", DocumentValidity::from_number)?,
    })
}

fn read_factors(r: &mut Reader<'_>) -> Result<Factors, DecodeError> {
    r.array(2)?;
    Ok(Factors {
        liveness: r.coded("the outcome of liveness", FactorOutcome::from_number)?,
        face: r.coded(
            "the outcome of the face comparison",
            FactorOutcome::from_number,
        )?,
    })
}

fn read_decision(r: &mut Reader<'_>) -> Result<Decision, DecodeError> {
    let items = r.any_array()?;
    let decision = r.uint()?;
    if (items, decision) == (1, 0) {
        return Ok(Decision::Verified);
    }
    let reason = r.coded("a reason", Reason::from_number)?;
    match (items, decision) {
        (2, 1) => Ok(Decision::NotVerified(reason)),
        (2, 2) => Ok(Decision::Referred(reason)),
        _ => Err(DecodeError::Unknown { what: "a decision" }),
    }
}

/// In ascending order, so that there is one way to write them and none tells which field it is of.
fn read_disclosable(r: &mut Reader<'_>) -> Result<Vec<[u8; 32]>, DecodeError> {
    let unknown = |what| DecodeError::Unknown { what };
    let length = r.any_array()?;
    if length > MAX_DISCLOSABLE as u64 {
        return Err(unknown("the number of disclosable fields"));
    }
    let digests = (0..length)
        .map(|_| r.bytes())
        .collect::<Result<Vec<_>, _>>()?;
    if are_disclosable(&digests) {
        Ok(digests)
    } else {
        Err(unknown("the number or order of disclosable fields"))
    }
}

/// Whether digests stand in claims as they should, where any stand there.
pub(crate) fn are_disclosable(digests: &[[u8; 32]]) -> bool {
    let few = (1..=MAX_DISCLOSABLE).contains(&digests.len());
    few && digests.is_sorted_by(|one, next| one < next)
}

/// `sub` is text in a CWT, so the pseudonym stands there in base64url.
fn subject_text(subject: &Pseudonym) -> String {
    Base64UrlUnpadded::encode_string(&subject.0)
}

fn read_subject(r: &mut Reader<'_>) -> Result<Pseudonym, DecodeError> {
    let mut pseudonym = [0; 16];
    match Base64UrlUnpadded::decode(r.text()?, &mut pseudonym) {
        Ok(all) if all.len() == 16 => Ok(Pseudonym(pseudonym)),
        _ => Err(DecodeError::Unknown { what: "a subject" }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::claims::Band;
    use crate::name::Name;

    fn any_name() -> impl Strategy<Value = Name> {
        "[A-Za-z0-9._:-]{1,48}".prop_map(|text| Name::new(text).unwrap())
    }

    fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
        prop::sample::select(all)
    }

    fn any_outcome() -> impl Strategy<Value = FactorOutcome> {
        (0_u8..=4).prop_map(|n| FactorOutcome::from_number(n).unwrap())
    }

    fn any_document() -> impl Strategy<Value = DocumentEvidence> {
        let parts = (
            any_of(DocumentKind::ALL),
            any_of(DocumentAuthenticity::ALL),
            any_of(DocumentValidity::ALL),
        );
        parts.prop_map(|(kind, authenticity, validity)| DocumentEvidence {
            kind,
            authenticity,
            validity,
        })
    }

    fn any_decision() -> impl Strategy<Value = Decision> {
        (0..3, any_of(Reason::ALL)).prop_map(|(which, reason)| match which {
            0 => Decision::Verified,
            1 => Decision::NotVerified(reason),
            _ => Decision::Referred(reason),
        })
    }

    prop_compose! {
        fn any_claims()(
            (id, policy, models) in any::<([u8; 16], [u8; 32], [u8; 16])>(),
            (kiosk, site, service, firmware) in (any_name(), any_name(), any_name(), any_name()),
            issued_at in any::<u64>(),
            time_quality in any_of(TimeQuality::ALL),
            document in prop::option::of(any_document()),
            (liveness, face) in (any_outcome(), any_outcome()),
            decision in any_decision(),
            officer in prop::option::of(any_name()),
            subject in prop::option::of(any::<[u8; 16]>()),
            software in prop::option::of(any::<[u8; 16]>()),
            disclosable in prop::collection::btree_set(any::<[u8; 32]>(), 0..=MAX_DISCLOSABLE),
        ) -> Claims {
            Claims {
                id, kiosk, site, issued_at, time_quality, service, policy, document,
                factors: Factors { liveness, face },
                decision, officer, models, firmware,
                subject: subject.map(Pseudonym),
                software,
                disclosable: disclosable.into_iter().collect(),
            }
        }
    }

    proptest! {
        #[test]
        fn claims_survive_encoding(claims in any_claims()) {
            prop_assert_eq!(Claims::from_cwt(&claims.to_cwt()).unwrap(), claims);
        }

        #[test]
        fn whatever_is_accepted_is_the_one_encoding(
            claims in any_claims(),
            at in any::<prop::sample::Index>(),
            flip in 1_u8..,
        ) {
            let mut bytes = claims.to_cwt();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Ok(other) = Claims::from_cwt(&bytes) {
                prop_assert_ne!(&other, &claims);
                prop_assert_eq!(other.to_cwt(), bytes);
            }
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Claims::from_cwt(&bytes);
        }
    }

    fn documented() -> Claims {
        let name = |text| Name::new(text).unwrap();
        Claims {
            id: [1; 16],
            kiosk: name("k"),
            site: name("s"),
            issued_at: 1_800_000_000,
            time_quality: TimeQuality::Synchronised,
            service: name("v"),
            policy: [2; 32],
            document: Some(DocumentEvidence {
                kind: DocumentKind::ResidentIdCard,
                authenticity: DocumentAuthenticity::SamRead,
                validity: DocumentValidity::InForce,
            }),
            factors: Factors {
                liveness: FactorOutcome::Band(Band::Accepted),
                face: FactorOutcome::Band(Band::Strong),
            },
            decision: Decision::Referred(Reason::PolicyRefers),
            officer: Some(name("o")),
            models: [3; 16],
            firmware: name("1"),
            subject: Some(Pseudonym([0; 16])),
            software: None,
            disclosable: Vec::new(),
        }
    }

    /// The bytes of version 1 up to the map of private claims, which has so many entries.
    fn documented_start(entries: u8) -> Vec<u8> {
        [
            &[0xa6, 0x01, 0x61, b'k', 0x02, 0x76][..],
            &[b'A'; 22],
            &[0x06, 0x1a, 0x6b, 0x49, 0xd2, 0x00, 0x07, 0x50],
            &[1; 16],
            &[0x19, 0x01, 0x0f, 0x81, 0x61, b'1'],
            &[0x3a, 0x00, 0x01, 0x00, 0x00, 0xa0 + entries],
        ]
        .concat()
    }

    fn documented_private(version: u8) -> Vec<u8> {
        [
            &[
                0x00, version, 0x01, 0x61, b's', 0x02, 0x01, 0x03, 0x61, b'v',
            ][..],
            &[0x04, 0x58, 0x20],
            &[2; 32],
            &[0x05, 0x83, 1, 1, 1, 0x06, 0x82, 3, 4, 0x07, 0x82, 2, 11],
            &[0x08, 0x61, b'o', 0x09, 0x50],
            &[3; 16],
        ]
        .concat()
    }

    /// Pins the bytes: other implementations depend on them. Read it beside `claims.cddl`.
    #[test]
    fn the_encoding_is_the_documented_one() {
        let expected = [documented_start(10), documented_private(1)].concat();
        assert_eq!(documented().to_cwt(), expected);
        let claims = Claims {
            software: Some([4; 16]),
            disclosable: vec![[5; 32], [6; 32]],
            ..documented()
        };
        let expected = [
            documented_start(12),
            documented_private(2),
            vec![0x0a, 0x82, 0x58, 0x20],
            vec![5; 32],
            vec![0x58, 0x20],
            vec![6; 32],
            vec![0x0b, 0x50],
            vec![4; 16],
        ]
        .concat();
        assert_eq!(claims.to_cwt(), expected);
    }

    #[test]
    fn each_version_holds_what_it_can_say_and_nothing_else() {
        let new_claims_in_old = [documented_start(11), documented_private(1)].concat();
        let new_claims_in_old = [&new_claims_in_old[..], &[0x0b, 0x50], &[4; 16]].concat();
        let nothing_new_in_new = [documented_start(10), documented_private(2)].concat();
        for bytes in [new_claims_in_old, nothing_new_in_new] {
            let read = Claims::from_cwt(&bytes);
            assert!(
                matches!(read, Err(DecodeError::NotDeterministic)),
                "{read:?}"
            );
        }
    }

    #[test]
    fn disclosable_fields_are_few_and_stand_in_one_order() {
        let read = |disclosable| {
            let claims = Claims {
                disclosable,
                ..documented()
            };
            Claims::from_cwt(&claims.to_cwt())
        };
        assert!(read(vec![[1; 32], [2; 32]]).is_ok());
        assert!(read(vec![[2; 32], [1; 32]]).is_err());
        assert!(read(vec![[1; 32], [1; 32]]).is_err());
        let many = |count: usize| (0..count).map(|n| [n as u8; 32]).collect::<Vec<_>>();
        assert!(read(many(MAX_DISCLOSABLE)).is_ok());
        assert!(read(many(MAX_DISCLOSABLE + 1)).is_err());
    }

    #[test]
    fn claims_of_another_version_say_so() {
        let mut w = Writer::new();
        w.map(5).int(ISS).text("k").int(IAT).uint(0);
        w.int(CTI).bytes(&[0; 16]).int(SWVERSION).array(1).text("1");
        w.int(PRIVATE).map(1).int(0).uint(3);
        assert!(matches!(
            Claims::from_cwt(&w.finish()),
            Err(DecodeError::UnknownVersion(3))
        ));
    }
}
