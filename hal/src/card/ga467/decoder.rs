//! The incremental decoder: bytes in as they come, frames out. A line can hold anything between
//! and inside frames, so the decoder never trusts a length for longer than it must: after a frame
//! that turns out to be none, it looks for the next preamble *inside* the bytes it has kept.

use zeroize::Zeroizing;

use super::frame::{MAX_LEN, MIN_LEN, PREAMBLE, Response, checksum};

/// Preamble and LEN.
const HEADER: usize = PREAMBLE.len() + 2;

/// What the decoder found.
#[derive(Debug)]
pub enum Decoded {
    /// A frame whose checksum is right.
    Frame(Response),
    /// Something that began like a frame and has a wrong checksum.
    BadChecksum,
    /// Something that began like a frame and announces an impossible length.
    BadLength(usize),
}

/// Finds frames in a stream of bytes. Its memory is bounded and zeroed when dropped.
pub struct Decoder {
    kept: Zeroizing<Vec<u8>>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        // Never grows beyond this, so no copy of a card is left behind by a reallocation.
        Self {
            kept: Zeroizing::new(Vec::with_capacity(HEADER + MAX_LEN)),
        }
    }

    /// Takes one byte more; at most one thing becomes visible with it, the rest with
    /// [`Decoder::rescan`].
    pub fn push(&mut self, byte: u8) -> Option<Decoded> {
        self.kept.push(byte);
        self.scan()
    }

    /// Takes bytes, giving everything they complete to `found`.
    pub fn feed(&mut self, bytes: &[u8], mut found: impl FnMut(Decoded)) {
        for &byte in bytes {
            let mut next = self.push(byte);
            while let Some(decoded) = next {
                found(decoded);
                next = self.scan();
            }
        }
    }

    /// No more bytes will come for what has begun (the command has timed out): gives up on
    /// frames that wait for more, and finds those that hide behind them.
    pub fn finish(&mut self, mut found: impl FnMut(Decoded)) {
        loop {
            match self.scan() {
                Some(decoded) => found(decoded),
                None if self.kept.is_empty() => return,
                None => self.discard(1),
            }
        }
    }

    /// Bytes of the frame that has begun, and how many it will have, if that is known yet.
    #[must_use]
    pub fn progress(&self) -> Option<(usize, usize)> {
        let len = self.announced()?;
        Some((self.kept.len(), HEADER + len))
    }

    fn scan(&mut self) -> Option<Decoded> {
        self.skip_to_preamble();
        let len = self.announced()?;
        if !(MIN_LEN..=MAX_LEN).contains(&len) {
            self.discard(1);
            return Some(Decoded::BadLength(len));
        }
        let frame = self.kept.get(PREAMBLE.len()..HEADER + len)?;
        let (content, sum) = frame.split_at(frame.len() - 1);
        if checksum(content) != sum[0] {
            self.discard(1);
            return Some(Decoded::BadChecksum);
        }
        let response = Response::new(&content[2..]);
        self.discard(HEADER + len);
        Some(Decoded::Frame(response))
    }

    /// LEN, once a whole header is there.
    fn announced(&self) -> Option<usize> {
        let header = self.kept.get(..HEADER)?;
        header
            .starts_with(&PREAMBLE)
            .then(|| usize::from(u16::from_be_bytes([header[5], header[6]])))
    }

    /// Drops bytes until what is left begins like a preamble, or is nothing.
    fn skip_to_preamble(&mut self) {
        let begins = |at: &usize| {
            let rest = &self.kept[*at..];
            let n = rest.len().min(PREAMBLE.len());
            rest[..n] == PREAMBLE[..n]
        };
        let start = (0..self.kept.len()).find(begins);
        self.discard(start.unwrap_or(self.kept.len()));
    }

    fn discard(&mut self, count: usize) {
        let left = self.kept.len() - count;
        self.kept.copy_within(count.., 0);
        // The tail still holds bytes of a card.
        self.kept[left..].fill(0);
        self.kept.truncate(left);
    }
}
