//! Endpoints that lie, hang or talk nonsense, before a real node: no attestation is taken for
//! anchored that is not, none is lost, and the kiosk goes on where honest endpoints are left.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where something is wrong"
)]

mod common;

use std::time::Duration;

use alloy_primitives::{U256, hex, keccak256};
use attestation::Log;
use attestation::chain::Contracts;
use attestation::ledger::{Happening, Outbox, State};
use attestation::merkle::Hash;
use common::Kiosk;
use common::anvil::{Anvil, Bench, eager, network};
use common::bad_endpoint::{BadEndpoint, Reply};
use common::patience::LONG;
use serde_json::{Value, json};

/// How long an endpoint that never answers is waited for. The honest one beside it gets no more time, but
/// may be asked again.
const SILENCE: Duration = Duration::from_secs(10);

/// A kiosk with one attestation, and a network with one real node.
struct Scene {
    kiosk: Kiosk,
    anvil: Anvil,
    contracts: Contracts,
}

impl Scene {
    fn new() -> Self {
        let kiosk = Kiosk::with_entries(1);
        let anvil = Anvil::start();
        let contracts = network(&anvil, &kiosk);
        Self {
            kiosk,
            anvil,
            contracts,
        }
    }

    /// Lies where `lie` has something to say, and hands on everything else.
    fn liar(&self, lie: impl Fn(&Value) -> Option<Reply> + Send + Sync + 'static) -> BadEndpoint {
        BadEndpoint::before(&self.anvil.url, move |question, real| {
            lie(question).unwrap_or_else(|| Reply::Result(real()))
        })
    }

    fn bench(&self, urls: &[&str]) -> Bench {
        Bench::new(eager(urls, self.contracts))
    }

    /// For endpoints that never answer.
    fn bench_within(&self, urls: &[&str], time_out: Duration) -> Bench {
        let mut settings = eager(urls, self.contracts);
        settings.time_out = time_out;
        Bench::new(settings)
    }

    fn settle_with(&mut self, urls: &[&str]) -> Vec<Happening> {
        let mut bench = self.bench(urls);
        bench.settle(&mut self.kiosk.log)
    }

    fn root(&mut self) -> Hash {
        self.kiosk.log.root_of(1).unwrap().unwrap()
    }

    fn assert_anchored_once(&mut self) {
        assert_eq!(self.anvil.anchored_events(&self.contracts), 1);
        let id = *self.bench(&[&self.anvil.url]).ledger.id();
        assert_eq!(waiting(&mut self.kiosk.log, &id), 0);
    }
}

fn waiting(log: &mut Log, id: &attestation::ledger::LedgerId) -> u64 {
    log.pending(id).unwrap().waiting()
}

fn calls(question: &Value, signature: &str) -> bool {
    let selector = hex::encode_prefixed(&keccak256(signature)[..4]);
    let data = question["params"][0]["data"].as_str();
    question["method"] == "eth_call" && data.is_some_and(|data| data.starts_with(&selector))
}

fn words(words: &[U256]) -> Option<Reply> {
    let bytes: Vec<u8> = words.iter().flat_map(U256::to_be_bytes::<32>).collect();
    Some(Reply::Result(json!(hex::encode_prefixed(bytes))))
}

fn number(n: u64) -> U256 {
    U256::from(n)
}

/// Says that the head with this root and size 1 is anchored, in block 1.
fn says_anchored(root: Hash) -> impl Fn(&Value) -> Option<Reply> + Send + Sync + 'static {
    move |question| {
        if calls(question, "head(bytes32)") {
            words(&[U256::from_be_bytes(root), number(1), number(1)])
        } else if calls(question, "anchorOf(bytes32,bytes32)") {
            words(&[number(1), number(1), number(1), number(1)])
        } else {
            None
        }
    }
}

#[test]
fn one_that_says_anchored_is_not_believed_against_others() {
    for honest in 1..=2 {
        let mut scene = Scene::new();
        let root = scene.root();
        let liar = scene.liar(says_anchored(root));
        let node = scene.anvil.url.clone();
        let urls = [&*liar.url, &node, &node];
        scene.anvil.ask("evm_setAutomine", json!([false]));
        let mut bench = scene.bench(&urls[..=honest]);
        for _ in 0..5 {
            let progress = bench.step(&mut scene.kiosk.log);
            assert_eq!(progress.waiting, 1, "{progress:?}");
            bench.wait(30);
        }
        scene.anvil.ask("evm_setAutomine", json!([true]));
        scene.anvil.mine(1);
        bench.settle(&mut scene.kiosk.log);
        scene.assert_anchored_once();
    }
}

/// SQLite has no number so large: a lie about it must not stop the two who tell the truth.
#[test]
fn one_that_says_more_is_anchored_than_a_log_can_hold_is_outvoted() {
    let mut scene = Scene::new();
    let liar = scene.liar(|question| {
        if calls(question, "head(bytes32)") {
            words(&[number(7), number(u64::MAX), number(1)])
        } else if calls(question, "anchorOf(bytes32,bytes32)") {
            words(&[number(u64::MAX), number(1), number(1), number(1)])
        } else {
            None
        }
    });
    let node = scene.anvil.url.clone();
    scene.settle_with(&[&liar.url, &node, &node]);
    scene.assert_anchored_once();
}

