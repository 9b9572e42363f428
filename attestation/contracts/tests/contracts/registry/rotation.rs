//! New keys and senders, and what stays readable of the old ones.

use alloy_primitives::{Address, B256};
use attestation_contracts::bindings::registry::KioskRegistry::{
    Rotated, SenderUsed, keyOfCall, kioskCall, rotateCall,
};

use super::{OTHER_KIOSK, SUSPENDED, kiosk_of, reinstate, rotate, state, suspend};
use crate::chain::{
    AUTHORITY, BINDING_R, BINDING_S, Chain, DEVICE_KEY, KIOSK, NEW_DEVICE_KEY, NEW_SENDER,
    OPERATOR, SENDER, STRANGER, enrol, refused, rotation,
};

#[test]
fn a_rotation_changes_the_keys_and_the_old_sender_never_comes_back() {
    let mut chain = Chain::in_service();
    let done = rotate(&mut chain, OPERATOR, NEW_SENDER).unwrap();
    let expected = Rotated {
        kiosk: KIOSK,
        by: OPERATOR,
        deviceKey: NEW_DEVICE_KEY,
        sender: NEW_SENDER,
        bindingR: BINDING_S,
        bindingS: BINDING_R,
    };
    assert_eq!(done.event::<Rotated>(), expected);
    assert_eq!(kiosk_of(&mut chain, SENDER), B256::ZERO);
    assert_eq!(kiosk_of(&mut chain, NEW_SENDER), KIOSK);

    let used = SenderUsed { sender: SENDER };
    refused(rotate(&mut chain, OPERATOR, SENDER), used.clone());
    refused(
        chain.send(OPERATOR, chain.registry, enrol(OTHER_KIOSK, SENDER)),
        used,
    );
}

#[test]
fn the_device_key_alone_can_be_rotated_too() {
    let mut chain = Chain::in_service();
    rotate(&mut chain, OPERATOR, SENDER).unwrap();
    assert_eq!(kiosk_of(&mut chain, SENDER), KIOSK);
    assert_eq!(
        chain.ask(chain.registry, kioskCall { id: KIOSK }).deviceKey,
        NEW_DEVICE_KEY
    );
}

#[test]
fn every_key_that_a_kiosk_had_stays_readable_with_its_sender_binding_and_time() {
    let mut chain = Chain::in_service();
    let key = |chain: &mut Chain, id: B256, device_key: B256| {
        let call = keyOfCall {
            id,
            deviceKey: device_key,
        };
        let key = chain.ask(chain.registry, call);
        let binding = (key.bindingR, key.bindingS);
        (key.sender, binding, key.since, key.until)
    };
    let nothing = (Address::ZERO, (B256::ZERO, B256::ZERO), 0, 0);
    let enrolled = chain.now;
    let first = (SENDER, (BINDING_R, BINDING_S), enrolled);
    let with_end = |until| (first.0, first.1, first.2, until);
    assert_eq!(key(&mut chain, KIOSK, DEVICE_KEY), with_end(0));
    assert_eq!(key(&mut chain, KIOSK, NEW_DEVICE_KEY), nothing);

    rotate(&mut chain, OPERATOR, NEW_SENDER).unwrap();
    let rotated = chain.now;
    let second = (NEW_SENDER, (BINDING_S, BINDING_R), rotated, 0);
    assert_eq!(key(&mut chain, KIOSK, DEVICE_KEY), with_end(rotated));
    assert_eq!(key(&mut chain, KIOSK, NEW_DEVICE_KEY), second);
    assert_eq!(key(&mut chain, OTHER_KIOSK, DEVICE_KEY), nothing);

    // The same key with another sender: only the sender and its binding change.
    rotate(&mut chain, OPERATOR, STRANGER).unwrap();
    let third = (STRANGER, (BINDING_S, BINDING_R), rotated, 0);
    assert_eq!(key(&mut chain, KIOSK, NEW_DEVICE_KEY), third);
    assert_eq!(key(&mut chain, KIOSK, DEVICE_KEY), with_end(rotated));

    // A key that comes back is the newest again, and known since it was first listed.
    let back = rotateCall {
        deviceKey: DEVICE_KEY,
        ..rotation(KIOSK, STRANGER)
    };
    chain.send(OPERATOR, chain.registry, back).unwrap();
    let returned = (STRANGER, (BINDING_S, BINDING_R), enrolled, 0);
    assert_eq!(key(&mut chain, KIOSK, DEVICE_KEY), returned);
    let ended = chain.now;
    assert_eq!(key(&mut chain, KIOSK, NEW_DEVICE_KEY).3, ended);
}

#[test]
fn a_suspended_kiosk_stays_suspended_through_a_rotation() {
    let mut chain = Chain::in_service();
    suspend(&mut chain, AUTHORITY).unwrap();
    rotate(&mut chain, OPERATOR, NEW_SENDER).unwrap();
    assert_eq!(state(&mut chain), SUSPENDED);
    assert_eq!(kiosk_of(&mut chain, NEW_SENDER), B256::ZERO);
    reinstate(&mut chain, AUTHORITY).unwrap();
    assert_eq!(kiosk_of(&mut chain, NEW_SENDER), KIOSK);
    assert_eq!(kiosk_of(&mut chain, SENDER), B256::ZERO);
}
