//! The number of the security module, as technicians know it from the label of the reader.

use std::fmt;

/// A module's number: two 16-bit and three 32-bit numbers, little-endian on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SamNumber {
    short: [u16; 2],
    long: [u32; 3],
}

impl SamNumber {
    /// Reads the data of the answer to "SAM number".
    #[must_use]
    pub fn parse(data: &[u8]) -> Option<Self> {
        let bytes: &[u8; 16] = data.try_into().ok()?;
        let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let long = |at: usize| u32::from(short(at)) | u32::from(short(at + 2)) << 16;
        Some(Self {
            short: [short(0), short(2)],
            long: [long(4), long(8), long(12)],
        })
    }
}

impl fmt::Display for SamNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.short;
        let [c, d, e] = self.long;
        write!(f, "{a:02}.{b:02}-{c:08}-{d:010}-{e:010}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_reads_as_on_the_label() {
        let data = [
            5, 0, 1, 0, 0x9B, 0xB5, 0x32, 0x01, 0x39, 0x30, 0, 0, 0xD2, 0x02, 0x96, 0x49,
        ];
        let number = SamNumber::parse(&data).unwrap();
        assert_eq!(number.to_string(), "05.01-20100507-0000012345-1234567890");
        assert_eq!(SamNumber::parse(&data[1..]), None);
    }
}
