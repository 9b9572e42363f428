//! The policy registry: issuers publish versions without a gap, and what is withdrawn stays so.

use alloy_primitives::{Address, B256, keccak256};
use attestation_contracts::bindings::access::AccessControl::revokeRoleCall;
use attestation_contracts::bindings::policies::PolicyRegistry::{
    AlreadyPublished, Malformed, NotAnIssuer, NotResponsible, NothingToWithdraw, Published,
    VersionDue, Withdrawn, inForceCall, newestVersionCall, policyOfCall, publishCall, withdrawCall,
};

use crate::chain::{
    AUTHORITY, Chain, Done, ISSUER, OPERATOR, Reverted, SENDER, START, STRANGER, issuer_role,
    nothing_new, refused,
};

const ONE_YEAR_S: u64 = 365 * 24 * 3600;

fn policy(version: u64) -> publishCall {
    publishCall {
        series: keccak256("residence"),
        hash: keccak256(version.to_be_bytes()),
        version,
        validFrom: START,
        validUntil: START + ONE_YEAR_S,
    }
}

fn publish(chain: &mut Chain, by: Address, call: publishCall) -> Result<Done, Reverted> {
    chain.send(by, chain.policies, call)
}

fn withdraw(chain: &mut Chain, by: Address, hash: B256) -> Result<Done, Reverted> {
    chain.send(
        by,
        chain.policies,
        withdrawCall {
            issuer: ISSUER,
            hash,
        },
    )
}

fn in_force(chain: &mut Chain, issuer: Address, time: u64) -> bool {
    let hash = policy(1).hash;
    chain.ask(chain.policies, inForceCall { issuer, hash, time })
}

#[test]
fn an_issuer_publishes_versions_and_an_auditor_finds_them_by_hash() {
    let mut chain = Chain::in_service();
    let call = policy(1);
    let done = publish(&mut chain, ISSUER, call.clone()).unwrap();
    let event = done.event::<Published>();
    assert_eq!(
        (event.issuer, event.hash, event.series),
        (ISSUER, call.hash, call.series)
    );
    assert_eq!((event.version, event.validFrom), (1, START));
    assert_eq!(event.validUntil, START + ONE_YEAR_S);
    publish(&mut chain, ISSUER, policy(2)).unwrap();

    let there = chain.ask(
        chain.policies,
        policyOfCall {
            issuer: ISSUER,
            hash: call.hash,
        },
    );
    assert_eq!(
        (there.series, there.version, there.withdrawnAt),
        (call.series, 1, 0)
    );
    assert_eq!(
        (there.validFrom, there.validUntil),
        (call.validFrom, call.validUntil)
    );
    let newest = newestVersionCall {
        issuer: ISSUER,
        series: call.series,
    };
    assert_eq!(chain.ask(chain.policies, newest), 2);
}

#[test]
fn a_policy_is_in_force_from_its_first_second_to_before_its_last() {
    let mut chain = Chain::in_service();
    publish(&mut chain, ISSUER, policy(1)).unwrap();
    assert!(!in_force(&mut chain, ISSUER, START - 1));
    assert!(in_force(&mut chain, ISSUER, START));
    assert!(in_force(&mut chain, ISSUER, START + ONE_YEAR_S - 1));
    assert!(!in_force(&mut chain, ISSUER, START + ONE_YEAR_S));
    assert!(
        !in_force(&mut chain, STRANGER, START),
        "an issuer speaks for itself"
    );
}

#[test]
fn only_an_issuer_publishes_and_only_while_appointed() {
    let mut chain = Chain::in_service();
    for account in [AUTHORITY, OPERATOR, SENDER, STRANGER] {
        refused(
            publish(&mut chain, account, policy(1)),
            NotAnIssuer { account },
        );
    }
    publish(&mut chain, ISSUER, policy(1)).unwrap();
    let call = revokeRoleCall {
        role: issuer_role(),
        account: ISSUER,
    };
    chain.send(AUTHORITY, chain.registry, call).unwrap();
    refused(
        publish(&mut chain, ISSUER, policy(2)),
        NotAnIssuer { account: ISSUER },
    );
    let error = NotResponsible {
        issuer: ISSUER,
        caller: ISSUER,
    };
    refused(withdraw(&mut chain, ISSUER, policy(1).hash), error);
    assert!(
        in_force(&mut chain, ISSUER, START),
        "what was published stands"
    );
}

