//! The anchor: in order, each root once, sizes growing, repeats harmless, and only by the kiosk.

use crate::chain::{
    Chain, Done, KIOSK, NEW_SENDER, OPERATOR, Reverted, SENDER, STRANGER, enrol, nothing_new,
    refused, rotation,
};
use alloy_primitives::{B256, keccak256};
use attestation_contracts::bindings::anchor::Anchor::{
    Anchored, NotAKiosk, REGISTRYCall, RootKnown, SizeNotGrowing, anchorCall, anchorOfCall,
    headCall,
};
use attestation_contracts::bindings::registry::KioskRegistry::{reinstateCall, suspendCall};

fn root(n: u64) -> B256 {
    keccak256(n.to_be_bytes())
}

fn anchor_from(
    chain: &mut Chain,
    sender: alloy_primitives::Address,
    root: B256,
    size: u64,
) -> Result<Done, Reverted> {
    chain.send(sender, chain.anchor, anchorCall { root, size })
}

fn anchor(chain: &mut Chain, root: B256, size: u64) -> Result<Done, Reverted> {
    anchor_from(chain, SENDER, root, size)
}

#[test]
fn a_kiosk_anchors_its_heads_and_anyone_can_read_them() {
    let mut chain = Chain::in_service();
    let registry = chain.registry;
    assert_eq!(chain.ask(chain.anchor, REGISTRYCall {}), registry);

    for (sequence, size) in [(1, 1), (2, 256), (3, 4096)] {
        let done = anchor(&mut chain, root(size), size).unwrap();
        let expected = Anchored {
            kiosk: KIOSK,
            sequence,
            root: root(size),
            size,
        };
        assert_eq!(done.event::<Anchored>(), expected);

        let (block, now) = (chain.block(), chain.now);
        let there = chain.ask(
            chain.anchor,
            anchorOfCall {
                kiosk: KIOSK,
                root: root(size),
            },
        );
        assert_eq!((there.size, there.sequence), (size, sequence));
        assert_eq!((there.blockNumber, there.time), (block, now));
        let head = chain.ask(chain.anchor, headCall { kiosk: KIOSK });
        assert_eq!(
            (head.root, head.size, head.sequence),
            (root(size), size, sequence)
        );
    }
}

#[test]
fn what_was_never_anchored_reads_as_zero() {
    let mut chain = Chain::in_service();
    let none = chain.ask(
        chain.anchor,
        anchorOfCall {
            kiosk: KIOSK,
            root: root(1),
        },
    );
    assert_eq!(
        (none.size, none.sequence, none.blockNumber, none.time),
        (0, 0, 0, 0)
    );
    let none = chain.ask(chain.anchor, headCall { kiosk: KIOSK });
    assert_eq!((none.root, none.size, none.sequence), (B256::ZERO, 0, 0));
}

#[test]
fn sending_a_head_again_changes_nothing_however_old_it_is() {
    let mut chain = Chain::in_service();
    anchor(&mut chain, root(1), 1).unwrap();
    let first = chain.ask(
        chain.anchor,
        anchorOfCall {
            kiosk: KIOSK,
            root: root(1),
        },
    );
    nothing_new(anchor(&mut chain, root(1), 1));
    anchor(&mut chain, root(2), 2).unwrap();
    nothing_new(anchor(&mut chain, root(2), 2));
    nothing_new(anchor(&mut chain, root(1), 1));

    let again = chain.ask(
        chain.anchor,
        anchorOfCall {
            kiosk: KIOSK,
            root: root(1),
        },
    );
    assert_eq!(
        (again.blockNumber, again.time),
        (first.blockNumber, first.time)
    );
    assert_eq!(
        chain.ask(chain.anchor, headCall { kiosk: KIOSK }).sequence,
        2
    );
}

#[test]
fn a_log_never_shrinks_and_a_root_has_one_size() {
    let mut chain = Chain::in_service();
    refused(
        anchor(&mut chain, root(0), 0),
        SizeNotGrowing { newest: 0, size: 0 },
    );
    anchor(&mut chain, root(7), 7).unwrap();

    refused(
        anchor(&mut chain, root(6), 6),
        SizeNotGrowing { newest: 7, size: 6 },
    );
    refused(
        anchor(&mut chain, root(8), 7),
        SizeNotGrowing { newest: 7, size: 7 },
    );
    refused(
        anchor(&mut chain, root(7), 8),
        RootKnown {
            root: root(7),
            size: 7,
        },
    );
    refused(
        anchor(&mut chain, root(7), 0),
        RootKnown {
            root: root(7),
            size: 7,
        },
    );
    refused(
        anchor(&mut chain, B256::ZERO, 0),
        SizeNotGrowing { newest: 7, size: 0 },
    );

    anchor(&mut chain, root(u64::MAX), u64::MAX).unwrap();
    refused(
        anchor(&mut chain, root(9), u64::MAX),
        SizeNotGrowing {
            newest: u64::MAX,
            size: u64::MAX,
        },
    );
}

#[test]
fn only_an_active_kiosk_anchors() {
    let mut chain = Chain::in_service();
    for sender in [STRANGER, OPERATOR, crate::chain::AUTHORITY] {
        refused(
            anchor_from(&mut chain, sender, root(1), 1),
            NotAKiosk { sender },
        );
    }
    anchor(&mut chain, root(1), 1).unwrap();

    chain
        .send(OPERATOR, chain.registry, suspendCall { id: KIOSK })
        .unwrap();
    refused(anchor(&mut chain, root(2), 2), NotAKiosk { sender: SENDER });
    refused(anchor(&mut chain, root(1), 1), NotAKiosk { sender: SENDER });

    chain
        .send(OPERATOR, chain.registry, reinstateCall { id: KIOSK })
        .unwrap();
    anchor(&mut chain, root(2), 2).unwrap();
    assert_eq!(
        chain.ask(chain.anchor, headCall { kiosk: KIOSK }).sequence,
        2
    );
}

#[test]
fn after_a_rotation_the_new_sender_goes_on_where_the_old_one_stopped() {
    let mut chain = Chain::in_service();
    anchor(&mut chain, root(1), 1).unwrap();
    let rotation = rotation(KIOSK, NEW_SENDER);
    chain.send(OPERATOR, chain.registry, rotation).unwrap();

    refused(anchor(&mut chain, root(2), 2), NotAKiosk { sender: SENDER });
    nothing_new(anchor_from(&mut chain, NEW_SENDER, root(1), 1));
    refused(
        anchor_from(&mut chain, NEW_SENDER, root(9), 1),
        SizeNotGrowing { newest: 1, size: 1 },
    );
    let done = anchor_from(&mut chain, NEW_SENDER, root(2), 2).unwrap();
    assert_eq!(done.event::<Anchored>().sequence, 2);
}

#[test]
fn kiosks_do_not_see_each_other() {
    let mut chain = Chain::in_service();
    let other = B256::repeat_byte(0x08);
    chain
        .send(OPERATOR, chain.registry, enrol(other, NEW_SENDER))
        .unwrap();

    anchor(&mut chain, root(5), 5).unwrap();
    let done = anchor_from(&mut chain, NEW_SENDER, root(5), 3).unwrap();
    assert_eq!(
        done.event::<Anchored>(),
        Anchored {
            kiosk: other,
            sequence: 1,
            root: root(5),
            size: 3
        }
    );
    assert_eq!(chain.ask(chain.anchor, headCall { kiosk: KIOSK }).size, 5);
}
