//! The right edge of a growing tree (RFC 9162 §2.1): enough to compute every node and root again
//! from the leaves alone, in one pass. Auditors use it, who believe nothing that is stored.

use crate::merkle::{Hash, NewNode, node_hash};

/// The roots of the complete subtrees so far, by level; none where a level has none.
#[derive(Debug, Default)]
pub(crate) struct Frontier {
    peaks: Vec<Option<Hash>>,
    size: u64,
}

impl Frontier {
    /// How many leaves were added.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf. Every node that it completes, from the leaf up.
    pub(crate) fn push(&mut self, leaf: Hash) -> Vec<NewNode> {
        let (mut level, mut hash) = (0, leaf);
        let mut completed = vec![(0, self.size, leaf)];
        while let Some(left) = self.peaks.get_mut(level).and_then(Option::take) {
            hash = node_hash(&left, &hash);
            level += 1;
            completed.push((level as u32, self.size >> level, hash));
        }
        self.peaks.resize(self.peaks.len().max(level + 1), None);
        self.peaks[level] = Some(hash);
        self.size += 1;
        completed
    }

    /// The root over all leaves; none before the first.
    pub(crate) fn root(&self) -> Option<Hash> {
        let peaks = self.peaks.iter().flatten().copied();
        peaks.reduce(|right, left| node_hash(&left, &right))
    }
}
