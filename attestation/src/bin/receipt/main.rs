//! `receipt`: checks the receipt of an identity verification with only the operator's public key,
//! and the operator's trust list and status list where there are any. Reads a photo or screenshot
//! with the QR code, or its text, in each form that a receipt has; needs no network. The operator
//! issues the lists with it.
//!
//! Exit codes: 0 everything holds (whatever was decided, unless a decision is required) · 1 refused ·
//! 2 wrong usage, or there is nothing to check.
#![allow(
    clippy::print_stdout,
    reason = "the program's purpose is to print what it found"
)]

#[cfg(feature = "evm")]
mod anchor;
#[cfg(feature = "evm")]
mod chain;
mod check;
#[cfg(feature = "evm")]
mod exported;
mod input;
mod list;
mod log;
mod present;
mod report;
mod status;
mod status_list;
mod trust;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::json::{refused, unchecked};
use attestation::{AnyReceipt, NotAccepted, Refusal};
use clap::{Args, Parser, Subcommand};

/// Checks receipts of identity verifications.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check everything a receipt says. Exit code 0 only if all of it holds.
    ///
    /// Exit code 0 says that the receipt is genuine, not that the person was verified: a genuine
    /// receipt may say "not verified" or "referred". The decision is in the first line. A script
    /// that lets people in by the exit code needs "--require verified".
    Verify(Box<check::Verify>),
    /// Show what a receipt says, without checking anything.
    Show {
        #[command(flatten)]
        source: Source,
    },
    /// Print a full receipt as a plain one: a smaller code, for those who have the trust list.
    Plain {
        #[command(flatten)]
        source: Source,
    },
    /// Present the wallet form: show some fields only, and prove to have the holder's key.
    Present(present::Present),
    /// The operator's status list: which single verifications no longer count.
    Status {
        #[command(subcommand)]
        command: status_list::Command,
    },
    /// The operator's trust list: which kiosks' keys count, and until when.
    Trust {
        #[command(subcommand)]
        command: trust::Command,
    },
    /// The ledger on an EVM chain: accounts, contracts, and which kiosks may anchor.
    #[cfg(feature = "evm")]
    Chain {
        #[command(subcommand)]
        command: chain::Command,
    },
    /// A kiosk's log as files (c2sp.org/tlog-tiles).
    Log {
        #[command(subcommand)]
        command: Box<log::Command>,
    },
}

/// Why nothing could be done.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Input(#[from] input::InputError),
    #[cfg(feature = "log")]
    #[error(transparent)]
    Trust(#[from] trust::IssueError),
    #[error(transparent)]
    Present(#[from] present::PresentFailure),
    #[cfg(feature = "log")]
    #[error(transparent)]
    Status(#[from] status_list::IssueError),
    #[error("give --trust LIST, or --credential FILE")]
    PlainNeedsKey {
        #[source]
        source: NotAccepted,
    },
    #[error("only a full receipt can be made plain")]
    NotFull,
    #[cfg(feature = "evm")]
    #[error(transparent)]
    Chain(#[from] chain::ChainError),
    #[error(transparent)]
    Witness(#[from] log::WitnessError),
    #[cfg(feature = "log")]
    #[error(transparent)]
    Log(#[from] attestation::LogError),
}

#[derive(Args)]
struct Source {
    /// A PNG or JPEG picture with the QR code, or a file with its text; "-" for standard input.
    /// A wallet proof that was shown as several codes: all of them, in any order.
    #[arg(value_name = "RECEIPT", required = true)]
    receipt: Vec<PathBuf>,
    /// Print JSON for programs.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Verify(verify) => verify.run(),
        Command::Plain { source } => plain(&source),
        Command::Present(present) => present.run(),
        Command::Status { command } => command.run(),
        #[cfg(feature = "evm")]
        Command::Chain { command } => command.run(),
        Command::Show { source } => show(&source),
        Command::Trust { command } => command.run(),
        Command::Log { command } => command.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("receipt: {}", report::with_causes(&error));
        ExitCode::from(2)
    })
}

fn show(source: &Source) -> Result<ExitCode, Failure> {
    let text = input::receipt_text(&source.receipt)?;
    Ok(match AnyReceipt::decode(&text) {
        Ok(receipt) => {
            if source.json {
                println!("{:#}", unchecked(&receipt));
            } else {
                print!("{}", report::unchecked(&receipt));
            }
            ExitCode::SUCCESS
        }
        Err(refusal) => refuse(&refusal, source.json),
    })
}

fn plain(source: &Source) -> Result<ExitCode, Failure> {
    let text = input::receipt_text(&source.receipt)?;
    let text = match AnyReceipt::decode(&text) {
        Ok(AnyReceipt::Full(receipt)) => receipt.to_plain().encode(),
        Ok(_) => return Err(Failure::NotFull),
        Err(refusal) => return Ok(refuse(&refusal, source.json)),
    };
    if source.json {
        println!("{:#}", serde_json::json!({ "receipt": text }));
    } else {
        println!("{text}");
    }
    Ok(ExitCode::SUCCESS)
}

fn refuse(refusal: &Refusal, json: bool) -> ExitCode {
    if json {
        println!("{:#}", refused(refusal));
    } else {
        println!(
            "REFUSED ({})\n{}",
            refusal.as_code(),
            report::with_causes(refusal)
        );
    }
    ExitCode::from(1)
}

/// Seconds since 1970; not known on a machine whose clock is before that.
fn now() -> Option<u64> {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .map(|since| since.as_secs())
}

/// Standard input, for the name "-".
fn standard_input() -> Box<dyn io::Read> {
    Box::new(io::stdin().lock())
}
