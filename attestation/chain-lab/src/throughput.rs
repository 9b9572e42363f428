//! How fast attestations get from the commit to the chain, on a node that makes a block for each
//! transaction at once, and what each costs in gas.

use std::error::Error;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use attestation::Log;
use attestation::chain::{EvmLedger, Settings};
use attestation::ledger::{Ledger, State};

use crate::kiosk::{self, Desk, ORIGIN};
use crate::network;
use crate::node::{Kind, Mining, Node};
use crate::outcome::{self, Outcome};

/// More steps than an anchor takes.
const STEPS: usize = 200;

/// One measurement.
pub struct Throughput {
    /// Attestations in an anchor.
    pub batch: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// Time spent committing to the log.
    pub committing: Duration,
    /// Time from commit to anchor.
    pub anchoring: Duration,
}

/// Commits and anchors so many batches, one after the other.
pub fn measure(kind: Kind, batch: NonZeroU64, anchors: u64) -> Result<Throughput, Box<dyn Error>> {
    let node = Node::start(kind, Mining::AtOnce)?;
    let contracts = network::prepare(&node)?;
    let mut settings = Settings::new(vec![node.url()], contracts);
    settings.confirmations = NonZeroU64::MIN;
    settings.batch = batch;
    let folder = tempfile::tempdir()?;
    let credential = folder.path().join("credential");
    kiosk::issue_credential(&credential)?;
    let mut desk = Desk::open(&folder.path().join("log.sqlite"), &credential)?;
    let mut ledger = EvmLedger::new(settings, kiosk::sender()?, ORIGIN)?;

    let (mut committing, mut anchoring) = (Duration::ZERO, Duration::ZERO);
    let mut now = Duration::ZERO;
    for _ in 0..anchors {
        let begun = Instant::now();
        for _ in 0..batch.get() {
            desk.commit()?;
        }
        let committed = Instant::now();
        now = settle(&mut ledger, &mut desk.log, now)?;
        committing += committed - begun;
        anchoring += committed.elapsed();
    }
    let receipts = desk.log.size()?;
    let outcome = outcome::read(&node.rpc(), &contracts, &mut desk.log, receipts)?;
    Ok(Throughput {
        batch: batch.get(),
        outcome,
        committing,
        anchoring,
    })
}

/// Steps until nothing waits, without waiting: the client's clock is moved by hand. The new time.
fn settle(
    ledger: &mut EvmLedger,
    log: &mut Log,
    mut now: Duration,
) -> Result<Duration, Box<dyn Error>> {
    for _ in 0..STEPS {
        let progress = ledger.step(log, now)?;
        if progress.state == State::Settled {
            break;
        }
        now += progress.again_after.max(Duration::from_millis(1));
    }
    Ok(now)
}
