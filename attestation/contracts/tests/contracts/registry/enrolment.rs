//! Who enrols kiosks, and what is refused.

use alloy_primitives::{Address, B256};
use attestation_contracts::bindings::access::AccessControl::grantRoleCall;
use attestation_contracts::bindings::registry::KioskRegistry::{
    AlreadyEnrolled, Enrolled, SenderUsed, ZeroValue, enrolCall, kioskCall, operatorOfCall,
    rotateCall,
};

use super::{ACTIVE, OTHER_KIOSK, kiosk_of, rotate};
use crate::chain::{
    AUTHORITY, BINDING_R, BINDING_S, Chain, DEVICE_KEY, ISSUER, KIOSK, NEW_SENDER, OPERATOR,
    OTHER_OPERATOR, SENDER, STRANGER, enrol, lacks_role, operator_role, refused, rotation,
};

#[test]
fn the_authority_appoints_an_operator_who_enrols_a_kiosk() {
    let mut chain = Chain::deployed();
    let role = operator_role();
    lacks_role(
        chain.send(OPERATOR, chain.registry, enrol(KIOSK, SENDER)),
        OPERATOR,
        role,
    );
    chain
        .send(
            AUTHORITY,
            chain.registry,
            grantRoleCall {
                role,
                account: OPERATOR,
            },
        )
        .unwrap();

    let done = chain
        .send(OPERATOR, chain.registry, enrol(KIOSK, SENDER))
        .unwrap();
    let expected = Enrolled {
        kiosk: KIOSK,
        operator: OPERATOR,
        deviceKey: DEVICE_KEY,
        sender: SENDER,
        bindingR: BINDING_R,
        bindingS: BINDING_S,
    };
    assert_eq!(done.event::<Enrolled>(), expected);

    assert_eq!(kiosk_of(&mut chain, SENDER), KIOSK);
    let now = chain.now;
    let kiosk = chain.ask(chain.registry, kioskCall { id: KIOSK });
    assert_eq!((kiosk.deviceKey, kiosk.sender), (DEVICE_KEY, SENDER));
    assert_eq!((kiosk.bindingR, kiosk.bindingS), (BINDING_R, BINDING_S));
    assert_eq!((kiosk.state, kiosk.since), (ACTIVE, now));
    let operator = chain.ask(chain.registry, operatorOfCall { id: KIOSK });
    assert_eq!(
        (operator.operator, operator.heldByAuthority),
        (OPERATOR, false)
    );
}

#[test]
fn an_unknown_kiosk_reads_as_zero() {
    let mut chain = Chain::in_service();
    assert_eq!(kiosk_of(&mut chain, STRANGER), B256::ZERO);
    let kiosk = chain.ask(chain.registry, kioskCall { id: OTHER_KIOSK });
    assert_eq!(
        (kiosk.deviceKey, kiosk.sender, kiosk.state),
        (B256::ZERO, Address::ZERO, 0)
    );
    assert_eq!(kiosk.since, 0);
}

#[test]
fn only_operators_enrol_and_not_even_the_authority() {
    let mut chain = Chain::in_service();
    for account in [AUTHORITY, ISSUER, SENDER, STRANGER] {
        let result = chain.send(account, chain.registry, enrol(OTHER_KIOSK, NEW_SENDER));
        lacks_role(result, account, operator_role());
    }
}

#[test]
fn a_kiosk_and_a_sender_are_enrolled_once() {
    let mut chain = Chain::in_service();
    let registry = chain.registry;
    let again = AlreadyEnrolled { kiosk: KIOSK };
    refused(
        chain.send(OPERATOR, registry, enrol(KIOSK, SENDER)),
        again.clone(),
    );
    refused(
        chain.send(OTHER_OPERATOR, registry, enrol(KIOSK, NEW_SENDER)),
        again,
    );
    let taken = SenderUsed { sender: SENDER };
    refused(
        chain.send(OPERATOR, registry, enrol(OTHER_KIOSK, SENDER)),
        taken,
    );
}

#[test]
fn zero_is_no_kiosk_no_key_and_no_sender() {
    let mut chain = Chain::in_service();
    let registry = chain.registry;
    refused(
        chain.send(OPERATOR, registry, enrol(B256::ZERO, NEW_SENDER)),
        ZeroValue {},
    );
    refused(
        chain.send(OPERATOR, registry, enrol(OTHER_KIOSK, Address::ZERO)),
        ZeroValue {},
    );
    let no_key = enrolCall {
        deviceKey: B256::ZERO,
        ..enrol(OTHER_KIOSK, NEW_SENDER)
    };
    refused(chain.send(OPERATOR, registry, no_key), ZeroValue {});
    refused(rotate(&mut chain, OPERATOR, Address::ZERO), ZeroValue {});
    let no_key = rotateCall {
        deviceKey: B256::ZERO,
        ..rotation(KIOSK, NEW_SENDER)
    };
    refused(chain.send(OPERATOR, registry, no_key), ZeroValue {});
}
