//! The usage meter: a period is reported once and when it is over, no credit without usage.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;
use attestation_contracts::bindings::access::AccessControl::revokeRoleCall;
use attestation_contracts::bindings::usage::UsageMeter::{
    AlreadyReported, Credited, MoreThanAvailable, NotAnOperator, NotTheAuthority, PERIODCall,
    PeriodNotOver, Reported, Settled, ZeroRoot, creditCall, creditsOfCall, provesCall, reportCall,
    reportOfCall, settleCall, undividedCall,
};

use crate::chain::{
    AUTHORITY, Chain, Done, ISSUER, OPERATOR, OTHER_OPERATOR, Reverted, SENDER, START, STRANGER,
    leaf, nothing_new, operator_role, parent, refused,
};

const WEEK_S: u64 = 7 * 24 * 3600;
const LAST: u64 = START / WEEK_S - 1;
const VALIDATOR: Address = Address::repeat_byte(0x7a);

fn report_of(total: u64) -> reportCall {
    reportCall {
        period: LAST,
        root: keccak256("counts"),
        total,
    }
}

fn report(chain: &mut Chain, by: Address, call: reportCall) -> Result<Done, Reverted> {
    chain.send(by, chain.usage, call)
}

fn credit(chain: &mut Chain, by: Address, attestations: u64) -> Result<Done, Reverted> {
    let call = creditCall {
        validator: VALIDATOR,
        period: LAST,
        attestations,
    };
    chain.send(by, chain.usage, call)
}

fn settle(chain: &mut Chain, by: Address, attestations: u64) -> Result<Done, Reverted> {
    let reference_ = keccak256("transfer");
    chain.send(
        by,
        chain.usage,
        settleCall {
            validator: VALIDATOR,
            attestations,
            reference_,
        },
    )
}

fn tally(chain: &mut Chain) -> (u64, u64) {
    let undivided = chain.ask(chain.usage, undividedCall { period: LAST });
    (
        undivided.to(),
        chain.ask(
            chain.usage,
            creditsOfCall {
                validator: VALIDATOR,
            },
        ),
    )
}

#[test]
fn usage_becomes_credits_and_credits_are_settled() {
    let mut chain = Chain::in_service();
    let done = report(&mut chain, OPERATOR, report_of(7000)).unwrap();
    let root = keccak256("counts");
    let expected = Reported {
        operator: OPERATOR,
        period: LAST,
        root,
        total: 7000,
    };
    assert_eq!(done.event::<Reported>(), expected);
    report(&mut chain, OTHER_OPERATOR, report_of(500)).unwrap();
    assert_eq!(tally(&mut chain), (7500, 0));

    let done = credit(&mut chain, AUTHORITY, 4000).unwrap();
    let expected = Credited {
        validator: VALIDATOR,
        period: LAST,
        attestations: 4000,
    };
    assert_eq!(done.event::<Credited>(), expected);
    assert_eq!(tally(&mut chain), (3500, 4000));

    let done = settle(&mut chain, AUTHORITY, 3000).unwrap();
    assert_eq!(done.event::<Settled>().attestations, 3000);
    assert_eq!(tally(&mut chain), (3500, 1000));

    let there = chain.ask(
        chain.usage,
        reportOfCall {
            operator: OPERATOR,
            period: LAST,
        },
    );
    assert_eq!((there.root, there.total), (root, 7000));
}

#[test]
fn no_credit_without_usage_and_no_settlement_without_credit() {
    let mut chain = Chain::in_service();
    refused(
        credit(&mut chain, AUTHORITY, 1),
        MoreThanAvailable {
            available: U256::from(0),
        },
    );
    report(&mut chain, OPERATOR, report_of(10)).unwrap();
    refused(
        credit(&mut chain, AUTHORITY, 11),
        MoreThanAvailable {
            available: U256::from(10),
        },
    );
    credit(&mut chain, AUTHORITY, 10).unwrap();
    refused(
        credit(&mut chain, AUTHORITY, 1),
        MoreThanAvailable {
            available: U256::from(0),
        },
    );
    refused(
        settle(&mut chain, AUTHORITY, 11),
        MoreThanAvailable {
            available: U256::from(10),
        },
    );
    settle(&mut chain, AUTHORITY, 10).unwrap();
    refused(
        settle(&mut chain, AUTHORITY, 1),
        MoreThanAvailable {
            available: U256::from(0),
        },
    );
}

