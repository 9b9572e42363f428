//! What a trust list must not let through, byte by byte.

use super::*;

#[cfg(feature = "log")]
mod issued {
    use super::*;
    use crate::{Credential, DeviceKey, OperatorKey, Validity};
    use ed25519_dalek::SigningKey;

    const ISSUED: u64 = 1_800_000_000;
    const WEEK_S: u64 = 7 * 86_400;

    fn operator(seed: u8) -> OperatorKey {
        OperatorKey(SigningKey::from_bytes(&[seed; 32]))
    }

    fn device(seed: u8) -> DevicePublicKey {
        DeviceKey::from_seed(&[seed; 32]).public()
    }

    fn credential(operator: &OperatorKey, kiosk: &str, seed: u8) -> Credential {
        let (kiosk, site) = (Name::new(kiosk).unwrap(), Name::new("hall-2").unwrap());
        let validity = Validity {
            not_before: ISSUED - 100,
            not_after: ISSUED + 100,
        };
        Credential::issue(operator, kiosk, site, device(seed), validity)
    }

    /// Kiosk 1 has a new key, kiosk 2 is doubtful, kiosk 3 was stolen.
    fn list() -> TrustList {
        let operator = operator(1);
        let mut draft = TrustDraft::first(&operator);
        for (kiosk, seed) in [("k1", 11), ("k1", 12), ("k2", 21), ("k3", 31), ("k4", 41)] {
            draft.vouch(&credential(&operator, kiosk, seed)).unwrap();
        }
        draft.rotate(&device(11), &device(12), ISSUED - 50).unwrap();
        draft.suspend(&device(21), ISSUED - 40).unwrap();
        draft.revoke(&device(31), 0).unwrap();
        draft.issue(ISSUED, ISSUED + WEEK_S).unwrap()
    }

