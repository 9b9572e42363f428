//! `receipt`: checks the receipt of an identity verification with only the operator's public key,
//! and the operator's trust list where there is one. Reads a photo or screenshot with the QR code,
//! or its text; needs no network. The operator issues trust lists with it.
//!
//! Exit codes: 0 everything holds (whatever was decided, unless a decision is required) · 1 refused ·
//! 2 wrong usage, or there is nothing to check.
#![allow(
    clippy::print_stdout,
    reason = "the program's purpose is to print what it found"
)]

mod input;
mod log;
mod report;
mod status;
mod trust;
mod utc;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::{Decision, Freshness, Receipt, Refusal, Verified, verify};
use clap::{Args, Parser, Subcommand, ValueEnum};

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
    Verify {
        /// The operator's public key (operator.pub: PEM, or 32 bytes in base64).
        #[arg(long, value_name = "FILE")]
        operator: PathBuf,
        /// The operator's trust list: is the kiosk's key still good?
        #[arg(long, value_name = "LIST")]
        trust: Option<PathBuf>,
        /// Refuse if the trust list is past its next update.
        #[arg(long, requires = "trust")]
        require_fresh: bool,
        /// Exit with 1 if the receipt holds, but its decision is another one.
        #[arg(long, value_name = "DECISION")]
        require: Option<Required>,
        #[command(flatten)]
        source: Source,
    },
    /// Show what a receipt says, without checking anything.
    Show {
        #[command(flatten)]
        source: Source,
    },
    /// The operator's trust list: which kiosks' keys count, and until when.
    Trust {
        #[command(subcommand)]
        command: trust::Command,
    },
    /// A kiosk's log as files (c2sp.org/tlog-tiles).
    Log {
        #[command(subcommand)]
        command: Box<log::Command>,
    },
}

/// The decision that a script goes by.
#[derive(Clone, Copy, ValueEnum)]
enum Required {
    /// The person was verified.
    Verified,
}

impl Required {
    fn is_met(self, decision: Decision) -> bool {
        match self {
            Self::Verified => decision == Decision::Verified,
        }
    }
}

/// Why nothing could be done.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Input(#[from] input::InputError),
    #[error(transparent)]
    Trust(#[from] trust::TrustError),
    #[error(transparent)]
    Witness(#[from] log::WitnessError),
    #[cfg(feature = "log")]
    #[error(transparent)]
    Log(#[from] attestation::LogError),
}

#[derive(Args)]
struct Source {
    /// A PNG or JPEG picture with the QR code, or a file with its text; "-" for standard input.
    #[arg(value_name = "RECEIPT")]
    receipt: PathBuf,
    /// Print JSON for programs.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Verify {
            operator,
            trust,
            require_fresh,
            require,
            source,
        } => check(&operator, trust.as_deref(), require_fresh, &source)
            .map(|found| conclude(found, require, source.json)),
        Command::Show { source } => show(&source),
        Command::Trust { command } => command.run(),
        Command::Log { command } => command.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("receipt: {}", report::with_causes(&error));
        ExitCode::from(2)
    })
}

fn check(
    operator: &Path,
    trust: Option<&Path>,
    require_fresh: bool,
    source: &Source,
) -> Result<Result<Verified, Refusal>, Failure> {
    let operator = input::operator(operator)?;
    let list = trust.map(|path| input::trust_list(path, &operator));
    let list = list.transpose()?;
    let freshness = if require_fresh {
        Freshness::Required
    } else {
        Freshness::Any
    };
    let text = input::receipt_text(&source.receipt)?;
    let verified = Receipt::decode(&text).and_then(|receipt| verify(&receipt, &operator, now()));
    Ok(verified.and_then(|verified| match &list {
        Some(list) => verified.with_status(list, freshness, now()),
        None => Ok(verified),
    }))
}

fn conclude(found: Result<Verified, Refusal>, required: Option<Required>, json: bool) -> ExitCode {
    match found {
        Ok(verified) => accept(&verified, required, json),
        Err(refusal) => refuse(&refusal, json),
    }
}

fn show(source: &Source) -> Result<ExitCode, Failure> {
    let text = input::receipt_text(&source.receipt)?;
    Ok(match Receipt::decode(&text) {
        Ok(receipt) => {
            let claims = receipt.unverified_claims();
            if source.json {
                println!("{:#}", report::unchecked_json(claims));
            } else {
                print!("{}", report::unchecked(claims));
            }
            ExitCode::SUCCESS
        }
        Err(refusal) => refuse(&refusal, source.json),
    })
}

fn accept(verified: &Verified, required: Option<Required>, json: bool) -> ExitCode {
    let decision = verified.claims().decision;
    let met = required.map(|required| required.is_met(decision));
    if json {
        println!("{:#}", report::accepted_json(verified, met));
    } else {
        if met == Some(false) {
            println!("NOT ACCEPTED: what was required was not decided\n");
        }
        print!("{}", report::accepted(verified));
    }
    ExitCode::from(u8::from(met == Some(false)))
}

fn refuse(refusal: &Refusal, json: bool) -> ExitCode {
    if json {
        println!("{:#}", report::refused_json(refusal));
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
