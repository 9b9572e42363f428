//! What a UART makes of bytes that come at another speed than its own: it waits for a start bit and
//! then samples the line in the middle of each bit as long as *it* takes bits to be.

/// Start bit, eight data bits, stop bit.
const BITS: usize = 10;

/// The bytes that a receiver at `to` baud sees of `bytes` sent without pauses at `from` baud. A
/// missing stop bit is no reason to drop a byte: Linux does not by default.
pub(super) fn received(bytes: &[u8], from: u32, to: u32) -> Vec<u8> {
    if from == to || from == 0 || to == 0 {
        return bytes.to_vec();
    }
    let levels: Vec<bool> = bytes.iter().flat_map(|byte| levels(*byte)).collect();
    // Time in units of 1/(2·from·to) seconds, so that both bit lengths are whole numbers.
    let (sent_bit, own_bit) = (2 * u64::from(to), 2 * u64::from(from));
    let at = |time: u64| usize::try_from(time / sent_bit).map_or(true, |bit| level(&levels, bit));
    let end = levels.len() as u64 * sent_bit;
    let mut seen = Vec::new();
    let mut time = 0;
    while time < end {
        if at(time) {
            time += 1.max(sent_bit / 16);
            continue;
        }
        let middle = time + own_bit / 2;
        let byte = (0..8).fold(0, |byte, bit| {
            byte | u8::from(at(middle + own_bit * (bit + 1))) << bit
        });
        seen.push(byte);
        time = middle + own_bit * (BITS as u64 - 1);
    }
    seen
}

/// The line while a byte is sent; true is its resting level.
fn levels(byte: u8) -> [bool; BITS] {
    std::array::from_fn(|bit| match bit {
        0 => false,
        9 => true,
        data => byte >> (data - 1) & 1 == 1,
    })
}

/// The line at a bit's time; it rests after the last one.
fn level(levels: &[bool], bit: usize) -> bool {
    levels.get(bit).copied().unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_speed_brings_the_same_bytes_and_a_wrong_one_other_bytes() {
        let bytes = b"\xAA\xAA\xAA\x96\x69\x00\x03\x11\xFF\xED";
        assert_eq!(received(bytes, 9_600, 9_600), bytes);
        for wrong in [9_600, 19_200, 38_400, 57_600] {
            assert!(!received(bytes, 115_200, wrong).starts_with(&bytes[..5]));
            assert!(!received(bytes, wrong, 115_200).starts_with(&bytes[..5]));
        }
        // A slow byte looks like several to a fast receiver.
        assert!(received(b"\x55", 9_600, 115_200).len() > 1);
    }
}
