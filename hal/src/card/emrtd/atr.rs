//! What a chip says of itself when it is reset, as far as reading it depends on that. In: an answer to
//! reset (ISO/IEC 7816-3, 8.2.1), where PC/SC part 3 puts what a contactless chip says. Out: whether
//! longer commands may be tried.

/// Card capabilities in the historical bytes (ISO/IEC 7816-4, 12.1.1.9): COMPACT-TLV tag 7,
/// length 3.
const CAPABILITIES: u8 = 0x73;
/// Bit 7 of its third byte: extended Lc and Le fields.
const EXTENDED: u8 = 0x40;
/// Historical bytes that are data objects begin with this (ISO/IEC 7816-4, 12.1.1.1).
const DATA_OBJECTS: u8 = 0x80;

/// Whether the chip says that it takes extended APDUs. One that says nothing, or nothing that can be
/// understood, is taken to do short ones only.
#[must_use]
pub fn announces_extended(atr: &[u8]) -> bool {
    let Some([DATA_OBJECTS, objects @ ..]) = historical(atr) else {
        return false;
    };
    let mut rest = objects;
    while let [head, after @ ..] = rest {
        let Some((value, next)) = after.split_at_checked(usize::from(head & 0x0F)) else {
            return false;
        };
        if let (CAPABILITIES, [_, _, third]) = (*head, value) {
            return third & EXTENDED != 0;
        }
        rest = next;
    }
    false
}

/// The historical bytes: behind the interface bytes, of which each group says whether another follows.
fn historical(atr: &[u8]) -> Option<&[u8]> {
    let (mut indicator, mut at) = (*atr.get(1)?, 2);
    let count = usize::from(indicator & 0x0F);
    loop {
        let here = indicator >> 4;
        at += here.count_ones() as usize;
        if here & 0x8 == 0 {
            return atr.get(at..at + count);
        }
        indicator = *atr.get(at - 1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::emrtd::hex::hex;

    #[test]
    fn a_chip_that_announces_extended_length_is_believed() {
        // T=1 contactless chip with COMPACT-TLV: tag 73, capabilities 94 41 40.
        let atr = hex("3B8880018073944140 00 00 00 00");
        assert!(announces_extended(&atr[..13]));
        assert!(!announces_extended(&hex("3B8880018073944100 00 00 00 00")));
    }

    #[test]
    fn odd_atrs_are_taken_to_announce_nothing() {
        for atr in [
            "",
            "3B",
            "3B8F",
            "3B8F8001",
            "3BFFFFFFFF",
            "3B8480018073",
            "3B81800180",
        ] {
            assert!(!announces_extended(&hex(atr)), "{atr}");
        }
    }
}
