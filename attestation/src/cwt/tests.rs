//! Claims and their bytes, in both versions.

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
