//! The child: commits attestations at its pace and works the outbox off. It prints one line for each
//! attestation that it has a receipt for. When its input ends it finishes: it stays until everything
//! is committed and anchored, and some time longer, in which it would notice that the chain lost an
//! anchor.

use std::error::Error;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use attestation::chain::{Contracts, EvmLedger, Settings};
use attestation::ledger::{Ledger, State};

use super::HASTE;
use crate::kiosk::{self, Desk, ORIGIN};

/// How often the client is asked for its next step; it decides itself what it does.
const TICK: Duration = Duration::from_millis(20);
/// On the machine's clock: an endpoint on loopback that takes longer hangs, also on a busy machine.
const TIME_OUT: Duration = Duration::from_secs(10);
/// On the client's clock.
const RECHECK: Duration = Duration::from_secs(40);
const PATIENCE: Duration = Duration::from_secs(30);

/// The command line of the child.
#[derive(clap::Args)]
pub struct Options {
    #[arg(long)]
    log: PathBuf,
    #[arg(long)]
    credential: PathBuf,
    /// CHAIN,REGISTRY,ANCHOR
    #[arg(long, value_parser = crate::network::from_word)]
    contracts: Contracts,
    #[arg(long, required = true)]
    endpoint: Vec<String>,
    /// Attestations to commit in all.
    #[arg(long)]
    total: u64,
    #[arg(long)]
    batch: std::num::NonZeroU64,
    #[arg(long)]
    confirmations: std::num::NonZeroU64,
    /// Between two attestations, in milliseconds.
    #[arg(long)]
    every_ms: u64,
    /// How long it stays when all is done, in seconds by its own clock.
    #[arg(long)]
    linger_s: u64,
}

/// Runs until everything is done.
pub fn main(options: &Options) -> Result<(), Box<dyn Error>> {
    let mut desk = Desk::open(&options.log, &options.credential)?;
    let mut ledger = EvmLedger::new(settings(options), kiosk::sender()?, ORIGIN)?;
    let finish = watch_input();
    let every = Duration::from_millis(options.every_ms);
    let linger = Duration::from_secs(options.linger_s);
    let begun = Instant::now();
    let (mut next, mut settled_since) = (begun, None);
    loop {
        if desk.log.size()? < options.total && Instant::now() >= next {
            report(desk.commit()?)?;
            next = Instant::now() + every;
        }
        let progress = ledger.step(&mut desk.log, begun.elapsed() * HASTE)?;
        let done = progress.state == State::Settled && desk.log.size()? == options.total;
        let since = settled_since
            .take()
            .filter(|_| done && finish.load(Ordering::Relaxed));
        settled_since = done.then(|| since.unwrap_or_else(Instant::now));
        if since.is_some_and(|since| since.elapsed() * HASTE >= linger) {
            return Ok(());
        }
        std::thread::sleep(TICK);
    }
}

fn settings(options: &Options) -> Settings {
    let mut settings = Settings::new(options.endpoint.clone(), options.contracts);
    settings.confirmations = options.confirmations;
    settings.batch = options.batch;
    settings.max_delay = Duration::from_secs(30);
    settings.poll = Duration::from_secs(2);
    settings.patience = PATIENCE;
    settings.recheck = RECHECK;
    settings.time_out = TIME_OUT;
    settings
}

fn report(receipt: u64) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "receipt {receipt}")?;
    out.flush()
}

/// Becomes true when nobody can write to our input any more.
fn watch_input() -> Arc<AtomicBool> {
    let finish = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&finish);
    std::thread::spawn(move || {
        // Whether it ends well or not: it ends.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        flag.store(true, Ordering::Relaxed);
    });
    finish
}