    #[test]
    fn a_list_survives_its_file() {
        let list = list();
        let read = TrustList::decode(&list.encode(), &operator(1).public()).unwrap();
        assert_eq!(read, list);
        assert_eq!((read.sequence(), read.keys().len()), (1, 5));
        let of = |kiosk, seed| {
            let found = read.find(&Name::new(kiosk).unwrap(), &device(seed));
            found.map(|listed| listed.state.as_code())
        };
        assert_eq!(of("k1", 11), Some("rotated"));
        assert_eq!(of("k1", 12), Some("active"));
        assert_eq!(of("k2", 21), Some("suspended"));
        assert_eq!(of("k3", 31), Some("revoked"));
        assert_eq!(of("k3", 41), None, "another kiosk's key");
        assert_eq!(of("k9", 99), None);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let (bytes, operator) = (list().encode(), operator(1).public());
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let read = TrustList::decode(&changed, &operator);
                assert!(read.is_err(), "byte {at}, bit {bit}");
            }
            assert!(TrustList::decode(&bytes[..at], &operator).is_err());
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(TrustList::decode(&longer, &operator).is_err());
    }

    #[test]
    fn another_operators_list_and_another_kind_of_message_say_what_they_are() {
        let (list, owner) = (list(), operator(1));
        let code = |bytes: &[u8], key: &OperatorPublicKey| {
            TrustList::decode(bytes, key).unwrap_err().as_code()
        };
        let other = operator(2).public();
        assert_eq!(code(&list.encode(), &other), "trust_list_signature");
        let credential = credential(&owner, "k1", 11).to_cose();
        assert_eq!(code(&credential, &owner.public()), "trust_list_malformed");
        let huge = vec![0; TrustList::MAX_BYTES + 1];
        assert_eq!(code(&huge, &owner.public()), "trust_list_too_large");
    }

    /// Even the operator's own signature does not make a list of a form that nobody writes.
    #[test]
    fn a_signed_list_out_of_order_or_with_too_many_keys_is_refused() {
        let signed = |content: &Content| {
            let payload = content.payload();
            let message = Sign1 {
                signature: Purpose::TrustList.sign(&operator(1).0, &payload),
                payload: &payload,
            };
            let bytes = message.encode(Purpose::TrustList);
            TrustList::decode(&bytes, &operator(1).public())
        };
        let honest = list().content;
        assert!(signed(&honest).is_ok());
        let mut reversed = honest.clone();
        reversed.keys.reverse();
        let mut doubled = honest.clone();
        doubled.keys.insert(0, honest.keys[0].clone());
        let mut never_fresh = honest.clone();
        never_fresh.next_update = honest.issued_at;
        let mut crowded = honest.clone();
        crowded.keys = vec![honest.keys[0].clone(); MAX_KEYS + 1];
        for wrong in [reversed, doubled, never_fresh, crowded] {
            assert!(matches!(signed(&wrong), Err(TrustListError::Malformed(_))));
        }
    }

    /// Figures of the README: kiosks named like `kiosk-07`.
    #[test]
    fn the_sizes_of_short_lists_are_those_told() {
        let operator = operator(1);
        let size = |keys: u8| {
            let mut draft = TrustDraft::first(&operator);
            for seed in 0..keys {
                let name = format!("kiosk-{seed:02}");
                draft.vouch(&credential(&operator, &name, seed)).unwrap();
            }
            draft.issue(ISSUED, ISSUED + WEEK_S).unwrap().encode().len()
        };
        assert_eq!((size(1), size(20)), (192, 1257));
    }

    #[test]
    fn the_largest_list_is_within_the_limit() {
        let operator = operator(1);
        let longest = Name::new("k".repeat(48)).unwrap();
        let state = KeyState::Rotated {
            from: u64::MAX,
            to: device(1),
        };
        let listed = ListedKey {
            key: device(1),
            kiosk: longest,
            validity: Validity {
                not_before: u64::MAX,
                not_after: u64::MAX,
            },
            state,
        };
        let mut content = list().content;
        content.keys = vec![listed; MAX_KEYS];
        let payload = content.payload();
        let message = Sign1 {
            payload: &payload,
            signature: Purpose::TrustList.sign(&operator.0, &payload),
        };
        assert!(message.encode(Purpose::TrustList).len() < MAX_BYTES);
    }

    #[test]
    fn what_must_not_happen_to_a_key_cannot_be_written() {
        let owner = operator(1);
        let mut draft = TrustDraft::after(&list(), &owner).unwrap();
        let state = |draft: &TrustDraft<'_>, seed| {
            let mut keys = draft.keys();
            keys.find(|listed| listed.key == device(seed))
                .unwrap()
                .state
        };
        // A revoked key stays so, and only ever from an earlier moment on.
        assert!(draft.reinstate(&device(31)).is_err());
        assert!(draft.suspend(&device(31), 5).is_err());
        draft.revoke(&device(31), ISSUED).unwrap();
        assert_eq!(state(&draft, 31), KeyState::Revoked { from: 0 });
        // A suspended one comes back whole; a rotated one can still be revoked.
        draft.reinstate(&device(21)).unwrap();
        assert_eq!(state(&draft, 21), KeyState::Active);
        assert!(draft.rotate(&device(11), &device(12), 7).is_err());
        draft.revoke(&device(11), ISSUED).unwrap();
        let rotation = ISSUED - 50;
        assert_eq!(state(&draft, 11), KeyState::Revoked { from: rotation });
        // One kiosk's key does not follow another's, nor itself.
        assert!(draft.rotate(&device(21), &device(41), 7).is_err());
        assert!(draft.rotate(&device(41), &device(41), 7).is_err());
        let moved = credential(&owner, "k1", 41);
        assert!(matches!(
            draft.vouch(&moved),
            Err(DraftError::AnotherKiosk { .. })
        ));
        let foreign = credential(&operator(2), "k5", 51);
        assert_eq!(draft.vouch(&foreign), Err(DraftError::AnotherOperator));
        assert_eq!(draft.revoke(&device(99), 1), Err(DraftError::NotListed));
        let next = draft.issue(ISSUED + 1, ISSUED + 2).unwrap();
        assert_eq!(next.sequence(), 2);
    }

    #[test]
    fn a_list_is_built_on_the_operators_own_only() {
        let other = operator(2);
        let refused = TrustDraft::after(&list(), &other).unwrap_err();
        assert_eq!(refused, DraftError::AnotherOperator);
        let never_fresh = TrustDraft::first(&other).issue(5, 5).unwrap_err();
        assert_eq!(never_fresh, DraftError::NeverFresh);
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(0_u8.., 0..300)) {
        let _ = Content::read(&mut crate::cbor::Reader::new(&bytes));
    }
}