#[test]
fn publishing_the_same_again_changes_nothing_and_anything_else_is_refused() {
    let mut chain = Chain::in_service();
    publish(&mut chain, ISSUER, policy(1)).unwrap();
    nothing_new(publish(&mut chain, ISSUER, policy(1)));

    let hash = policy(1).hash;
    let others = [
        publishCall {
            version: 2,
            ..policy(1)
        },
        publishCall {
            series: keccak256("other"),
            ..policy(1)
        },
        publishCall {
            validFrom: START + 1,
            ..policy(1)
        },
        publishCall {
            validUntil: START + 1,
            ..policy(1)
        },
    ];
    for other in others {
        refused(
            publish(&mut chain, ISSUER, other),
            AlreadyPublished { hash },
        );
    }
}

#[test]
fn versions_come_in_order_without_a_gap() {
    let mut chain = Chain::in_service();
    for version in [0, 2, u64::MAX] {
        refused(
            publish(&mut chain, ISSUER, policy(version)),
            VersionDue { version: 1 },
        );
    }
    publish(&mut chain, ISSUER, policy(1)).unwrap();
    refused(
        publish(&mut chain, ISSUER, policy(3)),
        VersionDue { version: 2 },
    );
    let second_first = publishCall {
        hash: keccak256("another"),
        ..policy(1)
    };
    refused(
        publish(&mut chain, ISSUER, second_first),
        VersionDue { version: 2 },
    );
}

#[test]
fn nonsense_is_refused() {
    let mut chain = Chain::in_service();
    let no_hash = publishCall {
        hash: B256::ZERO,
        ..policy(1)
    };
    refused(publish(&mut chain, ISSUER, no_hash), Malformed {});
    let never = publishCall {
        validUntil: START,
        ..policy(1)
    };
    refused(publish(&mut chain, ISSUER, never), Malformed {});
}

#[test]
fn what_is_withdrawn_is_out_of_force_for_good() {
    let mut chain = Chain::in_service();
    let hash = policy(1).hash;
    refused(
        withdraw(&mut chain, ISSUER, hash),
        NothingToWithdraw {
            issuer: ISSUER,
            hash,
        },
    );
    publish(&mut chain, ISSUER, policy(1)).unwrap();
    for caller in [OPERATOR, SENDER, STRANGER] {
        let error = NotResponsible {
            issuer: ISSUER,
            caller,
        };
        refused(withdraw(&mut chain, caller, hash), error);
    }

    let done = withdraw(&mut chain, ISSUER, hash).unwrap();
    assert_eq!(
        done.event::<Withdrawn>(),
        Withdrawn {
            issuer: ISSUER,
            hash,
            by: ISSUER
        }
    );
    let at = chain.now;
    assert!(in_force(&mut chain, ISSUER, at - 1));
    assert!(!in_force(&mut chain, ISSUER, at));
    refused(
        withdraw(&mut chain, ISSUER, hash),
        NothingToWithdraw {
            issuer: ISSUER,
            hash,
        },
    );
    nothing_new(publish(&mut chain, ISSUER, policy(1)));
    assert!(!in_force(&mut chain, ISSUER, at));
}

#[test]
fn the_authority_withdraws_what_an_issuer_does_not() {
    let mut chain = Chain::in_service();
    publish(&mut chain, ISSUER, policy(1)).unwrap();
    let done = withdraw(&mut chain, AUTHORITY, policy(1).hash).unwrap();
    assert_eq!(done.event::<Withdrawn>().by, AUTHORITY);
}
