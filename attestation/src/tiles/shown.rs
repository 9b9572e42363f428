//! What the files of an exported log show about a head or an entry that was seen elsewhere, against
//! the root of a head that is known for sure (from a chain, or by the kiosk's signature). Files can be
//! damaged anywhere, and the root of a large log is made of other tiles than a proof in it. So nobody
//! is accused of a second history unless the files prove that history against the same root.

use super::finding::ExportFinding;
use super::published::TileNodes;
use crate::merkle::{self, Hash, Nodes, is_consistent};

/// A number of entries, and the root of the tree over them.
pub(crate) type Head<'h> = (u64, &'h Hash);

/// What the files show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The head contains what was seen.
    Contained,
    /// The head contains something else in its place.
    OtherHistory,
    /// Nothing: they are not the files of that head, or damaged.
    Damaged,
}

/// Whether the log with this head grew out of one that was seen before.
pub(super) fn grew(
    nodes: &TileNodes<'_>,
    seen: Head<'_>,
    head: Head<'_>,
) -> Result<Shown, ExportFinding> {
    let Some(path) = merkle::prove_consistency(nodes, seen.0, head.0)? else {
        return Ok(Shown::OtherHistory);
    };
    let leads_from = |root: &Hash| is_consistent((seen.0, root), head, &path);
    if leads_from(seen.1) {
        return Ok(Shown::Contained);
    }
    Ok(of_another(leads_from(&merkle::root(nodes, seen.0)?)))
}

/// Whether the log with this head has this leaf at this place.
pub(super) fn holds(
    nodes: &TileNodes<'_>,
    (index, leaf): (u64, Hash),
    (size, root): Head<'_>,
) -> Result<Shown, ExportFinding> {
    let Some(proof) = merkle::prove_inclusion(nodes, index, size)? else {
        return Ok(Shown::Damaged);
    };
    if proof.root(leaf) == Some(*root) {
        return Ok(Shown::Contained);
    }
    Ok(of_another(proof.root(nodes.node(0, index)?) == Some(*root)))
}

const fn of_another(is_proven: bool) -> Shown {
    match is_proven {
        true => Shown::OtherHistory,
        false => Shown::Damaged,
    }
}
