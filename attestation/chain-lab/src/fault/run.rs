//! Faults against a client in a process of its own, by the machine's clock.

use std::error::Error;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use attestation::Log;
use attestation::chain::Contracts;
use serde_json::json;
use tempfile::TempDir;

use super::{Fault, Scale};
use crate::client::{Client, Spec};
use crate::node::{Kind, Mining, Node};
use crate::outcome::{self, Outcome};
use crate::random::Random;
use crate::sim::{Manner, Proxy};
use crate::{kiosk, network};

const BLOCK_TIME: Duration = Duration::from_millis(250);
const BATCH: u64 = 4;
const CONFIRMATIONS: u64 = 3;
/// Far more than any run needs on the busiest machine: what is not anchored by then is missing.
const PATIENCE: Duration = Duration::from_secs(1200);

/// By the client's clock: longer than it takes to look at a confirmed anchor again and, patiently, to
/// believe that it is gone.
const LINGER: Duration = Duration::from_secs(160);

/// How long a client may take to ask an endpoint that misbehaves: longer than it waits for another.
const MEETING: Duration = Duration::from_secs(15);

/// How long a client may take to submit something.
const SUBMISSION: Duration = Duration::from_secs(3);

/// A chain, a kiosk and its clients.
struct Lab {
    folder: TempDir,
    node: Node,
    contracts: Contracts,
    endpoints: Vec<Proxy>,
    clients: Vec<Client>,
    random: Random,
}

pub fn try_out(
    fault: Fault,
    kind: Kind,
    scale: &Scale,
) -> Result<(Outcome, String), Box<dyn Error>> {
    let mut lab = Lab::prepare(fault, kind, scale)?;
    let mut remarks = Remarks::default();
    for round in 0..scale.rounds {
        let pause = lab.random.between(200, 900);
        std::thread::sleep(pause);
        lab.disturb(fault, round, &mut remarks)?;
    }
    for client in &mut lab.clients {
        remarks.unfinished |= !client.finish(PATIENCE)?;
    }
    remarks.bad_answers = lab.endpoints.iter().map(Proxy::bad_answers).sum();
    let outcome = lab.outcome()?;
    Ok((outcome, remarks.to_text()))
}

/// What a row says beside its figures.
#[derive(Default)]
struct Remarks {
    dropped: usize,
    bad_answers: u64,
    anchors_while_suspended: Option<u64>,
    unfinished: bool,
}

impl Remarks {
    fn to_text(&self) -> String {
        let mut words = Vec::new();
        if self.unfinished {
            words.push(format!("not finished after {} s", PATIENCE.as_secs()));
        }
        if self.dropped > 0 {
            words.push(format!("{} transactions dropped", self.dropped));
        }
        if self.bad_answers > 0 {
            words.push(format!("{} bad answers", self.bad_answers));
        }
        if let Some(anchors) = self.anchors_while_suspended {
            words.push(format!("{anchors} anchors while suspended"));
        }
        words.join(", ")
    }
}

impl Lab {
    fn prepare(fault: Fault, kind: Kind, scale: &Scale) -> Result<Self, Box<dyn Error>> {
        let mut node = Node::start(kind, Mining::Every(BLOCK_TIME))?;
        let contracts = network::prepare(&node)?;
        if matches!(fault, Fault::NodeKilled | Fault::BothKilled) {
            // What the network is made of is on the node's disk before anything is killed.
            node.stop()?;
            node.run()?;
        }
        let folder = tempfile::tempdir()?;
        kiosk::issue_credential(&credential(folder.path()))?;
        let endpoints = endpoints(fault, &node, scale)?;
        let mut lab = Self {
            folder,
            node,
            contracts,
            endpoints,
            clients: Vec::new(),
            random: Random::new(scale.seed),
        };
        lab.start_clients(fault, scale)?;
        Ok(lab)
    }

    fn start_clients(&mut self, fault: Fault, scale: &Scale) -> Result<(), Box<dyn Error>> {
        let clients = if fault == Fault::TwoSubmitters { 2 } else { 1 };
        for number in 0..clients {
            self.clients.push(Client::start(Spec {
                log: self.folder.path().join(format!("log-{number}.sqlite")),
                credential: credential(self.folder.path()),
                contracts: self.contracts,
                endpoints: self
                    .endpoints
                    .iter()
                    .map(|proxy| proxy.url().to_owned())
                    .collect(),
                total: scale.total,
                batch: BATCH,
                confirmations: CONFIRMATIONS,
                every: scale.every,
                linger: if fault.takes_anchors_back() {
                    LINGER
                } else {
                    Duration::ZERO
                },
            })?);
        }
        Ok(())
    }

