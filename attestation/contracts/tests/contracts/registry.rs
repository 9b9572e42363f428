//! The registry: who appoints, enrols, suspends, reinstates and rotates, and what is refused.

use alloy_primitives::{Address, B256};
use attestation_contracts::bindings::access::AccessControl::{
    AccessControlEnforcedDefaultAdminDelay, AccessControlEnforcedDefaultAdminRules,
    AccessControlInvalidDefaultAdmin, acceptDefaultAdminTransferCall,
    beginDefaultAdminTransferCall, grantRoleCall, renounceRoleCall, revokeRoleCall,
};
use attestation_contracts::bindings::registry::KioskRegistry::{
    AlreadyEnrolled, Assigned, Enrolled, HeldByAuthority, NotAnOperator, NotResponsible,
    Reinstated, Rotated, SenderUsed, Suspended, UnknownKiosk, WrongState, ZeroValue, assignCall,
    enrolCall, keyOfCall, kioskCall, kioskOfCall, operatorOfCall, reinstateCall, rotateCall,
    suspendCall,
};

use crate::chain::{
    AUTHORITY, BINDING_R, BINDING_S, Chain, DEVICE_KEY, Done, ISSUER, KIOSK, NEW_DEVICE_KEY,
    NEW_SENDER, OPERATOR, OTHER_OPERATOR, Reverted, SENDER, STRANGER, enrol, issuer_role,
    lacks_role, operator_role, refused, rotation,
};

const OTHER_KIOSK: B256 = B256::repeat_byte(0x08);
const ACTIVE: u8 = 1;
const SUSPENDED: u8 = 2;
const ONE_DAY_S: u64 = 24 * 3600;

type Result = std::result::Result<Done, Reverted>;

fn suspend(chain: &mut Chain, by: Address) -> Result {
    chain.send(by, chain.registry, suspendCall { id: KIOSK })
}

fn reinstate(chain: &mut Chain, by: Address) -> Result {
    chain.send(by, chain.registry, reinstateCall { id: KIOSK })
}

fn rotate(chain: &mut Chain, by: Address, sender: Address) -> Result {
    chain.send(by, chain.registry, rotation(KIOSK, sender))
}

fn kiosk_of(chain: &mut Chain, sender: Address) -> B256 {
    chain.ask(chain.registry, kioskOfCall { sender })
}

fn state(chain: &mut Chain) -> u8 {
    chain.ask(chain.registry, kioskCall { id: KIOSK }).state
}

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
fn nobody_but_the_authority_appoints() {
    let mut chain = Chain::in_service();
    for account in [OPERATOR, ISSUER, SENDER, STRANGER] {
        for role in [operator_role(), issuer_role()] {
            let call = grantRoleCall {
                role,
                account: STRANGER,
            };
            lacks_role(
                chain.send(account, chain.registry, call),
                account,
                B256::ZERO,
            );
            let call = revokeRoleCall {
                role,
                account: OPERATOR,
            };
            lacks_role(
                chain.send(account, chain.registry, call),
                account,
                B256::ZERO,
            );
        }
        let call = assignCall {
            id: KIOSK,
            operator: OTHER_OPERATOR,
        };
        lacks_role(
            chain.send(account, chain.registry, call),
            account,
            B256::ZERO,
        );
        let call = beginDefaultAdminTransferCall { newAdmin: account };
        lacks_role(
            chain.send(account, chain.registry, call),
            account,
            B256::ZERO,
        );
    }
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

#[test]
fn an_operator_that_lost_its_role_can_do_nothing_and_its_kiosks_go_on() {
    let mut chain = Chain::in_service();
    let role = operator_role();
    chain
        .send(
            AUTHORITY,
            chain.registry,
            revokeRoleCall {
                role,
                account: OPERATOR,
            },
        )
        .unwrap();

    let error = NotResponsible {
        kiosk: KIOSK,
        caller: OPERATOR,
    };
    refused(suspend(&mut chain, OPERATOR), error.clone());
    refused(rotate(&mut chain, OPERATOR, NEW_SENDER), error);
    lacks_role(
        chain.send(OPERATOR, chain.registry, enrol(OTHER_KIOSK, NEW_SENDER)),
        OPERATOR,
        role,
    );
    assert_eq!(kiosk_of(&mut chain, SENDER), KIOSK);

    let call = assignCall {
        id: KIOSK,
        operator: STRANGER,
    };
    refused(
        chain.send(AUTHORITY, chain.registry, call),
        NotAnOperator { account: STRANGER },
    );
    let call = assignCall {
        id: KIOSK,
        operator: OTHER_OPERATOR,
    };
    let done = chain.send(AUTHORITY, chain.registry, call).unwrap();
    assert_eq!(
        done.event::<Assigned>(),
        Assigned {
            kiosk: KIOSK,
            operator: OTHER_OPERATOR
        }
    );
    suspend(&mut chain, OTHER_OPERATOR).unwrap();
}

#[test]
fn an_operator_may_give_its_role_back_but_not_another_ones() {
    let mut chain = Chain::in_service();
    let role = operator_role();
    let call = renounceRoleCall {
        role,
        account: OTHER_OPERATOR,
    };
    chain.send(OPERATOR, chain.registry, call).unwrap_err();
    let call = renounceRoleCall {
        role,
        account: OPERATOR,
    };
    chain.send(OPERATOR, chain.registry, call).unwrap();
    refused(
        suspend(&mut chain, OPERATOR),
        NotResponsible {
            kiosk: KIOSK,
            caller: OPERATOR,
        },
    );
}

#[test]
fn the_authority_is_handed_over_in_two_steps_and_a_day_and_never_shared() {
    let mut chain = Chain::in_service();
    let registry = chain.registry;
    let role = B256::ZERO;
    let share = grantRoleCall {
        role,
        account: STRANGER,
    };
    refused(
        chain.send(AUTHORITY, registry, share),
        AccessControlEnforcedDefaultAdminRules {},
    );

    let begin = beginDefaultAdminTransferCall { newAdmin: STRANGER };
    chain.send(AUTHORITY, registry, begin).unwrap();
    let accept = || acceptDefaultAdminTransferCall {};
    let not_you = AccessControlInvalidDefaultAdmin {
        defaultAdmin: OPERATOR,
    };
    refused(chain.send(OPERATOR, registry, accept()), not_you);
    let schedule = alloy_primitives::Uint::from(chain.now - 10 + ONE_DAY_S);
    let too_early = AccessControlEnforcedDefaultAdminDelay { schedule };
    refused(chain.send(STRANGER, registry, accept()), too_early);
    assert!(suspend(&mut chain, STRANGER).is_err());

    chain.now += ONE_DAY_S;
    chain.send(STRANGER, registry, accept()).unwrap();
    refused(
        suspend(&mut chain, AUTHORITY),
        NotResponsible {
            kiosk: KIOSK,
            caller: AUTHORITY,
        },
    );
    suspend(&mut chain, STRANGER).unwrap();
}
