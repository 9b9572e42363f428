//! The ledger on a real EVM node (anvil): what is committed gets anchored, whatever happens to
//! node, client and network; nothing is lost and nothing is there twice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where something is wrong"
)]

mod common;

use attestation::Log;
use attestation::chain::{Operations, kiosk_id};
use attestation::ledger::{Happening, Hindrance, Outbox, State};
use common::anvil::{
    Anvil, Bench, CHAIN_ID, ORIGIN, authority, deploy, eager, enrol, fund, network, sender,
};
use common::{Kiosk, claims};
use serde_json::json;

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

#[test]
fn blocks_on_top_are_waited_for() {
    let mut kiosk = Kiosk::with_entries(2);
    let anvil = Anvil::start();
    let mut settings = eager(&[&anvil.url], network(&anvil, &kiosk));
    settings.confirmations = 3.try_into().unwrap();
    let mut bench = Bench::new(settings);

    assert_eq!(bench.step(&mut kiosk.log).state, State::Submitted);
    assert_eq!(bench.step(&mut kiosk.log).state, State::Confirming);
    anvil.mine(1);
    assert_eq!(bench.step(&mut kiosk.log).state, State::Confirming);
    anvil.mine(1);
    let progress = bench.step(&mut kiosk.log);
    assert_eq!((progress.state, progress.waiting), (State::Settled, 0));
}

#[test]
fn it_collects_until_the_batch_is_full_or_one_waits_too_long() {
    let mut kiosk = Kiosk::new();
    let anvil = Anvil::start();
    let mut settings = eager(&[&anvil.url], network(&anvil, &kiosk));
    settings.batch = 3.try_into().unwrap();
    let mut bench = Bench::new(settings);
    assert_eq!(bench.step(&mut kiosk.log).state, State::Settled);

    kiosk.commit(&claims(0));
    kiosk.commit(&claims(1));
    assert_eq!(bench.step(&mut kiosk.log).state, State::Collecting);
    kiosk.commit(&claims(2));
    assert_eq!(bench.step(&mut kiosk.log).state, State::Submitted);
    bench.settle(&mut kiosk.log);

    kiosk.commit(&claims(3));
    assert_eq!(bench.step(&mut kiosk.log).state, State::Collecting);
    bench.wait(600);
    assert_eq!(bench.step(&mut kiosk.log).state, State::Submitted);
}

#[test]
fn a_client_that_died_before_it_sent_sends_the_same_bytes() {
    let mut kiosk = Kiosk::with_entries(1);
    let anvil = Anvil::start();
    let contracts = network(&anvil, &kiosk);
    let settings = eager(&[&anvil.url], contracts);
    // As if it had died between storing and sending: no node has the transaction.
    anvil.ask("evm_setAutomine", json!([false]));
    let mut bench = Bench::new(settings.clone());
    bench.step(&mut kiosk.log);
    anvil.ask("anvil_dropAllTransactions", json!([]));
    let id = *bench.ledger.id();
    let stored = kiosk.log.pending(&id).unwrap().submissions;
    drop(bench);
    anvil.ask("evm_setAutomine", json!([true]));

    let happened = Bench::new(settings).settle(&mut kiosk.log);

    assert_eq!(happened[0], Happening::SentAgain { size: 1 });
    assert_eq!(kiosk.log.pending(&id).unwrap().submissions, stored);
    assert_eq!(anvil.anchored_events(&contracts), 1);
}

#[test]
fn a_transaction_that_the_nodes_forgot_is_sent_again() {
    let mut kiosk = Kiosk::with_entries(1);
    let anvil = Anvil::start();
    let contracts = network(&anvil, &kiosk);
    anvil.ask("evm_setAutomine", json!([false]));
    let mut bench = Bench::new(eager(&[&anvil.url], contracts));
    bench.step(&mut kiosk.log);
    anvil.ask("anvil_dropAllTransactions", json!([]));
    anvil.ask("evm_setAutomine", json!([true]));

    assert_eq!(
        bench.step(&mut kiosk.log).state,
        State::Submitted,
        "not yet sent again"
    );
    bench.wait(30);
    let happened = bench.settle(&mut kiosk.log);

    assert_eq!(happened[0], Happening::SentAgain { size: 1 });
    assert_eq!(anvil.anchored_events(&contracts), 1);
}

