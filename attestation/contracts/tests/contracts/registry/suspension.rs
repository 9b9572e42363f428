//! Who suspends and reinstates which kiosk.

use alloy_primitives::B256;
use attestation_contracts::bindings::registry::KioskRegistry::{
    HeldByAuthority, NotResponsible, Reinstated, Suspended, UnknownKiosk, WrongState, assignCall,
    operatorOfCall, reinstateCall, suspendCall,
};

use super::{ACTIVE, OTHER_KIOSK, SUSPENDED, kiosk_of, reinstate, rotate, state, suspend};
use crate::chain::{
    AUTHORITY, Chain, ISSUER, KIOSK, NEW_SENDER, OPERATOR, OTHER_OPERATOR, SENDER, STRANGER,
    refused, rotation,
};

#[test]
fn an_operator_suspends_and_reinstates_its_kiosk() {
    let mut chain = Chain::in_service();
    let done = suspend(&mut chain, OPERATOR).unwrap();
    assert_eq!(
        done.event::<Suspended>(),
        Suspended {
            kiosk: KIOSK,
            by: OPERATOR
        }
    );
    assert_eq!(kiosk_of(&mut chain, SENDER), B256::ZERO);
    assert_eq!(state(&mut chain), SUSPENDED);
    let suspended = WrongState {
        kiosk: KIOSK,
        state: SUSPENDED,
    };
    refused(suspend(&mut chain, OPERATOR), suspended);

    let done = reinstate(&mut chain, OPERATOR).unwrap();
    assert_eq!(
        done.event::<Reinstated>(),
        Reinstated {
            kiosk: KIOSK,
            by: OPERATOR
        }
    );
    assert_eq!(kiosk_of(&mut chain, SENDER), KIOSK);
    let active = WrongState {
        kiosk: KIOSK,
        state: ACTIVE,
    };
    refused(reinstate(&mut chain, OPERATOR), active);
}

#[test]
fn what_the_authority_suspended_only_the_authority_reinstates() {
    let mut chain = Chain::in_service();
    suspend(&mut chain, OPERATOR).unwrap();
    suspend(&mut chain, AUTHORITY).unwrap();
    assert!(
        chain
            .ask(chain.registry, operatorOfCall { id: KIOSK })
            .heldByAuthority
    );
    refused(
        suspend(&mut chain, OPERATOR),
        WrongState {
            kiosk: KIOSK,
            state: SUSPENDED,
        },
    );
    refused(
        suspend(&mut chain, AUTHORITY),
        WrongState {
            kiosk: KIOSK,
            state: SUSPENDED,
        },
    );
    refused(
        reinstate(&mut chain, OPERATOR),
        HeldByAuthority { kiosk: KIOSK },
    );

    reinstate(&mut chain, AUTHORITY).unwrap();
    assert_eq!(state(&mut chain), ACTIVE);
    assert!(
        !chain
            .ask(chain.registry, operatorOfCall { id: KIOSK })
            .heldByAuthority
    );
}

#[test]
fn nobody_else_touches_a_kiosk() {
    let mut chain = Chain::in_service();
    for caller in [OTHER_OPERATOR, ISSUER, SENDER, STRANGER] {
        let error = NotResponsible {
            kiosk: KIOSK,
            caller,
        };
        refused(suspend(&mut chain, caller), error.clone());
        refused(reinstate(&mut chain, caller), error.clone());
        refused(rotate(&mut chain, caller, NEW_SENDER), error);
    }
    let registry = chain.registry;
    let unknown = UnknownKiosk { kiosk: OTHER_KIOSK };
    refused(
        chain.send(AUTHORITY, registry, suspendCall { id: OTHER_KIOSK }),
        unknown.clone(),
    );
    refused(
        chain.send(AUTHORITY, registry, reinstateCall { id: OTHER_KIOSK }),
        unknown.clone(),
    );
    let call = rotation(OTHER_KIOSK, NEW_SENDER);
    refused(chain.send(AUTHORITY, registry, call), unknown.clone());
    let call = assignCall {
        id: OTHER_KIOSK,
        operator: OPERATOR,
    };
    refused(chain.send(AUTHORITY, registry, call), unknown);
}
