//! A kiosk whose log is anchored on a chain: a resident is verified, the kiosk anchors by itself, and
//! an auditor with public files and a node's address checks the receipt. The node is a real one
//! (anvil) where gas costs nothing, as on most permissioned networks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use stories::{Run, Running, ToTheEnd, virtual_display, wait_for};
use tempfile::TempDir;
use test_ports::Ports;

/// For one answer of the node.
const PATIENCE: Duration = Duration::from_secs(300);

#[test]
fn a_resident_is_verified_and_the_kiosk_anchors_it_while_the_chain_learns_root_and_size() {
    let scene = Scene::new();
    let run = scene.play("genuine", &["--until-anchored"]);
    run.ends("verified", "all_factors_accepted");
    assert!(run.events().contains(&"ledger.anchored".to_owned()));

    scene.is_anchored(&run);
    scene.chain_saw_only_root_and_size(&run);
    run.names_nobody();
}

#[test]
fn while_the_node_is_down_residents_get_receipts_and_a_restarted_kiosk_anchors_them() {
    let mut scene = Scene::new();
    scene.node.stop();
    let run = scene.play("genuine", &[]);
    run.ends("verified", "all_factors_accepted");
    assert_eq!(run.receipt_holds()["decision"], "verified");
    assert!(!run.events().contains(&"ledger.anchored".to_owned()));
    let refused = scene.verify(&run);
    assert_eq!(refused["code"], "rpc_unreachable");

    scene.node.start();
    assert_eq!(scene.verify(&run)["code"], "not_anchored");
    scene.run_until_anchored(&run);
    scene.is_anchored(&run);
    scene.chain_saw_only_root_and_size(&run);
}

/// A node, the contracts on it, and a kiosk that is enrolled there.
struct Scene {
    folder: TempDir,
    node: Node,
    sender: String,
}

