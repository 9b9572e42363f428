//! `chain-lab`: the ledger's real client against real EVM nodes, through everything that can go
//! wrong. Prints the fault table and exits with 1 if anything is missing or there twice.
//!
//! What happened is read from the nodes and from the log, not from the client.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a program whose result is a table")]

mod client;
mod fault;
mod kiosk;
mod network;
mod node;
mod outcome;
mod random;
mod rpc;
mod sim;
mod throughput;

use std::collections::BTreeMap;
use std::error::Error;
use std::num::{NonZeroU64, NonZeroUsize};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand, ValueEnum};

use fault::{Fault, Limit, Scale};
use node::{Kind, Mining, Node};

/// Batches whose throughput is measured, with the number of anchors.
const THROUGHPUT: [(NonZeroU64, u64); 2] =
    [(NonZeroU64::MIN, 64), (NonZeroU64::new(256).unwrap(), 8)];

/// About as many as are made in the time that one fault takes.
const ATTESTATIONS_A_ROUND: u64 = 10;

/// Rows at a time, and how many for a processor: most of a row is waiting.
const MAX_JOBS: usize = 6;
const JOBS_A_PROCESSOR: usize = 2;

#[derive(Parser)]
#[command(
    about = "Tries the ledger's client on real EVM nodes under faults",
    version
)]
struct Cli {
    #[command(subcommand)]
    role: Option<Role>,
    /// Less of everything, on anvil alone: for a check of every change.
    #[arg(long)]
    smoke: bool,
    /// Only this kind of node.
    #[arg(long)]
    node: Option<Kind>,
    /// Only this fault.
    #[arg(long)]
    fault: Option<Fault>,
    /// How often each fault is done; there are more attestations accordingly.
    #[arg(long)]
    rounds: Option<u64>,
    /// For the random moments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Subcommand)]
enum Role {
    /// The client under test, as the lab starts it.
    #[command(hide = true)]
    Client(client::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.role {
        Some(Role::Client(options)) => client::main(options).map(|()| true),
        None => lab(&cli),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn lab(cli: &Cli) -> Result<bool, Box<dyn Error>> {
    let kinds: &[Kind] = match cli.node {
        Some(Kind::Anvil) => &[Kind::Anvil],
        Some(Kind::Hardhat) => &[Kind::Hardhat],
        None if cli.smoke => &[Kind::Anvil],
        None => Kind::value_variants(),
    };
    let mut holds = fault_table(cli, kinds);
    if cli.fault.is_none() && !cli.smoke {
        holds &= throughput_table(kinds)?;
        holds &= deployments(kinds)?;
    }
    println!(
        "\n{}",
        if holds {
            "Nothing is missing, nothing is there twice."
        } else {
            "FAILED"
        }
    );
    Ok(holds)
}

/// What `make chain-lab` and its short form do.
fn scale(cli: &Cli) -> Scale {
    let every = Duration::from_millis(if cli.smoke { 250 } else { 150 });
    let (rounds, a_day) = if cli.smoke { (2, 20) } else { (8, 1000) };
    let rounds = cli.rounds.unwrap_or(rounds);
    Scale {
        total: rounds
            .saturating_mul(ATTESTATIONS_A_ROUND)
            .max(ATTESTATIONS_A_ROUND),
        rounds,
        every,
        a_day,
        seed: cli.seed,
    }
}

fn fault_table(cli: &Cli, kinds: &[Kind]) -> bool {
    println!(
        "| fault | node | submitted | anchored | missing | duplicated | anchors | transactions | s | |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|---:|---|");
    let chosen = |fault: &&Fault| cli.fault.is_none_or(|only| only == **fault);
    let faults = Fault::value_variants().iter().filter(chosen);
    let rows = faults.flat_map(|fault| kinds.iter().map(move |kind| (*fault, *kind)));
    let scale = scale(cli);
    let mut holds = true;
    side_by_side(
        rows.collect(),
        |(fault, kind)| fault_row(fault, kind, &scale),
        |(row, good)| {
            println!("{row}");
            holds &= good;
        },
    );
    holds
}

/// Does several jobs at a time and gives the results in order, each as soon as it can be.
fn side_by_side<J: Copy + Sync, R: Send>(
    jobs: Vec<J>,
    work: impl Fn(J) -> R + Sync,
    mut show: impl FnMut(R),
) {
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..at_a_time() {
            let (sender, jobs, next, work) = (sender.clone(), &jobs, &next, &work);
            scope.spawn(move || {
                while let Some((number, job)) = take(next, jobs) {
                    // Nobody listens any more only when the program ends.
                    let _ = sender.send((number, work(job)));
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut due = 0;
        for (number, result) in results {
            waiting.insert(number, result);
            while let Some(result) = waiting.remove(&due) {
                show(result);
                due += 1;
            }
        }
    });
}

fn at_a_time() -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    MAX_JOBS.min(processors * JOBS_A_PROCESSOR)
}

fn take<J: Copy>(next: &AtomicUsize, jobs: &[J]) -> Option<(usize, J)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(number).map(|job| (number, *job))
}

/// The row, and whether it is as it must be.
fn fault_row(fault: Fault, kind: Kind, scale: &Scale) -> (String, bool) {
    let (begun, start) = (
        Instant::now(),
        format!("| {} | {} |", fault.name(), kind.name()),
    );
    let limit = match fault.limit(kind) {
        Limit::Impossible(why) => return (format!("{start} | | | | | | | {why} |"), true),
        Limit::Differs(how) => how,
        Limit::None => "",
    };
    match fault::try_out(fault, kind, scale) {
        Ok((outcome, remark)) => {
            let seconds = begun.elapsed().as_secs();
            let remarks = [limit, &remark];
            let remarks: Vec<_> = remarks
                .into_iter()
                .filter(|words| !words.is_empty())
                .collect();
            let row = format!(
                "{start} {} | {} | {} | {} | {} | {} | {seconds} | {} |",
                outcome.submitted,
                outcome.anchored,
                outcome.missing(),
                outcome.duplicated,
                outcome.anchors,
                outcome.transactions,
                remarks.join("; "),
            );
            (row, outcome.holds())
        }
        Err(error) => (format!("{start} | | | | | | | ERROR: {error} |"), false),
    }
}

fn throughput_table(kinds: &[Kind]) -> Result<bool, Box<dyn Error>> {
    println!();
    println!(
        "| batch | node | attestations | attestations/s | s committing | s anchoring | gas for each |"
    );
    println!("|---:|---|---:|---:|---:|---:|---:|");
    let mut holds = true;
    for (batch, anchors) in THROUGHPUT {
        for kind in kinds {
            let measured = throughput::measure(*kind, batch, anchors)?;
            let outcome = &measured.outcome;
            let (committing, anchoring) = (
                measured.committing.as_secs_f64(),
                measured.anchoring.as_secs_f64(),
            );
            println!(
                "| {} | {} | {} | {:.0} | {committing:.1} | {anchoring:.1} | {} |",
                measured.batch,
                kind.name(),
                outcome.anchored,
                outcome.anchored as f64 / (committing + anchoring),
                outcome.gas / outcome.anchored.max(1),
            );
            holds &= outcome.holds();
        }
    }
    Ok(holds)
}

/// All contracts are put on each kind of node, also those that no kiosk needs.
fn deployments(kinds: &[Kind]) -> Result<bool, Box<dyn Error>> {
    println!();
    let mut holds = true;
    for kind in kinds {
        let node = Node::start(*kind, Mining::AtOnce)?;
        let contracts = network::prepare(&node)?;
        let differ = network::deploy_further(&node, &contracts)?;
        holds &= differ.is_empty();
        match &differ[..] {
            [] => println!("All contracts are on {} as compiled.", kind.name()),
            _ => println!(
                "On {}, not as compiled: {}.",
                kind.name(),
                differ.join(", ")
            ),
        }
    }
    Ok(holds)
}
