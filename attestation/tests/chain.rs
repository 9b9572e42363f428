//! The ledger on a real EVM node (anvil): what is committed gets anchored, whatever happens to
//! node, client and network; nothing is lost and nothing is there twice.

mod common;

use attestation::ledger::{Happening, Hindrance, Outbox, State};
use common::anvil::{Anvil, Bench, eager, network};
use common::{Kiosk, claims};

#[test]
fn a_committed_attestation_is_anchored() {
    let mut kiosk = Kiosk::with_entries(1);
    let anvil = Anvil::start();
    let contracts = network(&anvil, &kiosk);
    let mut bench = Bench::new(eager(&[&anvil.url], contracts));

    let happened = bench.settle(&mut kiosk.log);

    let [
        Happening::Submitted { size: 1, .. },
        Happening::Confirmed(anchor),
    ] = &happened[..]
    else {
        panic!("{happened:?}");
    };
    assert_eq!((anchor.size, anchor.sequence), (1, 1));
    let pending = kiosk.log.pending(bench.ledger.id()).unwrap();
    assert_eq!(pending.waiting(), 0);
    assert_eq!(pending.anchor, Some(*anchor));
}

#[test]
fn the_newest_head_covers_all_that_waited() {
    let mut kiosk = Kiosk::with_entries(300);
    let anvil = Anvil::start();
    let contracts = network(&anvil, &kiosk);
    let mut bench = Bench::new(eager(&[&anvil.url], contracts));

    bench.settle(&mut kiosk.log);

    let anchors = kiosk.log.anchors(bench.ledger.id()).unwrap();
    assert_eq!(anchors.len(), 1);
    assert_eq!(anchors[0].size, 300);
    kiosk.commit(&claims(300));
    bench.settle(&mut kiosk.log);
    let anchors = kiosk.log.anchors(bench.ledger.id()).unwrap();
    assert_eq!(anchors.len(), 2);
    assert_eq!((anchors[1].size, anchors[1].sequence), (301, 2));
}
