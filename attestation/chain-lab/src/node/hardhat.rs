//! `hardhat node`. It keeps everything in memory and cannot reorganise; it can be set back to a
//! snapshot, which takes the newest blocks away without replacing them.

use std::error::Error;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Mining, home, package};
use crate::rpc::Rpc;

pub fn command(port: u16, mining: Mining) -> Command {
    let milliseconds = match mining {
        Mining::AtOnce => 0,
        Mining::Every(interval) => interval.as_millis(),
    };
    let mut command = Command::new("node");
    command
        .arg(package("node_modules/hardhat/internal/cli/cli.js"))
        .args([
            "--config",
            "hardhat.config.cjs",
            "node",
            "--hostname",
            "127.0.0.1",
        ])
        .args(["--port", &port.to_string()])
        .current_dir(home())
        .env("LAB_BLOCK_MS", milliseconds.to_string())
        .env("HARDHAT_DISABLE_TELEMETRY_PROMPT", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// The blocks and transactions of a while are taken back.
pub fn roll_back(rpc: &Rpc, pause: Duration) -> Result<(), Box<dyn Error>> {
    let snapshot = rpc.ask("evm_snapshot", json!([]))?;
    std::thread::sleep(pause);
    rpc.ask("evm_revert", json!([snapshot])).map(|_| ())
}

pub fn waiting(rpc: &Rpc) -> Result<Vec<Value>, Box<dyn Error>> {
    let pending = rpc.ask("eth_pendingTransactions", json!([]))?;
    Ok(pending
        .as_array()
        .into_iter()
        .flatten()
        .map(|tx| tx["hash"].clone())
        .collect())
}
