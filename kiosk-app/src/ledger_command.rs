//! `kiosk ledger`: what a technician does about the ledger, and what it looks like from here.

use std::path::Path;

use attestation::chain::{Endpoint, KioskOnChain, KioskState, SenderEnrolment, Settings};
use attestation::ledger::{LedgerId, Outbox};
use attestation::{Checkpoint, Log, LogError};
use clap::Subcommand;

use crate::clock::WallTime;
use crate::commands::CommandError;
use crate::config::Config;
use crate::errors::chain;
use crate::ledger;
use crate::provision::StateFolder;

/// The commands.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Print what the operator needs to list this kiosk on the chain (`receipt chain enrol`)
    Enrolment {
        /// Settings file
        #[arg(long)]
        config: std::path::PathBuf,
    },
    /// Show how many attestations wait, and what each node says about this kiosk
    Status {
        /// Settings file
        #[arg(long)]
        config: std::path::PathBuf,
    },
}

/// Runs one.
pub fn run(command: &LedgerCommand) -> Result<String, CommandError> {
    match command {
        LedgerCommand::Enrolment { config } => enrolment(config),
        LedgerCommand::Status { config } => status(config),
    }
}

fn enrolment(config: &Path) -> Result<String, CommandError> {
    let config = Config::load(config)?;
    let settings = config.ledger.on_chain().ok_or(CommandError::NoChain)?;
    let state = StateFolder::of(&config);
    state.must_be_ours()?;
    let identity = state.load()?;
    let credential = &identity.credential;
    let origin = Checkpoint::origin(&credential.site, &credential.kiosk);
    let address = ledger::sender(&state)?.address();
    let enrolment = SenderEnrolment::new(&settings.contracts, &origin, &identity.device, address);
    Ok(enrolment.to_json().trim_end().to_owned())
}

fn status(config: &Path) -> Result<String, CommandError> {
    let config = Config::load(config)?;
    let Some(settings) = config.ledger.on_chain() else {
        return Ok(String::from(
            "No outside ledger: the log is its own (`kind = \"embedded\"` in [ledger]).",
        ));
    };
    let state = StateFolder::of(&config);
    state.must_be_ours()?;
    let credential = state.load()?.credential;
    let origin = Checkpoint::origin(&credential.site, &credential.kiosk);
    let mut lines = vec![
        format!("Kiosk    {origin}"),
        format!("Sender   {}", ledger::sender(&state)?.address()),
        format!("Waiting  {}", waiting(&state, settings)),
    ];
    for url in &settings.endpoints {
        lines.push(format!("Node     {}", node(url, settings, &origin)));
    }
    Ok(lines.join("\n"))
}

fn waiting(state: &StateFolder, settings: &Settings) -> String {
    let id = LedgerId {
        chain_id: settings.contracts.chain_id,
        contract: settings.contracts.anchor.into_array(),
    };
    let pending = Log::open(&state.log()).and_then(|mut log| log.pending(&id));
    match pending {
        Ok(pending) => format!(
            "{} attestations; {} are covered by an anchor",
            pending.waiting(),
            pending.anchored()
        ),
        Err(LogError::Held { .. }) => {
            "the kiosk is running; its events (ledger.state) say how many".into()
        }
        Err(error) => chain(&error),
    }
}

/// What one node says, in a line.
pub(crate) fn node(url: &str, settings: &Settings, origin: &str) -> String {
    match look(url, settings, origin) {
        Ok((host, found)) => format!("{host}: {}", said(&found)),
        Err(error) => format!("{error} ({})", error.as_code()),
    }
}

pub(crate) fn look(
    url: &str,
    settings: &Settings,
    origin: &str,
) -> Result<(String, KioskOnChain), attestation::chain::RpcError> {
    let endpoint = Endpoint::with_time_out(url, LOOK)?;
    let found = KioskOnChain::look_up(&endpoint, &settings.contracts, origin)?;
    Ok((endpoint.host().to_owned(), found))
}

/// Patience with a node while a person waits.
const LOOK: std::time::Duration = std::time::Duration::from_secs(2);

fn said(found: &KioskOnChain) -> String {
    let state = match found.listed.state {
        KioskState::Unknown => {
            return "this kiosk is not listed; have the operator enrol it".into();
        }
        KioskState::Active => "listed",
        KioskState::Suspended => "SUSPENDED by the operator",
    };
    let since = WallTime::at(found.listed.since).words();
    let anchors = match found.size {
        0 => "nothing anchored yet".into(),
        size => format!(
            "{size} attestations anchored, last in block {}",
            found.block
        ),
    };
    format!("{state} since {since}; {anchors}")
}
