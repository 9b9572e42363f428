//! A real EVM node (anvil, from npm) and a network with the contracts, for tests.
#![allow(dead_code, reason = "every test file uses another part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where something is wrong"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use attestation::chain::{
    Account, Contracts, Endpoint, EvmLedger, Operations, SenderEnrolment, Settings,
};
use attestation::ledger::{Happening, Ledger, Outbox, Progress, State};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_ports::Ports;

use super::Kiosk;
use super::patience::LONG;

pub const CHAIN_ID: u64 = 31337;
pub const ORIGIN: &str = "kiosk-log/hall-2/kiosk-07";

/// Account 0 of every test node, which has funds.
const RICH: [u8; 32] =
    alloy_primitives::hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

pub struct Anvil {
    child: Option<Child>,
    folder: TempDir,
    pub url: String,
    ports: Ports,
    options: Vec<String>,
}

impl Anvil {
    /// Mines each transaction at once.
    pub fn start() -> Self {
        Self::with(&[])
    }

    pub fn with(options: &[&str]) -> Self {
        let ports = Ports::reserve().unwrap();
        let mut anvil = Self {
            child: None,
            folder: tempfile::tempdir().unwrap(),
            url: format!("http://127.0.0.1:{}", ports.first()),
            ports,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
        };
        anvil.run();
        anvil
    }

    /// Starts it (again), on its port.
    pub fn run(&mut self) {
        let mut child = Command::new(program())
            .args([
                "--host",
                "127.0.0.1",
                "--port",
                &self.ports.first().to_string(),
            ])
            .arg("--state")
            .arg(self.folder.path().join("state.json"))
            .args(&self.options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("anvil starts; `scripts/setup.sh` fetches it");
        let output = child.stdout.take().unwrap();
        self.child = Some(child);
        listening(output);
    }

    /// Ends it in order: its state is on the disk.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let pid = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
            child.wait().unwrap();
        }
    }

    /// As a power cut would: what came after the last [`Self::stop`] is lost.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub fn ask(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = post(&self.url, body.to_string().as_bytes());
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    pub fn mine(&self, blocks: u64) {
        self.ask("anvil_mine", json!([format!("{blocks:#x}")]));
    }

    /// How often any head was anchored, by the contract's own events.
    pub fn anchored_events(&self, contracts: &Contracts) -> usize {
        let filter = json!([{
            "fromBlock": "0x0",
            "toBlock": "latest",
            "address": contracts.anchor.to_string(),
        }]);
        self.ask("eth_getLogs", filter).as_array().unwrap().len()
    }

    /// How many transactions of the kiosk's sender are in blocks.
    pub fn nonce(&self) -> Value {
        let sender = sender().address().to_string();
        self.ask("eth_getTransactionCount", json!([sender, "latest"]))
    }

    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(&self.url).unwrap()
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where it listens, by what it prints.
fn listening(output: ChildStdout) {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let listens = lines.any(|line| line.starts_with("Listening on "));
        // Nobody waits any more only when the test has failed.
        let _ = tell.send(listens);
    });
    let listens = told.recv_timeout(LONG);
    assert!(
        listens.expect("anvil says where it listens"),
        "anvil listens"
    );
}

/// Asks a node as nothing of the client under test does.
pub fn post(url: &str, body: &[u8]) -> Value {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(LONG))
        .proxy(None)
        .build()
        .new_agent();
    let request = agent.post(url).content_type("application/json");
    let text = request.send(body).unwrap().body_mut().read_to_string();
    serde_json::from_str(&text.unwrap()).unwrap()
}

/// Where the set-up puts it, or what `ANVIL` says.
fn program() -> PathBuf {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts/node_modules/@foundry-rs");
    let machine = match std::env::consts::ARCH {
        "aarch64" => "anvil-linux-arm64",
        _ => "anvil-linux-amd64",
    };
    std::env::var_os("ANVIL")
        .map_or_else(|| packages.join(machine).join("bin/anvil"), PathBuf::from)
}

pub fn authority() -> Account {
    Account::from_secret(&RICH).unwrap()
}

pub fn sender() -> Account {
    Account::from_secret(&[0x5E; 32]).unwrap()
}

/// Contracts on the chain; the kiosk listed, and its sender with funds.
pub fn network(anvil: &Anvil, kiosk: &Kiosk) -> Contracts {
    let contracts = deploy(anvil);
    enrol(anvil, &contracts, kiosk);
    contracts
}

pub fn deploy(anvil: &Anvil) -> Contracts {
    let (endpoint, authority) = (anvil.endpoint(), authority());
    let operations = Operations::new(&endpoint, &authority, CHAIN_ID).unwrap();
    operations.deploy().unwrap()
}

pub fn enrol(anvil: &Anvil, contracts: &Contracts, kiosk: &Kiosk) {
    let (endpoint, authority) = (anvil.endpoint(), authority());
    let operations = Operations::new(&endpoint, &authority, CHAIN_ID).unwrap();
    let address = sender().address();
    let enrolment = SenderEnrolment::new(contracts, ORIGIN, &kiosk.device, address);
    operations.enrol(contracts, &enrolment).unwrap();
    fund(anvil, &address.to_string());
}

pub fn fund(anvil: &Anvil, address: &str) {
    anvil.ask("anvil_setBalance", json!([address, "0xde0b6b3a7640000"]));
}

/// Anchors each entry at once, and believes the first block. A node that is there is waited for however
/// busy the machine is; a dead one refuses at once.
pub fn eager(urls: &[&str], contracts: Contracts) -> Settings {
    let urls = urls.iter().map(|url| (*url).to_owned()).collect();
    let mut settings = Settings::new(urls, contracts);
    settings.confirmations = 1.try_into().unwrap();
    settings.batch = 1.try_into().unwrap();
    settings.poll = Duration::from_secs(1);
    settings.time_out = LONG;
    settings
}

pub fn ledger(settings: Settings) -> EvmLedger {
    EvmLedger::new(settings, sender(), ORIGIN).unwrap()
}

/// A ledger and a clock that is only moved by hand.
pub struct Bench {
    pub ledger: EvmLedger,
    pub now: Duration,
}

impl Bench {
    pub fn new(settings: Settings) -> Self {
        Self {
            ledger: ledger(settings),
            now: Duration::ZERO,
        }
    }

    pub fn step(&mut self, outbox: &mut dyn Outbox) -> Progress {
        let progress = self.ledger.step(outbox, self.now).unwrap();
        self.now += progress.again_after.max(Duration::from_millis(1));
        progress
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    /// Steps until nothing waits; everything that happened.
    pub fn settle(&mut self, outbox: &mut dyn Outbox) -> Vec<Happening> {
        let mut happened = Vec::new();
        for _ in 0..200 {
            let progress = self.step(outbox);
            happened.extend(progress.happened);
            if progress.state == State::Settled {
                return happened;
            }
        }
        panic!("not settled: {happened:?}, {:?}", self.step(outbox));
    }
}
