//! Prints what every call costs in gas, by the rules of Istanbul (what the contracts are compiled for)
//! and of Osaka (what public networks and the nodes of the chain lab run), as the table in the README:
//! `cargo run -p attestation-contracts --example gas`.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "an example's purpose is to print"
)]

#[path = "../tests/contracts/chain.rs"]
mod chain;

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use attestation_contracts::Contract;
use attestation_contracts::bindings::{
    access::AccessControl::grantRoleCall, anchor::Anchor::anchorCall, consents::ConsentRegister,
    policies::PolicyRegistry, registry::KioskRegistry, status_lists::StatusListAnchor,
    usage::UsageMeter,
};
use chain::{AUTHORITY, Chain, ISSUER, KIOSK, NEW_SENDER, OPERATOR, SENDER, START, STRANGER};
use revm::primitives::hardfork::SpecId;

/// Attestations per anchor in the second table.
const BATCHES: [u64; 3] = [1, 256, 4096];

struct Row {
    what: String,
    gas: u64,
}

fn main() {
    let istanbul = measure(SpecId::ISTANBUL);
    let osaka = measure(SpecId::OSAKA);
    println!("| call | gas, Istanbul | gas, Osaka |\n|---|---:|---:|");
    for (old, new) in istanbul.iter().zip(&osaka) {
        println!("| {} | {} | {} |", old.what, old.gas, new.gas);
    }
    println!(
        "\n| attestations in an anchor | gas for each, Istanbul | gas for each, Osaka |\n|---:|---:|---:|"
    );
    let (old, new) = (later_anchor(&istanbul), later_anchor(&osaka));
    for batch in BATCHES {
        println!(
            "| {batch} | {} | {} |",
            old.div_ceil(batch),
            new.div_ceil(batch)
        );
    }
}

fn later_anchor(rows: &[Row]) -> u64 {
    rows.iter()
        .find(|row| row.what.contains("every later"))
        .map_or(0, |row| row.gas)
}

struct Bench {
    chain: Chain,
    rows: Vec<Row>,
}

impl Bench {
    fn send(&mut self, what: &str, from: Address, to: Address, call: impl SolCall) {
        let gas = self
            .chain
            .send(from, to, call)
            .unwrap_or_else(|e| panic!("{what}: {e:?}"))
            .gas;
        self.rows.push(Row {
            what: what.to_owned(),
            gas,
        });
    }
}

fn measure(spec: SpecId) -> Vec<Row> {
    let mut bench = Bench {
        chain: Chain::deployed_under(spec),
        rows: Vec::new(),
    };
    deployments(&mut bench);
    bench.chain.appoint_and_enrol();
    registry(&mut bench);
    anchors(&mut bench);
    documents(&mut bench);
    consents(&mut bench);
    usage(&mut bench);
    bench.rows
}

fn deployments(bench: &mut Bench) {
    let registry = bench.chain.registry;
    for contract in Contract::ALL {
        let argument = if contract == Contract::KioskRegistry {
            AUTHORITY
        } else {
            registry
        };
        let (_, gas) = bench.chain.deploy(contract, argument);
        bench.rows.push(Row {
            what: format!("deploy `{}`", contract.name()),
            gas,
        });
    }
}

fn registry(bench: &mut Bench) {
    let registry = bench.chain.registry;
    let role = chain::operator_role();
    let grant = grantRoleCall {
        role,
        account: STRANGER,
    };
    bench.send("`KioskRegistry.grantRole`", AUTHORITY, registry, grant);
    let id = B256::repeat_byte(0x77);
    let sender = Address::repeat_byte(0x77);
    bench.send(
        "`KioskRegistry.enrol`",
        OPERATOR,
        registry,
        chain::enrol(id, sender),
    );
    bench.send(
        "`KioskRegistry.suspend`",
        OPERATOR,
        registry,
        KioskRegistry::suspendCall { id },
    );
    bench.send(
        "`KioskRegistry.reinstate`",
        OPERATOR,
        registry,
        KioskRegistry::reinstateCall { id },
    );
    let rotate = chain::rotation(id, NEW_SENDER);
    bench.send("`KioskRegistry.rotate`", OPERATOR, registry, rotate);
}

fn anchors(bench: &mut Bench) {
    let anchor = bench.chain.anchor;
    let root = |n: u64| keccak256(n.to_be_bytes());
    let call = |size: u64| anchorCall {
        root: root(size),
        size,
    };
    bench.send("`Anchor.anchor`, a kiosk's first", SENDER, anchor, call(1));
    bench.send(
        "`Anchor.anchor`, every later one",
        SENDER,
        anchor,
        call(257),
    );
    bench.send("`Anchor.anchor`, repeated", SENDER, anchor, call(257));
}

fn documents(bench: &mut Bench) {
    let publish = PolicyRegistry::publishCall {
        series: keccak256("residence"),
        hash: keccak256("policy"),
        version: 1,
        validFrom: START,
        validUntil: START + 1,
    };
    let policies = bench.chain.policies;
    bench.send("`PolicyRegistry.publish`", ISSUER, policies, publish);
    let withdraw = PolicyRegistry::withdrawCall {
        issuer: ISSUER,
        hash: keccak256("policy"),
    };
    bench.send("`PolicyRegistry.withdraw`", ISSUER, policies, withdraw);
    let list = StatusListAnchor::publishCall {
        list: keccak256("list"),
        number: 1,
        digest: keccak256("bytes"),
    };
    let status_lists = bench.chain.status_lists;
    bench.send("`StatusListAnchor.publish`", OPERATOR, status_lists, list);
}

fn consents(bench: &mut Bench) {
    let consents = bench.chain.consents;
    let (secret, record) = (keccak256("secret"), keccak256("record"));
    // A tree of 256 leaves: eight siblings on the way up.
    let proof: Vec<B256> = (0_u64..8).map(|n| keccak256(n.to_be_bytes())).collect();
    let leaf = chain::leaf(&(secret, record).abi_encode());
    let root = proof
        .iter()
        .fold(leaf, |node, sibling| chain::parent(node, *sibling));
    bench.send(
        "`ConsentRegister.grant`",
        SENDER,
        consents,
        ConsentRegister::grantCall { root },
    );
    let revoke = ConsentRegister::revokeCall {
        kiosk: KIOSK,
        root,
        secret,
        record,
        proof,
    };
    bench.send(
        "`ConsentRegister.revoke`, one of 256",
        STRANGER,
        consents,
        revoke,
    );
}

fn usage(bench: &mut Bench) {
    let usage = bench.chain.usage;
    let period = START / (7 * 24 * 3600) - 1;
    let report = UsageMeter::reportCall {
        period,
        root: keccak256("tree"),
        total: 7000,
    };
    bench.send("`UsageMeter.report`", OPERATOR, usage, report);
    let credit = UsageMeter::creditCall {
        validator: STRANGER,
        period,
        attestations: 3500,
    };
    bench.send("`UsageMeter.credit`", AUTHORITY, usage, credit);
    let settle = UsageMeter::settleCall {
        validator: STRANGER,
        attestations: 3000,
        reference_: keccak256("transfer"),
    };
    bench.send("`UsageMeter.settle`", AUTHORITY, usage, settle);
}
