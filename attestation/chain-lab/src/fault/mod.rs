//! The fault table: what is done to nodes, client and network while attestations are made.

mod outage;
mod run;

use std::error::Error;
use std::time::Duration;

use crate::node::Kind;
use crate::outcome::Outcome;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Fault {
    /// Nothing.
    None,
    /// The client is killed at random moments.
    ClientKilled,
    /// The node is killed at random moments.
    NodeKilled,
    /// Both are.
    BothKilled,
    /// Blocks are taken away, no more than the client waits for.
    Reorganised,
    /// Blocks that the client believed to stay are taken away.
    DeeplyReorganised,
    /// Transactions that wait for a block are forgotten.
    MempoolDropped,
    /// A second client with the same key and the same log.
    TwoSubmitters,
    /// One of three endpoints lies.
    EndpointLies,
    /// One of three endpoints hangs, drips, floods or is gone.
    EndpointHangs,
    /// The kiosk is suspended for a while.
    Suspended,
    /// No network for a week, by the client's clock.
    WeekWithoutNetwork,
}

impl Fault {
    /// As it stands in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientKilled => "client killed (SIGKILL)",
            Self::NodeKilled => "node killed (SIGKILL)",
            Self::BothKilled => "node and client killed",
            Self::Reorganised => "reorganisation, 1 or 2 blocks",
            Self::DeeplyReorganised => "reorganisation, 3 to 8 blocks",
            Self::MempoolDropped => "mempool dropped",
            Self::TwoSubmitters => "two submitters, one key",
            Self::EndpointLies => "one endpoint of three lies",
            Self::EndpointHangs => "one of three hangs, floods, is gone",
            Self::Suspended => "kiosk suspended",
            Self::WeekWithoutNetwork => "a week without network",
        }
    }

    /// Whether the chain can lose an anchor after the client saw it confirmed.
    pub const fn takes_anchors_back(self) -> bool {
        matches!(
            self,
            Self::NodeKilled | Self::BothKilled | Self::DeeplyReorganised
        )
    }

    /// Why it cannot be tried with this kind of node, if so; and what is done otherwise.
    pub const fn limit(self, kind: Kind) -> Limit {
        match (self, kind) {
            (Self::NodeKilled | Self::BothKilled, Kind::Hardhat) => {
                Limit::Impossible("not possible: hardhat keeps its chain in memory only")
            }
            (Self::Reorganised, Kind::Hardhat) => {
                Limit::Impossible("not possible: hardhat cannot replace blocks")
            }
            (Self::DeeplyReorganised, Kind::Hardhat) => {
                Limit::Differs("set back with evm_revert: hardhat cannot replace blocks")
            }
            (Self::NodeKilled | Self::BothKilled, Kind::Anvil) => {
                Limit::Differs("anvil writes its chain every second: up to a second is lost")
            }
            _ => Limit::None,
        }
    }
}

/// What a kind of node cannot do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Nothing: the fault is tried as named.
    None,
    /// It is tried, in another way.
    Differs(&'static str),
    /// It is not tried.
    Impossible(&'static str),
}

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Attestations.
    pub total: u64,
    /// How often it is done.
    pub rounds: u64,
    /// Between two attestations.
    pub every: Duration,
    /// Attestations a day in the week without network.
    pub a_day: u64,
    /// For the random moments.
    pub seed: u64,
}

/// Does it to a new chain; what came of it, and a remark.
pub fn try_out(
    fault: Fault,
    kind: Kind,
    scale: &Scale,
) -> Result<(Outcome, String), Box<dyn Error>> {
    match fault {
        Fault::WeekWithoutNetwork => outage::try_out(kind, scale),
        _ => run::try_out(fault, kind, scale),
    }
}
