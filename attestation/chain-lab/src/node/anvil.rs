//! `anvil`, of the Foundry project. It writes its state every second, so a kill costs it up to a
//! second of blocks: the client sees a chain that was set back.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Mining, package};
use crate::rpc::Rpc;

/// How often it writes its state, in seconds: the least that it takes.
const STATE_INTERVAL_S: &str = "1";

pub fn command(port: u16, mining: Mining, folder: &Path) -> Result<Command, Box<dyn Error>> {
    keep_good_state(folder)?;
    let mut command = Command::new(program());
    command
        .args([
            "--host",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--quiet",
        ])
        .args(["--state-interval", STATE_INTERVAL_S, "--state"])
        .arg(folder.join("state.json"))
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    if let Mining::Every(interval) = mining {
        command.args(["--block-time", &interval.as_secs_f64().to_string()]);
    }
    Ok(command)
}

/// A kill can hit it while it writes: then the state before is taken.
fn keep_good_state(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (state, good) = (folder.join("state.json"), folder.join("good.json"));
    let whole =
        std::fs::read(&state).is_ok_and(|bytes| serde_json::from_slice::<Value>(&bytes).is_ok());
    if whole {
        std::fs::copy(&state, &good)?;
    } else if good.exists() {
        std::fs::copy(&good, &state)?;
    }
    Ok(())
}

/// From npm, which has it for x86_64; `ANVIL` names one from elsewhere.
fn program() -> PathBuf {
    let from_npm = || package("../contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil");
    std::env::var_os("ANVIL").map_or_else(from_npm, PathBuf::from)
}

/// The newest blocks are replaced by empty ones, and their transactions forgotten.
pub fn reorganise(rpc: &Rpc, depth: u64) -> Result<(), Box<dyn Error>> {
    rpc.ask("anvil_reorg", json!([depth, []])).map(|_| ())
}

pub fn waiting(rpc: &Rpc) -> Result<Vec<Value>, Box<dyn Error>> {
    let content = rpc.ask("txpool_content", json!([]))?;
    let of_all = ["pending", "queued"]
        .into_iter()
        .filter_map(|part| content[part].as_object());
    let by_sender = of_all
        .flat_map(|senders| senders.values())
        .filter_map(Value::as_object);
    Ok(by_sender
        .flat_map(|by_nonce| by_nonce.values())
        .map(|tx| tx["hash"].clone())
        .collect())
}
