//! Real EVM nodes from npm packages, on loopback, as child processes that can be killed.

mod anvil;
mod hardhat;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use test_ports::Ports;

use crate::rpc::Rpc;

/// How long a node may take until it answers: hardhat loads for seconds on a busy machine.
const START_TIME_OUT: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(50);

/// The chain's number, with both kinds.
pub const CHAIN_ID: u64 = 31337;

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// `@foundry-rs/anvil`: keeps its state in a file, can reorganise.
    Anvil,
    /// `hardhat node`: all in memory.
    Hardhat,
}

impl Kind {
    /// As it stands in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anvil => "anvil",
            Self::Hardhat => "hardhat",
        }
    }
}

/// When blocks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mining {
    /// Each transaction at once.
    AtOnce,
    /// So often, with or without transactions.
    Every(Duration),
}

/// A node; it is killed when this is dropped.
pub struct Node {
    kind: Kind,
    mining: Mining,
    ports: Ports,
    folder: TempDir,
    child: Option<Child>,
}

impl Node {
    /// Starts a node with a new chain.
    pub fn start(kind: Kind, mining: Mining) -> Result<Self, Box<dyn Error>> {
        let mut node = Self {
            kind,
            mining,
            ports: Ports::reserve()?,
            folder: tempfile::tempdir()?,
            child: None,
        };
        node.run()?;
        Ok(node)
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.first())
    }

    /// For steering and reading.
    pub fn rpc(&self) -> Rpc {
        Rpc::new(&self.url())
    }

    /// Starts it (again), with the state it kept; waits until it answers.
    pub fn run(&mut self) -> Result<(), Box<dyn Error>> {
        let child = self.command()?.spawn();
        self.child = Some(child.map_err(|e| format!("{} does not start: {e}", self.kind.name()))?);
        let (rpc, begun) = (self.rpc(), Instant::now());
        while rpc.number("eth_chainId", json!([])).ok() != Some(CHAIN_ID) {
            if self.has_ended() {
                return Err(format!("{} ended by itself", self.kind.name()).into());
            }
            if begun.elapsed() > START_TIME_OUT {
                return Err(format!("{} does not answer", self.kind.name()).into());
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    fn command(&self) -> Result<Command, Box<dyn Error>> {
        let port = self.ports.first();
        match self.kind {
            Kind::Anvil => anvil::command(port, self.mining, self.folder.path()),
            Kind::Hardhat => Ok(hardhat::command(port, self.mining)),
        }
    }

    fn has_ended(&mut self) -> bool {
        let status = self.child.as_mut().map(Child::try_wait);
        matches!(status, Some(Ok(Some(_))))
    }

    /// SIGKILL: what it did not write yet is lost.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself: then there is nothing to kill.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGTERM: it writes its state first.
    pub fn stop(&mut self) -> Result<(), Box<dyn Error>> {
        if let Some(mut child) = self.child.take() {
            let pid = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
            child.wait()?;
        }
        Ok(())
    }

    /// Makes so many blocks at once.
    pub fn mine(&self, blocks: u64) -> Result<(), Box<dyn Error>> {
        self.rpc()
            .ask("hardhat_mine", json!([format!("{blocks:#x}")]))
            .map(|_| ())
    }

    /// Takes the newest blocks away.
    pub fn reorganise(&self, depth: u64, pause: Duration) -> Result<(), Box<dyn Error>> {
        match self.kind {
            Kind::Anvil => anvil::reorganise(&self.rpc(), depth),
            Kind::Hardhat => hardhat::roll_back(&self.rpc(), pause),
        }
    }

    /// Forgets all transactions that are in no block yet; how many they were.
    pub fn drop_mempool(&self) -> Result<usize, Box<dyn Error>> {
        let rpc = self.rpc();
        let waiting = match self.kind {
            Kind::Anvil => anvil::waiting(&rpc)?,
            Kind::Hardhat => hardhat::waiting(&rpc)?,
        };
        let mut dropped = 0;
        for hash in waiting {
            // One that came into a block meanwhile cannot be dropped any more.
            let answer = rpc.ask("hardhat_dropTransaction", json!([hash]));
            dropped +=
                usize::from(answer.is_ok_and(|done| done != json!(false) && !done.is_null()));
        }
        Ok(dropped)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The folder of this program's sources, beside which the npm packages lie.
pub fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn package(path: &str) -> PathBuf {
    home().join(path)
}