#[test]
fn a_node_that_lost_its_last_blocks_gets_the_anchor_again() {
    let mut kiosk = Kiosk::with_entries(1);
    let mut anvil = Anvil::start();
    let contracts = network(&anvil, &kiosk);
    anvil.stop();
    anvil.run();
    let mut bench = Bench::new(eager(&[&anvil.url], contracts));
    bench.settle(&mut kiosk.log);

    anvil.kill();
    kiosk.commit(&claims(1));
    let progress = bench.step(&mut kiosk.log);
    let State::Hindered(hindrance) = progress.state else {
        panic!("{progress:?}");
    };
    assert_eq!(hindrance.as_code(), "rpc_unreachable");
    assert_eq!(progress.waiting, 1);
    anvil.run();
    bench.wait(600);
    bench.settle(&mut kiosk.log);

    // The next head covers the lost one, and the log's notes say what is on the chain.
    let anchors = kiosk.log.anchors(bench.ledger.id()).unwrap();
    assert_eq!(anchors.len(), 1);
    assert_eq!((anchors[0].size, anchors[0].sequence), (2, 1));
    assert_eq!(anvil.anchored_events(&contracts), 1);
}

#[test]
fn a_reorganisation_deeper_than_believed_is_noticed_and_mended() {
    let mut kiosk = Kiosk::with_entries(1);
    let anvil = Anvil::start();
    let contracts = network(&anvil, &kiosk);
    let mut bench = Bench::new(eager(&[&anvil.url], contracts));
    bench.settle(&mut kiosk.log);
    anvil.mine(2);

    let id = *bench.ledger.id();
    let stored = kiosk.log.pending(&id).unwrap().submissions;
    anvil.ask("anvil_reorg", json!([3, []]));
    assert_eq!(anvil.anchored_events(&contracts), 0, "the anchor is gone");
    bench.wait(3600);
    let mut happened = bench.settle(&mut kiosk.log);
    bench.wait(30);
    happened.extend(bench.settle(&mut kiosk.log));

    assert!(
        happened.contains(&Happening::Withdrawn { size: 1 }),
        "{happened:?}"
    );
    assert_eq!(anvil.anchored_events(&contracts), 1);
    let pending = kiosk.log.pending(&id).unwrap();
    assert_eq!(pending.waiting(), 0);
    assert_eq!(pending.submissions, stored, "the same bytes");
}

#[test]
fn two_submitters_of_one_log_anchor_each_head_once() {
    let mut kiosk = Kiosk::with_entries(1);
    let anvil = Anvil::start();
    let contracts = network(&anvil, &kiosk);
    let settings = eager(&[&anvil.url], contracts);
    let copy = kiosk.folder.path().join("copy.sqlite");

    for round in 1..=5 {
        anvil.ask("evm_setAutomine", json!([false]));
        let mut ours = Bench::new(settings.clone());
        ours.step(&mut kiosk.log);
        let _ = std::fs::remove_file(&copy);
        kiosk.copy_log(&copy);
        let mut second = Log::open(&copy).unwrap();
        let mut theirs = Bench::new(settings.clone());
        // The second one signs anew what the first has on its way.
        let forgotten = theirs.ledger.id();
        assert_eq!(second.pending(forgotten).unwrap().waiting(), 1);
        theirs.step(&mut second);
        anvil.ask("evm_setAutomine", json!([true]));
        anvil.mine(1);
        theirs.settle(&mut second);
        ours.settle(&mut kiosk.log);
        assert_eq!(anvil.anchored_events(&contracts), round);
        kiosk.commit(&claims(round as u64));
        drop(second);
    }
}

