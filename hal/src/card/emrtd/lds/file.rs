//! The files of a chip (ICAO 9303-10, 3.11 and table 33): identifiers, tags, and how long each
//! may be.

use std::fmt;

use crate::card::emrtd::tlv::{self, TlvError};

const TAG_LIST: u32 = 0x5C;
const TAG_COM: u32 = 0x60;
/// Tags of the data groups 1 to 16.
const DATA_GROUP_TAGS: [u8; 16] = [
    0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70,
];

/// A file of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum File {
    /// EF.CardAccess in the master file: which PACE variants there are.
    CardAccess,
    /// EF.COM: which data groups there are.
    Com,
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
            Self::Com => [0x01, 0x1E],
            Self::Sod => [0x01, 0x1D],
            Self::DataGroup(n) => [0x01, n],
        }
    }

    /// The tag that its contents begin with.
    #[must_use]
    pub fn tag(self) -> u32 {
        match self {
            Self::CardAccess => 0x31,
            Self::Com => TAG_COM,
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
            Self::Com | Self::DataGroup(1) => 1024,
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
            Self::Com => f.write_str("EF.COM"),
            Self::Sod => f.write_str("EF.SOD"),
            Self::DataGroup(n) => write!(f, "data group {n}"),
        }
    }
}

/// The data groups that EF.COM lists. Its word is not signed: what is missing in it is not
/// read, what is read is compared with EF.SOD.
///
/// # Errors
/// [`TlvError`].
pub fn data_groups_in(com: &[u8]) -> Result<Vec<u8>, TlvError> {
    let content = tlv::only(com, TAG_COM)?;
    let list = tlv::find(content, TAG_LIST)?.ok_or(TlvError::Unexpected {
        expected: TAG_LIST,
        found: 0,
    })?;
    let number = |tag: &u8| DATA_GROUP_TAGS.iter().position(|t| t == tag);
    let numbers = list.iter().filter_map(number);
    Ok(numbers.filter_map(|n| u8::try_from(n + 1).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::emrtd::hex::hex;

    /// ICAO 9303-11, D.4: the EF.COM that is read in the worked example.
    #[test]
    fn the_worked_example_lists_data_groups_1_and_2() {
        let com = hex("60145F0104303130365F36063034303030305C026175");
        assert_eq!(data_groups_in(&com).unwrap(), [1, 2]);
        assert!(data_groups_in(&com[..20]).is_err());
        assert!(data_groups_in(&hex("6000")).is_err());
    }
}
