//! The anchor of status lists: numbers grow, a number has one list, repeats are harmless.

use alloy_primitives::{Address, B256, keccak256};
use attestation_contracts::bindings::access::AccessControl::revokeRoleCall;
use attestation_contracts::bindings::status_lists::StatusListAnchor::{
    ListAnchored, NotAnOperator, NumberNotGrowing, NumberTaken, ZeroDigest, listOfCall, newestCall,
    publishCall,
};

use crate::chain::{
    AUTHORITY, Chain, Done, ISSUER, OPERATOR, OTHER_OPERATOR, Reverted, SENDER, STRANGER,
    nothing_new, operator_role, refused,
};

fn list(number: u64) -> publishCall {
    publishCall {
        list: keccak256("https://status.example/1"),
        number,
        digest: keccak256(number.to_be_bytes()),
    }
}

fn publish(chain: &mut Chain, by: Address, call: publishCall) -> Result<Done, Reverted> {
    chain.send(by, chain.status_lists, call)
}

#[test]
fn an_operator_anchors_its_lists() {
    let mut chain = Chain::in_service();
    for number in [1, 2, 10] {
        let call = list(number);
        let done = publish(&mut chain, OPERATOR, call.clone()).unwrap();
        let digest = call.digest;
        let expected = ListAnchored {
            operator: OPERATOR,
            list: call.list,
            number,
            digest,
        };
        assert_eq!(done.event::<ListAnchored>(), expected);
        let now = chain.now;
        let entry = listOfCall {
            operator: OPERATOR,
            list: call.list,
            number,
        };
        let there = chain.ask(chain.status_lists, entry);
        assert_eq!((there.digest, there.time), (digest, now));
        let newest = newestCall {
            operator: OPERATOR,
            list: call.list,
        };
        assert_eq!(chain.ask(chain.status_lists, newest), number);
    }
}

#[test]
fn only_operators_and_only_while_appointed() {
    let mut chain = Chain::in_service();
    for account in [AUTHORITY, ISSUER, SENDER, STRANGER] {
        refused(
            publish(&mut chain, account, list(1)),
            NotAnOperator { account },
        );
    }
    publish(&mut chain, OPERATOR, list(1)).unwrap();
    let call = revokeRoleCall {
        role: operator_role(),
        account: OPERATOR,
    };
    chain.send(AUTHORITY, chain.registry, call).unwrap();
    refused(
        publish(&mut chain, OPERATOR, list(2)),
        NotAnOperator { account: OPERATOR },
    );
}

#[test]
fn an_older_list_never_becomes_the_newest() {
    let mut chain = Chain::in_service();
    publish(&mut chain, OPERATOR, list(5)).unwrap();
    refused(
        publish(&mut chain, OPERATOR, list(4)),
        NumberNotGrowing {
            newest: 5,
            number: 4,
        },
    );
    refused(
        publish(&mut chain, OPERATOR, list(0)),
        NumberNotGrowing {
            newest: 5,
            number: 0,
        },
    );
    publish(&mut chain, OPERATOR, list(6)).unwrap();
    nothing_new(publish(&mut chain, OPERATOR, list(5)));
    let newest = newestCall {
        operator: OPERATOR,
        list: list(5).list,
    };
    assert_eq!(chain.ask(chain.status_lists, newest), 6);
}

#[test]
fn a_number_has_one_list() {
    let mut chain = Chain::in_service();
    publish(&mut chain, OPERATOR, list(5)).unwrap();
    let other = publishCall {
        digest: keccak256("other"),
        ..list(5)
    };
    refused(
        publish(&mut chain, OPERATOR, other),
        NumberTaken { number: 5 },
    );
    let none = publishCall {
        digest: B256::ZERO,
        ..list(6)
    };
    refused(publish(&mut chain, OPERATOR, none), ZeroDigest {});
}

#[test]
fn operators_do_not_see_each_other() {
    let mut chain = Chain::in_service();
    publish(&mut chain, OPERATOR, list(5)).unwrap();
    publish(&mut chain, OTHER_OPERATOR, list(1)).unwrap();
    let newest = newestCall {
        operator: OPERATOR,
        list: list(5).list,
    };
    assert_eq!(chain.ask(chain.status_lists, newest), 5);
}