#[test]
fn a_suspended_kiosk_waits_and_loses_nothing() {
    let mut kiosk = Kiosk::with_entries(1);
    let anvil = Anvil::start();
    let contracts = network(&anvil, &kiosk);
    let mut bench = Bench::new(eager(&[&anvil.url], contracts));
    bench.settle(&mut kiosk.log);
    let (endpoint, authority) = (anvil.endpoint(), authority());
    let operations = Operations::new(&endpoint, &authority, CHAIN_ID).unwrap();

    operations.suspend(&contracts, &kiosk_id(ORIGIN)).unwrap();
    let count = anvil.nonce();
    for number in 1..=4 {
        kiosk.commit(&claims(number));
        let progress = bench.step(&mut kiosk.log);
        assert_eq!(progress.state, State::Hindered(Hindrance::Suspended));
        assert_eq!(progress.waiting, number);
    }
    assert_eq!(
        anvil.nonce(),
        count,
        "nothing was sent that could only cost"
    );
    operations.reinstate(&contracts, &kiosk_id(ORIGIN)).unwrap();
    bench.settle(&mut kiosk.log);

    assert_eq!(kiosk.log.pending(bench.ledger.id()).unwrap().anchored(), 5);
}

#[test]
fn a_kiosk_that_is_not_listed_says_so() {
    let mut kiosk = Kiosk::with_entries(1);
    let anvil = Anvil::start();
    let contracts = deploy(&anvil);
    let mut bench = Bench::new(eager(&[&anvil.url], contracts));
    let progress = bench.step(&mut kiosk.log);
    assert_eq!(progress.state, State::Hindered(Hindrance::NotRegistered));
    enrol(&anvil, &contracts, &kiosk);
    bench.settle(&mut kiosk.log);
}

#[test]
fn gas_may_cost_nothing_and_nobody_needs_funds() {
    let mut kiosk = Kiosk::with_entries(1);
    let free = ["--hardfork", "istanbul", "--gas-price", "0"];
    let anvil = Anvil::with(&free);
    let contracts = network(&anvil, &kiosk);
    let broke = sender().address().to_string();
    anvil.ask("anvil_setBalance", json!([broke, "0x0"]));
    let mut bench = Bench::new(eager(&[&anvil.url], contracts));

    bench.settle(&mut kiosk.log);

    let sent = kiosk.log.pending(bench.ledger.id()).unwrap().submissions;
    assert_eq!(sent[0].gas_price, 0);
}

#[test]
fn a_sender_without_funds_says_so_and_goes_on_when_it_has_some() {
    let mut kiosk = Kiosk::with_entries(1);
    let anvil = Anvil::start();
    let contracts = network(&anvil, &kiosk);
    let address = sender().address().to_string();
    anvil.ask("anvil_setBalance", json!([address, "0x0"]));
    let mut bench = Bench::new(eager(&[&anvil.url], contracts));
    let State::Hindered(hindrance) = bench.step(&mut kiosk.log).state else {
        panic!("it cannot pay");
    };
    assert_eq!(hindrance.as_code(), "transaction_refused");
    fund(&anvil, &address);
    bench.wait(30);
    bench.settle(&mut kiosk.log);
    assert_eq!(anvil.anchored_events(&contracts), 1);
}

#[test]
fn a_log_that_was_set_back_is_noticed_before_it_does_harm() {
    let mut kiosk = Kiosk::with_entries(2);
    let early = kiosk.folder.path().join("early.sqlite");
    kiosk.copy_log(&early);
    kiosk.commit(&claims(2));
    let anvil = Anvil::start();
    let contracts = network(&anvil, &kiosk);
    let settings = eager(&[&anvil.url], contracts);
    Bench::new(settings.clone()).settle(&mut kiosk.log);

    let mut set_back = Log::open(&early).unwrap();
    let mut bench = Bench::new(settings);
    let progress = bench.step(&mut set_back);
    let behind = Hindrance::LogBehind { there: 3, here: 2 };
    assert_eq!(progress.state, State::Hindered(behind));
    set_back
        .commit(&claims(99), &kiosk.device, &kiosk.credential)
        .unwrap();
    bench.wait(600);
    let progress = bench.step(&mut set_back);
    let differs = Hindrance::LogDiffers { size: 3 };
    assert_eq!(progress.state, State::Hindered(differs));
}
