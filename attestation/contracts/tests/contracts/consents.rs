//! The consent register: kiosks enter trees of commitments, the secret alone takes a consent back.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolValue;
use attestation_contracts::bindings::consents::ConsentRegister::{
    Granted, NotAKiosk, NotGranted, Revoked, ZeroRoot, grantCall, grantedAtCall, revokeCall,
    revokedAtCall,
};
use attestation_contracts::bindings::registry::KioskRegistry::suspendCall;

use crate::chain::{
    AUTHORITY, Chain, Done, KIOSK, OPERATOR, Reverted, SENDER, STRANGER, leaf, nothing_new, parent,
    refused,
};

/// A resident's consent: what it takes to take it back.
#[derive(Clone, Copy)]
struct Consent {
    secret: B256,
    record: B256,
}

impl Consent {
    fn of(name: &str) -> Self {
        Self {
            secret: keccak256(name),
            record: keccak256(format!("salt and record of {name}")),
        }
    }

    fn leaf(self) -> B256 {
        leaf(&(self.secret, self.record).abi_encode())
    }

    fn revocation(self, root: B256, proof: Vec<B256>) -> revokeCall {
        revokeCall {
            kiosk: KIOSK,
            root,
            secret: self.secret,
            record: self.record,
            proof,
        }
    }
}

fn grant(chain: &mut Chain, by: Address, root: B256) -> Result<Done, Reverted> {
    chain.send(by, chain.consents, grantCall { root })
}

fn revoke(chain: &mut Chain, call: revokeCall) -> Result<Done, Reverted> {
    chain.send(STRANGER, chain.consents, call)
}

fn revoked_at(chain: &mut Chain, consent: Consent) -> u64 {
    chain.ask(
        chain.consents,
        revokedAtCall {
            leaf: consent.leaf(),
        },
    )
}

#[test]
fn one_of_many_consents_is_taken_back_and_the_others_stand() {
    let mut chain = Chain::in_service();
    let [a, b] = [Consent::of("a"), Consent::of("b")];
    let filler = keccak256("a random leaf that hides how many there are");
    let pair = parent(a.leaf(), b.leaf());
    let root = parent(pair, filler);

    let done = grant(&mut chain, SENDER, root).unwrap();
    assert_eq!(done.event::<Granted>(), Granted { kiosk: KIOSK, root });
    let at = chain.now;
    assert_eq!(
        chain.ask(chain.consents, grantedAtCall { kiosk: KIOSK, root }),
        at
    );

    let done = revoke(&mut chain, a.revocation(root, vec![b.leaf(), filler])).unwrap();
    assert_eq!(done.event::<Revoked>(), Revoked { leaf: a.leaf() });
    assert_eq!(revoked_at(&mut chain, a), chain.now);
    assert_eq!(revoked_at(&mut chain, b), 0);
}

#[test]
fn a_single_consent_is_its_own_tree() {
    let mut chain = Chain::in_service();
    let consent = Consent::of("a");
    grant(&mut chain, SENDER, consent.leaf()).unwrap();
    revoke(&mut chain, consent.revocation(consent.leaf(), vec![])).unwrap();
    assert_ne!(revoked_at(&mut chain, consent), 0);
}

#[test]
fn repeats_change_nothing() {
    let mut chain = Chain::in_service();
    let consent = Consent::of("a");
    grant(&mut chain, SENDER, consent.leaf()).unwrap();
    nothing_new(grant(&mut chain, SENDER, consent.leaf()));
    revoke(&mut chain, consent.revocation(consent.leaf(), vec![])).unwrap();
    let at = revoked_at(&mut chain, consent);
    nothing_new(revoke(
        &mut chain,
        consent.revocation(consent.leaf(), vec![]),
    ));
    assert_eq!(revoked_at(&mut chain, consent), at);
    nothing_new(grant(&mut chain, SENDER, consent.leaf()));
    assert_eq!(
        revoked_at(&mut chain, consent),
        at,
        "a consent taken back does not come back"
    );
}

#[test]
fn only_an_active_kiosk_enters_consents() {
    let mut chain = Chain::in_service();
    let root = Consent::of("a").leaf();
    for sender in [AUTHORITY, OPERATOR, STRANGER] {
        refused(grant(&mut chain, sender, root), NotAKiosk { sender });
    }
    refused(grant(&mut chain, SENDER, B256::ZERO), ZeroRoot {});
    grant(&mut chain, SENDER, root).unwrap();
    chain
        .send(OPERATOR, chain.registry, suspendCall { id: KIOSK })
        .unwrap();
    refused(
        grant(&mut chain, SENDER, Consent::of("b").leaf()),
        NotAKiosk { sender: SENDER },
    );
    // The resident's right does not depend on the kiosk.
    revoke(&mut chain, Consent::of("a").revocation(root, vec![])).unwrap();
}

#[test]
fn without_the_secret_nothing_is_taken_back() {
    let mut chain = Chain::in_service();
    let [a, b] = [Consent::of("a"), Consent::of("b")];
    let root = parent(a.leaf(), b.leaf());
    let not_granted = NotGranted { kiosk: KIOSK, root };
    refused(
        revoke(&mut chain, a.revocation(root, vec![b.leaf()])),
        not_granted.clone(),
    );
    grant(&mut chain, SENDER, root).unwrap();

    let wrong_secret = Consent {
        secret: keccak256("guess"),
        ..a
    };
    let wrong_record = Consent {
        record: keccak256("guess"),
        ..a
    };
    for wrong in [wrong_secret, wrong_record, Consent::of("c")] {
        refused(
            revoke(&mut chain, wrong.revocation(root, vec![b.leaf()])),
            not_granted.clone(),
        );
    }
    refused(
        revoke(&mut chain, a.revocation(root, vec![])),
        not_granted.clone(),
    );
    let other_kiosk = revokeCall {
        kiosk: B256::ZERO,
        ..a.revocation(root, vec![b.leaf()])
    };
    refused(
        revoke(&mut chain, other_kiosk),
        NotGranted {
            kiosk: B256::ZERO,
            root,
        },
    );

    // The two children of the root are 64 bytes, as secret and record are: an inner node is no leaf.
    let posing = Consent {
        secret: a.leaf().min(b.leaf()),
        record: a.leaf().max(b.leaf()),
    };
    refused(
        revoke(&mut chain, posing.revocation(root, vec![])),
        not_granted,
    );
}
