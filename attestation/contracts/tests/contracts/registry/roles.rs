//! Who appoints whom, and what a lost role takes away.

use alloy_primitives::B256;
use attestation_contracts::bindings::access::AccessControl::{
    AccessControlEnforcedDefaultAdminDelay, AccessControlEnforcedDefaultAdminRules,
    AccessControlInvalidDefaultAdmin, acceptDefaultAdminTransferCall,
    beginDefaultAdminTransferCall, grantRoleCall, renounceRoleCall, revokeRoleCall,
};
use attestation_contracts::bindings::registry::KioskRegistry::{
    Assigned, NotAnOperator, NotResponsible, assignCall,
};

use super::{ONE_DAY_S, OTHER_KIOSK, kiosk_of, rotate, suspend};
use crate::chain::{
    AUTHORITY, Chain, ISSUER, KIOSK, NEW_SENDER, OPERATOR, OTHER_OPERATOR, SENDER, STRANGER, enrol,
    issuer_role, lacks_role, operator_role, refused,
};

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