    /// One time of what the fault does.
    fn disturb(
        &mut self,
        fault: Fault,
        round: u64,
        remarks: &mut Remarks,
    ) -> Result<(), Box<dyn Error>> {
        let pause = self.random.between(0, 600);
        match fault {
            Fault::None
            | Fault::WeekWithoutNetwork
            | Fault::TwoSubmitters
            | Fault::EndpointLies => {}
            Fault::ClientKilled => self.clients[0].kill_and_restart(pause)?,
            Fault::NodeKilled => self.kill_node(pause)?,
            Fault::BothKilled => {
                self.node.kill();
                self.clients[0].kill_and_restart(pause)?;
                self.node.run()?;
            }
            Fault::Reorganised => self.reorganise(1..3, pause)?,
            Fault::DeeplyReorganised => self.reorganise(3..9, pause)?,
            Fault::MempoolDropped => remarks.dropped += self.drop_mempool()?,
            Fault::EndpointHangs => {
                let manners = [
                    Manner::Hanging,
                    Manner::Dripping,
                    Manner::Flooding,
                    Manner::Gone,
                ];
                let manner = manners[usize::try_from(round)? % manners.len()];
                let endpoint = &self.endpoints[usize::try_from(round)? % self.endpoints.len()];
                endpoint.behave(manner);
                let (before, begun) = (endpoint.bad_answers(), Instant::now());
                // The client may still wait for the one before.
                while endpoint.bad_answers() == before && begun.elapsed() < MEETING {
                    std::thread::sleep(BLOCK_TIME);
                }
                std::thread::sleep(Duration::from_secs(2));
                self.endpoints
                    .iter()
                    .for_each(|endpoint| endpoint.behave(Manner::Honest));
            }
            Fault::Suspended => {
                *remarks.anchors_while_suspended.get_or_insert(0) += self.suspend(pause)?;
            }
        }
        Ok(())
    }

    fn kill_node(&mut self, pause: Duration) -> Result<(), Box<dyn Error>> {
        self.node.kill();
        std::thread::sleep(pause);
        self.node.run()
    }

    fn reorganise(&mut self, depths: Range<u64>, pause: Duration) -> Result<(), Box<dyn Error>> {
        let depth = depths.start + self.random.below(depths.end - depths.start);
        self.node.reorganise(depth, pause.max(BLOCK_TIME * 4))
    }

    /// Waits for a transaction that waits for a block, and drops it.
    fn drop_mempool(&mut self) -> Result<usize, Box<dyn Error>> {
        let begun = Instant::now();
        while begun.elapsed() < SUBMISSION {
            let dropped = self.node.drop_mempool()?;
            if dropped > 0 {
                return Ok(dropped);
            }
            std::thread::sleep(BLOCK_TIME / 20);
        }
        Ok(0)
    }

    /// How many anchors came in while the kiosk was suspended: none should.
    fn suspend(&mut self, pause: Duration) -> Result<u64, Box<dyn Error>> {
        network::set_suspended(&self.node, &self.contracts, true)?;
        let before = self.anchors()?;
        std::thread::sleep(pause + BLOCK_TIME * 6);
        let after = self.anchors()?;
        network::set_suspended(&self.node, &self.contracts, false)?;
        Ok(after - before)
    }

    fn anchors(&self) -> Result<u64, Box<dyn Error>> {
        let filter = json!([{ "fromBlock": "0x0", "address": self.contracts.anchor.to_string() }]);
        let logs = self.node.rpc().ask("eth_getLogs", filter)?;
        Ok(logs.as_array().map_or(0, Vec::len) as u64)
    }

    /// With two clients both logs must be anchored whole; the worse one counts.
    fn outcome(&mut self) -> Result<Outcome, Box<dyn Error>> {
        let mut worst: Option<Outcome> = None;
        for client in &self.clients {
            let mut log = Log::open(client.log())?;
            let rpc = self.node.rpc();
            let outcome = outcome::read(&rpc, &self.contracts, &mut log, client.receipts())?;
            let worse = worst
                .as_ref()
                .is_none_or(|worst| outcome.missing() > worst.missing());
            if worse {
                worst = Some(outcome);
            }
        }
        worst.ok_or_else(|| "no client".into())
    }
}

fn credential(folder: &Path) -> std::path::PathBuf {
    folder.join("credential")
}

/// One honest endpoint, or three if one of them misbehaves.
fn endpoints(fault: Fault, node: &Node, scale: &Scale) -> Result<Vec<Proxy>, Box<dyn Error>> {
    let manners: &[Manner] = match fault {
        Fault::EndpointLies => &[Manner::Lying, Manner::Honest, Manner::Honest],
        Fault::EndpointHangs => &[Manner::Honest; 3],
        _ => &[Manner::Honest],
    };
    let start = |manner: &Manner| Proxy::before(node.rpc(), *manner, scale.seed);
    manners.iter().map(start).collect()
}
