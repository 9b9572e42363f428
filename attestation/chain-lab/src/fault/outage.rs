//! A week without network: the client's clock is moved by hand, so the week takes seconds.

use std::error::Error;
use std::time::Duration;

use attestation::chain::{EvmLedger, Settings};
use attestation::ledger::{Ledger, State};

use super::Scale;
use crate::kiosk::{self, Desk, ORIGIN};
use crate::network;
use crate::node::{Kind, Mining, Node};
use crate::outcome::{self, Outcome};
use crate::sim::{Manner, Proxy};

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
const DAY_S: u64 = 24 * 3600;
/// Attestations anchored before the network goes.
const BEFORE: u64 = 10;
/// More steps than it takes until all is anchored once the network is back.
const STEPS: usize = 200;

pub fn try_out(kind: Kind, scale: &Scale) -> Result<(Outcome, String), Box<dyn Error>> {
    let node = Node::start(kind, Mining::AtOnce)?;
    let contracts = network::prepare(&node)?;
    let link = Proxy::before(node.rpc(), Manner::Honest, scale.seed)?;
    let mut settings = Settings::new(vec![link.url().to_owned()], contracts);
    settings.confirmations = std::num::NonZeroU64::MIN;
    let folder = tempfile::tempdir()?;
    let credential = folder.path().join("credential");
    kiosk::issue_credential(&credential)?;
    let mut kiosk = Kiosk {
        desk: Desk::open(&folder.path().join("log.sqlite"), &credential)?,
        ledger: EvmLedger::new(settings, kiosk::sender()?, ORIGIN)?,
        now: Duration::ZERO,
    };

    kiosk.commit_until(BEFORE)?;
    kiosk.settle()?;
    link.behave(Manner::Gone);
    let looks = kiosk.live_through(WEEK, scale.a_day)?;
    link.behave(Manner::Honest);
    kiosk.settle()?;

    let receipts = kiosk.desk.log.size()?;
    let outcome = outcome::read(&node.rpc(), &contracts, &mut kiosk.desk.log, receipts)?;
    Ok((outcome, format!("{looks} looks at the network in the week")))
}

/// The kiosk in this process, with a clock of its own.
struct Kiosk {
    desk: Desk,
    ledger: EvmLedger,
    now: Duration,
}

impl Kiosk {
    fn commit_until(&mut self, size: u64) -> Result<(), Box<dyn Error>> {
        while self.desk.log.size()? < size {
            self.desk.commit()?;
        }
        Ok(())
    }

    /// Lets time pass, with so many attestations a day; how often the client looked.
    fn live_through(&mut self, time: Duration, a_day: u64) -> Result<u64, Box<dyn Error>> {
        let (begun, before) = (self.now, self.desk.log.size()?);
        let mut looks = 0;
        while self.now - begun < time {
            let due = (self.now - begun).as_secs() * a_day / DAY_S;
            self.commit_until(before + due)?;
            let progress = self.ledger.step(&mut self.desk.log, self.now)?;
            self.now += progress.again_after.max(Duration::from_secs(1));
            looks += 1;
        }
        Ok(looks)
    }

    /// Until nothing waits, or so long that something is wrong: the outcome shows it.
    fn settle(&mut self) -> Result<(), Box<dyn Error>> {
        for _ in 0..STEPS {
            let progress = self.ledger.step(&mut self.desk.log, self.now)?;
            if progress.state == State::Settled {
                break;
            }
            self.now += progress.again_after.max(Duration::from_secs(1));
        }
        Ok(())
    }
}
