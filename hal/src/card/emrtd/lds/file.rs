//! The files of a chip that are read (ICAO 9303-10, 3.11 and table 33): identifiers, tags, and how
//! long each may be.

use std::fmt;

/// Tags of the data groups 1 to 16.
const DATA_GROUP_TAGS: [u8; 16] = [
    0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70,
];

/// A file of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum File {
    /// EF.CardAccess in the master file: which PACE variants there are.
    CardAccess,
    /// EF.SOD: the signed hashes of the data groups.
    Sod,
    /// A data group, 1 to 16.
    DataGroup(u8),
}

impl File {
    /// Its identifier for SELECT.
    #[must_use]
    pub fn identifier(self) -> [u8; 2] {
        match self {
            Self::CardAccess => [0x01, 0x1C],
            Self::Sod => [0x01, 0x1D],
            Self::DataGroup(n) => [0x01, n],
        }
    }

    /// The tag that its contents begin with.
    #[must_use]
    pub fn tag(self) -> u32 {
        match self {
            Self::CardAccess => 0x31,
            Self::Sod => 0x77,
            Self::DataGroup(n) => {
                let at = usize::from(n.saturating_sub(1)).min(15);
                u32::from(DATA_GROUP_TAGS[at])
            }
        }
    }

    /// How many bytes are taken at most: several times what such files have.
    #[must_use]
    pub fn max_len(self) -> usize {
        match self {
            Self::DataGroup(1) => 1024,
            Self::CardAccess => 4 * 1024,
            Self::DataGroup(14 | 15) => 16 * 1024,
            Self::DataGroup(2) => 256 * 1024, // a portrait has 15,000 to 40,000
            Self::Sod | Self::DataGroup(_) => 64 * 1024,
        }
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CardAccess => f.write_str("EF.CardAccess"),
            Self::Sod => f.write_str("EF.SOD"),
            Self::DataGroup(n) => write!(f, "data group {n}"),
        }
    }
}
