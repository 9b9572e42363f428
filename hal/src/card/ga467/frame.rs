//! Frames: `AA AA AA 96 69 | LEN (2, big-endian) | content | CHK`. LEN counts content and CHK;
//! CHK is the XOR of LEN and content.

use zeroize::Zeroizing;

use super::Sw3;

/// The first bytes of every frame.
pub const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];

/// Largest LEN in the protocol: SW, three lengths, 256 bytes text, 1,024 photo, 1,024
/// fingerprints, CHK make 2,314; larger ones are noise.
pub const MAX_LEN: usize = 2314;

/// Smallest LEN of an answer: SW1 to SW3 and CHK.
pub(super) const MIN_LEN: usize = 4;

/// A frame around `parts`; nothing if they are longer than any frame may be.
#[must_use]
pub fn encode(parts: &[&[u8]]) -> Option<Vec<u8>> {
    let content: usize = parts.iter().map(|p| p.len()).sum();
    let len = content + 1;
    if len > MAX_LEN {
        return None;
    }
    let len = u16::try_from(len).ok()?.to_be_bytes();
    let mut frame = Vec::with_capacity(PREAMBLE.len() + 2 + content + 1);
    frame.extend(PREAMBLE);
    frame.extend(len);
    parts.iter().for_each(|part| frame.extend_from_slice(part));
    frame.push(checksum(&frame[PREAMBLE.len()..]));
    Some(frame)
}

/// XOR over all bytes.
pub(super) fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// An answer whose checksum was right.
pub struct Response {
    content: Zeroizing<Vec<u8>>,
}

impl Response {
    /// `content` is SW1 to SW3 and data, at least three bytes.
    pub(super) fn new(content: &[u8]) -> Self {
        Self {
            content: Zeroizing::new(content.to_vec()),
        }
    }

    /// The module's status.
    #[must_use]
    pub fn sw3(&self) -> Sw3 {
        Sw3::from(self.content[2])
    }

    /// Everything after the status.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.content[3..]
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({}, {} bytes)", self.sw3(), self.data().len())
    }
}