impl Scene {
    /// Operator and technician do what the README says, with the programs that it names.
    fn new() -> Self {
        let mut scene = Self {
            folder: tempfile::tempdir().unwrap(),
            node: Node::new(),
            sender: String::new(),
        };
        scene.receipt_chain("key", &[], &["authority.key"]);
        let deploy = ["--account", "authority.key", "--chain-id", "31337"];
        scene.receipt_chain("deploy", &deploy, &["ledger.json"]);
        scene.write_ledger_settings();
        scene.enrol_kiosk();
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `receipt chain …` at the operator's desk; only making a key needs no node.
    fn receipt_chain(&self, verb: &str, options: &[&str], names: &[&str]) {
        let mut command = stories::program("receipt");
        command
            .current_dir(self.folder.path())
            .args(["chain", verb]);
        if verb != "key" {
            command.args(["--rpc", &self.node.url]);
        }
        let output = command.args(options).args(names).to_the_end();
        assert!(output.status.success(), "{verb}: {output:?}");
    }

    fn write_ledger_settings(&self) {
        let text = fs::read_to_string(self.path("ledger.json")).unwrap();
        let ledger: Value = serde_json::from_str(&text).unwrap();
        let settings = format!(
            "[ledger]\nkind = 'evm'\nendpoints = ['{}']\nchain_id = {}\nregistry = {}\nanchor = {}\n\
             confirmations = 1\nbatch = 1\n",
            self.node.url, ledger["chain_id"], ledger["registry"], ledger["anchor"],
        );
        fs::write(self.path("ledger.toml"), settings).unwrap();
    }

    /// A first visitor stops half-way, which leaves a kiosk with keys and an empty log.
    fn enrol_kiosk(&mut self) {
        let run = self.play("cancelled", &[]);
        let config = run.folder().join("kiosk.toml");
        let enrolment = stories::says(&["ledger", "enrolment", "--config", text(&config)]);
        fs::write(self.path("enrolment.json"), &enrolment).unwrap();
        let enrolment: Value = serde_json::from_str(&enrolment).unwrap();
        enrolment["sender"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.sender);
        let credential = self.path("state/credential.cose");
        let options = [
            "--account",
            "authority.key",
            "--ledger",
            "ledger.json",
            "--credential",
            text(&credential),
        ];
        self.receipt_chain("enrol", &options, &["enrolment.json"]);
    }

    fn play(&self, scenario: &str, more: &[&str]) -> Run {
        let (state, ledger) = (self.path("state"), self.path("ledger.toml"));
        let kept = ["--state", text(&state), "--ledger", text(&ledger)];
        stories::play_with(scenario, &[&kept, more].concat())
    }

    /// The appliance itself, on what the demo left: devices are gone, the ledger goes on.
    fn run_until_anchored(&self, run: &Run) {
        let (_display, display) = virtual_display();
        let config = run.folder().join("kiosk.toml");
        let events = self.path("state/events.jsonl");
        let mut kiosk = Running::start(
            stories::program("kiosk")
                .args(["run", "--config", text(&config)])
                .env("DISPLAY", display),
        );
        wait_for("the anchor", || {
            fs::read_to_string(&events)
                .is_ok_and(|text| text.contains(r#""event":"ledger.anchored""#))
        });
        kiosk.terminate();
    }

    /// What an auditor finds out with public files and the node.
    fn verify(&self, run: &Run) -> Value {
        let export = self.path("export");
        if !export.exists() {
            let config = run.folder().join("kiosk.toml");
            stories::says(&["log", "export", "--config", text(&config), text(&export)]);
        }
        let output = stories::program("receipt")
            .args(["verify", "--json", "--operator"])
            .arg(run.folder().join("operator.pub"))
            .args(["--rpc", &self.node.url, "--ledger"])
            .arg(self.path("ledger.json"))
            .arg("--log")
            .arg(export)
            .arg(run.folder().join("receipt.txt"))
            .to_the_end();
        serde_json::from_slice(&output.stdout).expect("receipt --json prints JSON")
    }

    fn is_anchored(&self, run: &Run) {
        let found = self.verify(run);
        assert_eq!(found["holds"], true, "{found}");
        let checks = found["checks"].as_array().unwrap();
        for check in [
            "listed_on_chain",
            "registry_has_key",
            "sender_bound",
            "anchored",
        ] {
            assert!(checks.contains(&json!(check)), "{check} in {found}");
        }
        assert_eq!(found["ledger"]["sender"], json!(self.sender));
        assert_eq!(found["ledger"]["size"], 1);
    }

    /// All that the kiosk ever sent is one call with root and size, of 4 + 32 + 32 bytes.
    fn chain_saw_only_root_and_size(&self, run: &Run) {
        let log = &self.verify(run)["log"];
        let (root, size) = (log["root"].as_str().unwrap(), log["size"].as_u64().unwrap());
        let sender = self.sender.to_lowercase();
        let sent: Vec<Value> = self.node.transactions();
        let sent: Vec<&Value> = sent.iter().filter(|one| one["from"] == sender).collect();
        assert_eq!(sent.len(), 1, "{sent:?}");
        let input = sent[0]["input"].as_str().unwrap();
        assert_eq!(input.len(), 2 + 2 * (4 + 32 + 32), "{input}");
        assert_eq!(input[10..], format!("{root}{size:064x}"));
    }
}

/// A real EVM node; what it knows outlives a stop.
struct Node {
    process: Option<Running>,
    folder: TempDir,
    ports: Ports,
    url: String,
}

impl Node {
    fn new() -> Self {
        let ports = Ports::reserve().unwrap();
        let mut node = Self {
            process: None,
            folder: tempfile::tempdir().unwrap(),
            url: format!("http://127.0.0.1:{}", ports.first()),
            ports,
        };
        node.start();
        node
    }

    /// Starts it (again), on its port.
    fn start(&mut self) {
        let mut anvil = Running::start(
            Command::new(anvil())
                .args([
                    "--host",
                    "127.0.0.1",
                    "--port",
                    &self.ports.first().to_string(),
                ])
                .args(["--hardfork", "istanbul", "--gas-price", "0", "--state"])
                .arg(self.folder.path().join("state.json")),
        );
        while !anvil.line().starts_with("Listening on ") {}
        self.process = Some(anvil);
    }

    /// Ends it in order: its state is on the disk.
    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.terminate();
        }
    }

    /// Every transaction in every block.
    fn transactions(&self) -> Vec<Value> {
        let newest = self.ask("eth_blockNumber", json!([]));
        let newest = u64::from_str_radix(&newest.as_str().unwrap()[2..], 16).unwrap();
        let block = |number| {
            self.ask(
                "eth_getBlockByNumber",
                json!([format!("{number:#x}"), true]),
            )
        };
        let of_block = |number| block(number)["transactions"].as_array().unwrap().clone();
        (0..=newest).flat_map(of_block).collect()
    }

    fn ask(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut answer = ureq::post(&self.url)
            .config()
            .timeout_global(Some(PATIENCE))
            .build()
            .content_type("application/json")
            .send(body.to_string().as_bytes())
            .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }
}

/// Where the set-up puts it, or what `ANVIL` says.
fn anvil() -> PathBuf {
    let packages = stories::workspace().join("attestation/contracts/node_modules/@foundry-rs");
    let machine = match std::env::consts::ARCH {
        "aarch64" => "anvil-linux-arm64",
        _ => "anvil-linux-amd64",
    };
    std::env::var_os("ANVIL")
        .map_or_else(|| packages.join(machine).join("bin/anvil"), PathBuf::from)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
