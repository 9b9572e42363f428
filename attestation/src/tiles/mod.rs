//! The log as files that everybody can host and existing tools can read: c2sp.org/tlog-tiles.
//! `checkpoint` is the signed note, `tile/<L>/<N>[.p/<W>]` are hashes, `tile/entries/<N>[.p/<W>]`
//! the entries, 256 to a file. `credentials` is ours: the operator's words for the kiosk, in the
//! form of an entry bundle, so that the folder can be checked with the operator's key alone; and
//! `cosigned/<witness>`, the largest head that a witness cosigned; and
//! `anchors`, the sizes of the heads that were anchored on a ledger, a line each.
//!
//! An entry is the attestation (COSE_Sign1): time, service, outcomes, decision, and the person's
//! pseudonym; no name, number or face. A provider that holds its pseudonym key finds its own
//! visitors in it, so the entries are for auditors. The hashes and the checkpoint tell nothing of
//! that and may be published: each entry holds a random identifier, so it cannot be guessed.

mod bundle;
mod check;
mod compare;
mod finding;
mod heads;
mod published;
mod read;
mod shown;

pub use check::{Contents, ExportReport, check_export, check_witnessed_export};
pub use compare::InExport;
pub use finding::ExportFinding;
pub use heads::Cosigned;
pub use published::PublishedLog;
pub use read::ExportedLog;
#[cfg(feature = "evm")]
pub(crate) use shown::Shown;

#[cfg(feature = "log")]
pub(crate) use bundle::push as push_entry;

/// How many hashes or entries a full file holds.
pub(crate) const WIDTH: u64 = 256;

/// Each level of tiles spans this many levels of the tree.
pub(crate) const TREE_LEVELS: u32 = 8;

/// The signed head.
pub(crate) const CHECKPOINT: &str = "checkpoint";

/// The operator's words for the kiosk.
pub(crate) const CREDENTIALS: &str = "credentials";

/// The sizes of the heads that were anchored on a ledger, one to a line; ours.
pub(crate) const ANCHORS: &str = "anchors";

/// What witnesses said about heads, one file for each witness: a note.
pub(crate) const COSIGNED: &str = "cosigned";

/// The entries; only exports for auditors have them.
pub(crate) const ENTRIES: &str = "tile/entries";

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// Hashes, of this level of tiles.
    Hashes(u32),
    /// Entries.
    Entries,
}

impl Row {
    /// How many hashes or entries a tree of this size has in it.
    pub(crate) fn count(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Hashes(level) => size.checked_shr(TREE_LEVELS * level).unwrap_or(0),
        }
    }
}

/// The rows of hashes that a tree of this size has.
pub(crate) fn hash_rows(size: u64) -> impl Iterator<Item = Row> {
    let rows = (0..u64::BITS / TREE_LEVELS).map(Row::Hashes);
    rows.take_while(move |row| row.count(size) > 0)
}

/// One file of hashes or entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tile {
    pub(crate) row: Row,
    pub(crate) index: u64,
    /// 1 to 256.
    pub(crate) width: u64,
}

impl Tile {
    /// The files of a row of `count` hashes or entries, from the one on that `first` is in.
    pub(crate) fn all(row: Row, first: u64, count: u64) -> impl Iterator<Item = Self> {
        let starts = (first / WIDTH..).map_while(move |index| {
            let rest = count.checked_sub(index.checked_mul(WIDTH)?)?;
            (rest > 0).then_some((index, rest.min(WIDTH)))
        });
        starts.map(move |(index, width)| Self { row, index, width })
    }

    /// The file in which a hash or entry is, in a tree of this size.
    fn holding(row: Row, position: u64, size: u64) -> Self {
        let index = position / WIDTH;
        let rest = row.count(size).saturating_sub(index * WIDTH);
        let width = rest.min(WIDTH);
        Self { row, index, width }
    }

    /// The place of the first hash or entry in its row.
    #[cfg(feature = "log")]
    pub(crate) const fn start(&self) -> u64 {
        self.index * WIDTH
    }

    /// Where the file is, from the folder.
    pub(crate) fn path(&self) -> String {
        let row = match self.row {
            Row::Hashes(level) => level.to_string(),
            Row::Entries => "entries".to_owned(),
        };
        let number = number(self.index);
        match self.width {
            WIDTH => format!("tile/{row}/{number}"),
            width => format!("tile/{row}/{number}.p/{width}"),
        }
    }
}

/// Three digits to a folder, all but the last behind an x: 1234067 is `x001/x234/067`.
fn number(index: u64) -> String {
    let last = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    let mut path = last;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of c2sp.org/tlog-tiles.
    #[test]
    fn files_stand_where_the_specification_says() {
        assert_eq!(number(1_234_067), "x001/x234/067");
        assert_eq!(number(0), "000");
        assert_eq!(number(999), "999");
        assert_eq!(number(1000), "x001/000");
        let tile = |row, index, width| Tile { row, index, width }.path();
        assert_eq!(tile(Row::Hashes(0), 273, 112), "tile/0/273.p/112");
        assert_eq!(tile(Row::Entries, 1000, WIDTH), "tile/entries/x001/000");
    }

    /// "A tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0
    /// tile of width 112, one full level 1 tile, one partial level 1 tile of width 17, and one
    /// partial level 2 tile of width 1"; "size 256 […] a full level 0 tile and a partial level 1
    /// tile of width 1".
    #[test]
    fn a_tree_has_the_tiles_that_the_specification_counts() {
        let tiles = |size: u64| -> Vec<(usize, u64)> {
            hash_rows(size)
                .map(|row| {
                    let all: Vec<_> = Tile::all(row, 0, row.count(size)).collect();
                    (all.len(), all[all.len() - 1].width)
                })
                .collect()
        };
        assert_eq!(tiles(70_000), [(274, 112), (2, 17), (1, 1)]);
        assert_eq!(tiles(256), [(1, 256), (1, 1)]);
        assert_eq!(tiles(1), [(1, 1)]);
        assert_eq!(tiles(0), []);
        assert_eq!(hash_rows(u64::MAX).count(), 8);
    }

    #[test]
    fn what_is_new_begins_with_the_file_that_was_not_full() {
        let new = |first, count| -> Vec<u64> {
            Tile::all(Row::Entries, first, count)
                .map(|tile| tile.index)
                .collect()
        };
        assert_eq!(new(0, 600), [0, 1, 2]);
        assert_eq!(new(300, 600), [1, 2]);
        assert_eq!(new(256, 600), [1, 2]);
        assert_eq!(new(512, 512), [] as [u64; 0]);
    }
}
