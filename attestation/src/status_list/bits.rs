//! The bits of a status list (draft-ietf-oauth-status-list §4): 1, 2, 4 or 8 for each token, from
//! the least significant on, compressed with zlib.

#[cfg(feature = "log")]
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

/// The most that a list may take unpacked: 8 million verifications at 2 bits, 20 years of a kiosk
/// that makes 1,000 a day. What claims to be more is refused before it is unpacked.
pub(crate) const MAX_BYTES: usize = 2 << 20;

/// zlib's highest level, as the draft recommends.
#[cfg(feature = "log")]
const LEVEL: u8 = 10;

/// What has become of one verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// It counts.
    Valid,
    /// It no longer counts, for ever.
    Invalid,
    /// It does not count for the time being.
    Suspended,
    /// A status that is not known here.
    Other(u8),
}

impl TokenStatus {
    pub(super) const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::Suspended,
            other => Self::Other(other),
        }
    }

    #[cfg(feature = "log")]
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Suspended => 2,
            Self::Other(number) => number,
        }
    }

    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Suspended => "suspended",
            Self::Other(_) => "other",
        }
    }
}

/// A row of small numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits {
    per_status: u8,
    bytes: Vec<u8>,
}

impl Bits {
    /// A row of zeros.
    #[cfg(feature = "log")]
    pub(super) fn zeros(per_status: u8, bytes: usize) -> Self {
        Self {
            per_status,
            bytes: vec![0; bytes],
        }
    }

    /// Adds zeros up to this length.
    #[cfg(feature = "log")]
    pub(super) fn grow(&mut self, bytes: usize) {
        if bytes > self.bytes.len() {
            self.bytes.resize(bytes, 0);
        }
    }

    /// Unpacks a row; none if it is damaged, too long, or of a size that there is not.
    pub(super) fn unpack(per_status: u64, packed: &[u8]) -> Option<Self> {
        let per_status = u8::try_from(per_status).ok()?;
        matches!(per_status, 1 | 2 | 4 | 8).then_some(())?;
        let bytes = decompress_to_vec_zlib_with_limit(packed, MAX_BYTES).ok()?;
        Some(Self { per_status, bytes })
    }

    #[cfg(feature = "log")]
    pub(super) fn pack(&self) -> Vec<u8> {
        compress_to_vec_zlib(&self.bytes, LEVEL)
    }

    pub(super) const fn per_status(&self) -> u8 {
        self.per_status
    }

    /// How many there are.
    pub(super) const fn len(&self) -> u64 {
        self.bytes.len() as u64 * self.in_a_byte()
    }

    pub(super) fn get(&self, index: u64) -> Option<u8> {
        let (byte, shift) = self.place(index)?;
        Some(self.bytes.get(byte)? >> shift & self.mask())
    }

    /// Sets one, and says whether it is there.
    #[cfg(feature = "log")]
    pub(super) fn set(&mut self, index: u64, value: u8) -> bool {
        let mask = self.mask();
        let place = self.place(index).filter(|_| value <= mask);
        let byte = place.and_then(|(byte, shift)| Some((self.bytes.get_mut(byte)?, shift)));
        byte.map(|(byte, shift)| *byte = *byte & !(mask << shift) | value << shift)
            .is_some()
    }

    /// Which ones are not zero, for people to look at.
    pub(super) fn not_zero(&self) -> impl Iterator<Item = (u64, u8)> {
        let bytes = (0_u64..).zip(&self.bytes).filter(|(_, byte)| **byte != 0);
        bytes.flat_map(|(byte, _)| {
            let first = byte * self.in_a_byte();
            let of_byte = (first..first + self.in_a_byte()).filter_map(|i| Some((i, self.get(i)?)));
            of_byte.filter(|(_, value)| *value != 0).collect::<Vec<_>>()
        })
    }

    fn place(&self, index: u64) -> Option<(usize, u64)> {
        let byte = usize::try_from(index / self.in_a_byte()).ok()?;
        Some((byte, index % self.in_a_byte() * u64::from(self.per_status)))
    }

    const fn in_a_byte(&self) -> u64 {
        8 / self.per_status as u64
    }

    const fn mask(&self) -> u8 {
        u8::MAX >> (8 - self.per_status)
    }
}
