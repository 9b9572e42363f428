//! Merkle trees as in Certificate Transparency (RFC 6962 §2.1, RFC 9162 §2.1): hashing, proofs
//! that a leaf is in a tree (inclusion) and that a tree only grew (consistency), and the checking
//! of both. Trees are read through [`Nodes`], which keeps the roots of complete subtrees, so that
//! appending and proving take O(log n) reads.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Complete subtrees of a tree, by level (0 are the leaves) and position from the left.
pub trait Nodes {
    /// Why a node cannot be read.
    type Error;

    /// The root of the complete subtree over leaves `position << level` up to, but without,
    /// `(position + 1) << level`.
    ///
    /// # Errors
    /// When it is not there.
    fn node(&self, level: u32, position: u64) -> Result<Hash, Self::Error>;
}

/// A proof that a leaf is in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// The leaf's position, from 0.
    pub index: u64,
    /// The number of leaves of the tree.
    pub size: u64,
    /// The roots of the sibling subtrees, from the leaf up (RFC 9162 §2.1.3).
    pub path: Vec<Hash>,
}

/// The hash of a leaf.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    hash(&[&[0], leaf])
}

/// The hash of a node over its two children.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    hash(&[&[1], left, right])
}

/// A subtree that an append completed.
pub type NewNode = (u32, u64, Hash);

/// What appending a leaf to a tree of `size` leaves adds to its nodes.
///
/// # Errors
/// When a node of the tree cannot be read.
pub fn append<N: Nodes>(nodes: &N, size: u64, leaf: Hash) -> Result<Vec<NewNode>, N::Error> {
    let (mut position, mut hash) = (size, leaf);
    let mut added = vec![(0, position, hash)];
    for level in 0.. {
        if position % 2 == 0 {
            break;
        }
        hash = node_hash(&nodes.node(level, position - 1)?, &hash);
        position /= 2;
        added.push((level + 1, position, hash));
    }
    Ok(added)
}

/// The root of a tree (`MTH`, RFC 9162 §2.1.1).
///
/// # Errors
/// When a node of the tree cannot be read.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    match size {
        0 => Ok(hash(&[])),
        _ => range_root(nodes, 0, size),
    }
}

/// Proves that leaf `index` is in the tree of `size` leaves (`PATH`, RFC 9162 §2.1.3.1); none if
/// it is not.
///
/// # Errors
/// When a node of the tree cannot be read.
pub fn prove_inclusion<N: Nodes>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Option<InclusionProof>, N::Error> {
    if index >= size {
        return Ok(None);
    }
    let path = inclusion_path(nodes, index, size)?;
    Ok(Some(InclusionProof { index, size, path }))
}

/// Proves that a leaf is the newest of a tree. That takes only one hash for each bit that is set in
/// the leaf's index, half of the usual on average: why receipts are small.
///
/// # Errors
/// When a node of the tree cannot be read.
pub fn prove_newest<N: Nodes>(nodes: &N, index: u64) -> Result<InclusionProof, N::Error> {
    let size = index + 1;
    let path = inclusion_path(nodes, index, size)?;
    Ok(InclusionProof { index, size, path })
}

fn inclusion_path<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        let sibling = if index < middle {
            (middle, std::mem::replace(&mut end, middle))
        } else {
            (std::mem::replace(&mut start, middle), middle)
        };
        path.push(range_root(nodes, sibling.0, sibling.1)?);
    }
    path.reverse();
    Ok(path)
}

/// Proves that the tree of `new` leaves continues the one of `old` leaves (`PROOF`, RFC 9162
/// §2.1.4.1); none if there is nothing to prove (no old tree, or one that is not smaller or equal).
///
/// # Errors
/// When a node of the tree cannot be read.
pub fn prove_consistency<N: Nodes>(
    nodes: &N,
    old: u64,
    new: u64,
) -> Result<Option<Vec<Hash>>, N::Error> {
    if old == 0 || old > new {
        return Ok(None);
    }
    let (mut start, mut end) = (0, new);
    let mut path = Vec::new();
    while end != old {
        let middle = start + split(end - start);
        let sibling = if old <= middle {
            (middle, std::mem::replace(&mut end, middle))
        } else {
            (std::mem::replace(&mut start, middle), middle)
        };
        path.push(range_root(nodes, sibling.0, sibling.1)?);
    }
    if start > 0 {
        path.push(range_root(nodes, start, end)?);
    }
    path.reverse();
    Ok(Some(path))
}

impl InclusionProof {
    /// The root that the tree must have if this leaf is where the proof says (RFC 9162 §2.1.3.2).
    /// None if the proof cannot be one: its length does not fit its place.
    #[must_use]
    pub fn root(&self, leaf: Hash) -> Option<Hash> {
        if self.index >= self.size {
            return None;
        }
        let (mut place, mut last) = (self.index, self.size - 1);
        let mut root = leaf;
        for sibling in &self.path {
            if last == 0 {
                return None;
            }
            if place % 2 == 1 || place == last {
                root = node_hash(sibling, &root);
                let ended = place.trailing_zeros();
                (place, last) = (place >> ended, last >> ended);
            } else {
                root = node_hash(&root, sibling);
            }
            (place, last) = (place >> 1, last >> 1);
        }
        (last == 0).then_some(root)
    }
}

/// Whether `path` proves that the tree with root `new_root` continues the one with `old_root`
/// (RFC 9162 §2.1.4.2).
#[must_use]
pub fn is_consistent(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    path: &[Hash],
) -> bool {
    if old == 0 || old >= new {
        return old == new && old != 0 && path.is_empty() && old_root == new_root;
    }
    // A complete old tree is a node of the new one: its root is the start of the path.
    let known = if old.is_power_of_two() {
        Some(old_root)
    } else {
        None
    };
    let mut path = known.into_iter().chain(path);
    let Some(first) = path.next() else {
        return false;
    };
    let complete = (old - 1).trailing_ones();
    let (mut place, mut last) = ((old - 1) >> complete, (new - 1) >> complete);
    let (mut old_seen, mut new_seen) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            old_seen = node_hash(sibling, &old_seen);
            new_seen = node_hash(sibling, &new_seen);
            let ended = place.trailing_zeros();
            (place, last) = (place >> ended, last >> ended);
        } else {
            new_seen = node_hash(&new_seen, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && old_seen == *old_root && new_seen == *new_root
}

/// The root over leaves `start..end`, which begins where a subtree of that size can begin.
pub(crate) fn range_root<N: Nodes>(nodes: &N, start: u64, end: u64) -> Result<Hash, N::Error> {
    let leaves = end - start;
    if leaves.is_power_of_two() {
        let level = leaves.trailing_zeros();
        return nodes.node(level, start >> level);
    }
    let middle = start + split(leaves);
    let left = range_root(nodes, start, middle)?;
    Ok(node_hash(&left, &range_root(nodes, middle, end)?))
}

/// The largest power of two smaller than `leaves` (at least 2).
const fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}