#[test]
fn only_operators_report_and_only_the_authority_credits_and_settles() {
    let mut chain = Chain::in_service();
    for account in [AUTHORITY, ISSUER, SENDER, STRANGER] {
        refused(
            report(&mut chain, account, report_of(1)),
            NotAnOperator { account },
        );
    }
    report(&mut chain, OPERATOR, report_of(1)).unwrap();
    for account in [OPERATOR, ISSUER, SENDER, STRANGER, VALIDATOR] {
        refused(credit(&mut chain, account, 1), NotTheAuthority { account });
        refused(settle(&mut chain, account, 0), NotTheAuthority { account });
    }
    let call = revokeRoleCall {
        role: operator_role(),
        account: OTHER_OPERATOR,
    };
    chain.send(AUTHORITY, chain.registry, call).unwrap();
    let error = NotAnOperator {
        account: OTHER_OPERATOR,
    };
    refused(report(&mut chain, OTHER_OPERATOR, report_of(1)), error);
}

#[test]
fn a_period_is_reported_once_and_not_before_it_is_over() {
    let mut chain = Chain::in_service();
    assert_eq!(chain.ask(chain.usage, PERIODCall {}), WEEK_S);
    let running = reportCall {
        period: LAST + 1,
        ..report_of(10)
    };
    let ends_at = (LAST + 2) * WEEK_S;
    let too_early = PeriodNotOver {
        endsAt: U256::from(ends_at),
    };
    refused(report(&mut chain, OPERATOR, running.clone()), too_early);
    let far = reportCall {
        period: u64::MAX,
        ..report_of(10)
    };
    let never = PeriodNotOver {
        endsAt: (U256::from(u64::MAX) + U256::ONE) * U256::from(WEEK_S),
    };
    refused(report(&mut chain, OPERATOR, far), never);

    report(&mut chain, OPERATOR, report_of(10)).unwrap();
    nothing_new(report(&mut chain, OPERATOR, report_of(10)));
    refused(
        report(&mut chain, OPERATOR, report_of(11)),
        AlreadyReported { period: LAST },
    );
    let other = reportCall {
        root: keccak256("other"),
        ..report_of(10)
    };
    refused(
        report(&mut chain, OPERATOR, other),
        AlreadyReported { period: LAST },
    );
    let none = reportCall {
        root: B256::ZERO,
        ..report_of(10)
    };
    refused(report(&mut chain, OPERATOR, none), ZeroRoot {});

    chain.now = ends_at;
    report(&mut chain, OPERATOR, running).unwrap();
}

#[test]
fn a_provider_checks_its_own_count_and_nothing_else_is_proven() {
    let mut chain = Chain::in_service();
    let leaf_of = |provider: &str, count: u64| {
        leaf(
            &(
                keccak256(provider),
                U256::from(count),
                keccak256(format!("salt {provider}")),
            )
                .abi_encode(),
        )
    };
    let [bank, office] = [leaf_of("bank", 12), leaf_of("office", 0)];
    let call = reportCall {
        period: LAST,
        root: parent(bank, office),
        total: 12,
    };
    report(&mut chain, OPERATOR, call).unwrap();

    let question = provesCall {
        operator: OPERATOR,
        period: LAST,
        provider: keccak256("bank"),
        count: 12,
        salt: keccak256("salt bank"),
        proof: vec![office],
    };
    let mut holds = |question: provesCall| chain.ask(chain.usage, question);
    assert!(holds(question.clone()));
    assert!(!holds(provesCall {
        count: 13,
        ..question.clone()
    }));
    assert!(!holds(provesCall {
        provider: keccak256("office"),
        ..question.clone()
    }));
    assert!(!holds(provesCall {
        salt: keccak256("guess"),
        ..question.clone()
    }));
    assert!(!holds(provesCall {
        period: LAST - 1,
        ..question.clone()
    }));
    assert!(!holds(provesCall {
        operator: OTHER_OPERATOR,
        ..question
    }));
}