#[test]
fn one_that_was_believed_alone_is_found_out_by_the_next() {
    let mut scene = Scene::new();
    let root = scene.root();
    let liar = scene.liar(says_anchored(root));
    // Its word is all there is.
    scene.settle_with(&[&liar.url]);
    assert_eq!(scene.anvil.anchored_events(&scene.contracts), 0);

    let node = scene.anvil.url.clone();
    let mut bench = scene.bench(&[&node]);
    let mut happened = Vec::new();
    for _ in 0..5 {
        happened.extend(bench.step(&mut scene.kiosk.log).happened);
        bench.wait(30);
    }

    assert!(
        happened.contains(&Happening::Withdrawn { size: 1 }),
        "{happened:?}"
    );
    scene.assert_anchored_once();
}

#[test]
fn one_that_denies_everything_is_outvoted() {
    let mut scene = Scene::new();
    let liar = scene.liar(|question| {
        if calls(question, "head(bytes32)") {
            words(&[U256::ZERO; 3])
        } else if question["method"] == "eth_getTransactionCount" {
            Some(Reply::Result(json!("0x0")))
        } else {
            None
        }
    });
    let node = scene.anvil.url.clone();
    let happened = scene.settle_with(&[&liar.url, &node, &node]);
    assert_eq!(happened.len(), 2, "{happened:?}");
    scene.assert_anchored_once();
}

#[test]
fn one_that_swallows_transactions_is_noticed_by_nothing_being_anchored() {
    let mut scene = Scene::new();
    let swallower = scene.liar(|question| {
        let sends = question["method"] == "eth_sendRawTransaction";
        sends.then(|| Reply::Result(json!(hex::encode_prefixed([7; 32]))))
    });
    let mut bench = scene.bench(&[&swallower.url]);
    for _ in 0..3 {
        let progress = bench.step(&mut scene.kiosk.log);
        assert_eq!((progress.state, progress.waiting), (State::Submitted, 1));
        bench.wait(30);
    }
    drop(bench);
    let node = scene.anvil.url.clone();
    let happened = scene.settle_with(&[&swallower.url, &node]);
    assert_eq!(happened[0], Happening::SentAgain { size: 1 });
    scene.assert_anchored_once();
}

#[test]
fn a_false_count_costs_time_and_nothing_else() {
    let mut scene = Scene::new();
    let liar = scene.liar(|question| {
        let count = question["method"] == "eth_getTransactionCount";
        count.then(|| Reply::Result(json!("0x64")))
    });
    let mut bench = scene.bench(&[&liar.url]);
    bench.step(&mut scene.kiosk.log);
    drop(bench);
    let id = *scene.bench(&[&liar.url]).ledger.id();
    let stuck = scene.kiosk.log.pending(&id).unwrap().submissions;
    assert_eq!(stuck[0].nonce, 100);

    let node = scene.anvil.url.clone();
    scene.settle_with(&[&node]);

    scene.assert_anchored_once();
}

#[test]
fn a_false_price_is_not_paid() {
    let mut scene = Scene::new();
    let lie = |question: &Value| {
        let price = question["method"] == "eth_gasPrice";
        price.then(|| Reply::Result(json!("0xde0b6b3a7640000")))
    };
    let liar = scene.liar(lie);
    let mut alone = scene.bench(&[&liar.url]);
    let State::Hindered(hindrance) = alone.step(&mut scene.kiosk.log).state else {
        panic!("an ether for a unit of gas is too much");
    };
    assert_eq!(hindrance.as_code(), "gas_too_expensive");
    let node = scene.anvil.url.clone();
    scene.settle_with(&[&liar.url, &node, &node]);
    scene.assert_anchored_once();
}

#[test]
fn nonsense_is_named_and_does_not_stop_the_others() {
    let page = b"<html>502 Bad Gateway</html>".to_vec();
    type Lie = Box<dyn Fn(&Value) -> Option<Reply> + Send + Sync>;
    let lies: Vec<(&str, Lie)> = vec![
        (
            "rpc_malformed",
            Box::new(move |_| Some(Reply::Body(page.clone()))),
        ),
        (
            "rpc_malformed",
            Box::new(|_| Some(Reply::Body(vec![b'['; 60_000]))),
        ),
        (
            "rpc_malformed",
            Box::new(|_| Some(Reply::Result(json!(null)))),
        ),
        (
            "rpc_malformed",
            Box::new(|_| Some(Reply::Body(vec![b' '; 1 << 20]))),
        ),
        ("rpc_malformed", Box::new(|_| Some(Reply::Flood(64 << 20)))),
        ("rpc_unreachable", Box::new(|_| Some(Reply::Silence))),
        (
            "rpc_wrong_chain",
            Box::new(|question| {
                (question["method"] == "eth_chainId").then(|| Reply::Result(json!("0x1")))
            }),
        ),
        (
            "rpc_malformed",
            Box::new(|question| {
                calls(question, "head(bytes32)").then(|| Reply::Result(json!("0x")))
            }),
        ),
    ];
    for (case, (code, lie)) in lies.into_iter().enumerate() {
        let mut scene = Scene::new();
        let liar = scene.liar(lie);
        let time_out = if code == "rpc_unreachable" {
            SILENCE
        } else {
            LONG
        };
        let mut alone = scene.bench_within(&[&liar.url], time_out);
        let progress = alone.step(&mut scene.kiosk.log);
        let State::Hindered(hindrance) = progress.state else {
            panic!("case {case}: {progress:?}");
        };
        assert_eq!(
            (hindrance.as_code(), progress.waiting),
            (code, 1),
            "case {case}"
        );

        let node = scene.anvil.url.clone();
        let mut bench = scene.bench_within(&[&liar.url, &node], time_out);
        bench.settle(&mut scene.kiosk.log);
        scene.assert_anchored_once();
        assert!(liar.asked() < 20, "case {case}: left alone after it failed");
    }
}
