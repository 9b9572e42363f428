//! What counts when several endpoints were asked: what at least the quorum and more than half of
//! those that answered say. Pure: sights and the log's roots in, a verdict out.

use std::num::NonZeroUsize;

use super::sight::Sight;
use crate::ledger::Anchor;

/// What one endpoint's sight means for this log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opinion {
    pub(crate) sight: Sight,
    pub(crate) standing: Standing,
}

/// How the endpoint's newest head relates to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The log has the same head, or there is none.
    Ours,
    /// The log does not reach so far.
    Beyond,
    /// The log's head of that size is another.
    Different,
}

/// All opinions of a step.
pub(crate) struct Opinions {
    pub(crate) all: Vec<Opinion>,
    pub(crate) quorum: NonZeroUsize,
    pub(crate) confirmations: u64,
}

impl Opinions {
    /// Whether enough of them say so.
    pub(crate) fn most(&self, say: impl Fn(&Opinion) -> bool) -> bool {
        let yes = self.all.iter().filter(|opinion| say(opinion)).count();
        yes >= self.quorum.get() && yes * 2 > self.all.len()
    }

    /// The largest number that most reach.
    pub(crate) fn reached(&self, number: impl Fn(&Opinion) -> u64) -> u64 {
        let numbers = self.all.iter().map(&number);
        let reached = numbers.filter(|n| self.most(|opinion| number(opinion) >= *n));
        reached.max().unwrap_or(0)
    }

    /// The size of the newest head that is in a block.
    pub(crate) fn seen(&self) -> u64 {
        self.reached(Opinion::seen)
    }

    /// The newest head that is deep enough.
    pub(crate) fn settled(&self) -> Option<Anchor> {
        let size = self.reached(|opinion| opinion.settled(self.confirmations));
        if size == 0 {
            return None;
        }
        let told = self.all.iter().filter(|opinion| opinion.seen() == size);
        let told: Vec<_> = told
            .filter_map(|opinion| opinion.sight.to_anchor())
            .collect();
        // Of those that tell of this very head: what most of them tell.
        let same = |anchor: &&Anchor| told.iter().filter(|other| other == anchor).count();
        told.iter().max_by_key(same).copied()
    }

    /// The sender's count of transactions in blocks.
    pub(crate) fn nonce(&self) -> u64 {
        self.reached(|opinion| opinion.sight.nonce)
    }

    /// Whether most of them lack a head that was confirmed, though they got to its block.
    pub(crate) fn lost(&self, anchor: &Anchor) -> bool {
        self.most(|opinion| {
            opinion.sight.block >= anchor.block
                && opinion.standing == Standing::Ours
                && opinion.seen() < anchor.size
        })
    }
}

impl Opinion {
    fn seen(&self) -> u64 {
        match self.standing {
            Standing::Ours => self.sight.anchor.size,
            Standing::Beyond | Standing::Different => 0,
        }
    }

    fn settled(&self, confirmations: u64) -> u64 {
        if self.sight.is_deep(confirmations) {
            self.seen()
        } else {
            0
        }
    }
}
