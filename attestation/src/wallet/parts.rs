//! A wallet proof (SD-JWT VC, RFC 9901) as texts that each fit one QR code, and these put together.
//!
//! A proof of up to [`SINGLE_BYTES`] is one text, itself and nothing else. A longer one is split
//! into parts, shown in turn, as few and as equal as possible:
//!
//! ```text
//! KVW1:<number>/<count>:<mark>:<part>
//! ```
//!
//! `number` counts from 1; `count` is the same in all; `mark` is the first 8 hexadecimal digits of
//! SHA-256 over the whole SD-JWT, so that parts of two proofs are never put together by accident.
//! Against intent only the signature helps, which is checked afterwards.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::sd_jwt::MAX_BYTES;
use crate::codes::codes_of;

/// What a code of version 25 holds at error correction level L in byte mode (ISO/IEC 18004, table 7):
/// 117 × 117 modules, which a phone reads from the screen at arm's length.
pub const SINGLE_BYTES: usize = 1_273;

/// How a part begins.
const PREFIX: &str = "KVW1";

/// What a part needs besides its share: prefix, two numbers of up to two digits, mark, separators.
const FRAME_BYTES: usize = PREFIX.len() + 2 + 2 + MARK_DIGITS + 4;

/// The digits of a mark.
const MARK_DIGITS: usize = 8;

/// As many parts as the largest wallet token has.
const MAX_PARTS: usize = MAX_BYTES.div_ceil(SINGLE_BYTES - FRAME_BYTES);

/// The texts of the codes for a proof, at least one.
#[must_use]
pub fn split(proof: &str) -> Vec<Zeroizing<String>> {
    if proof.len() <= SINGLE_BYTES {
        return vec![Zeroizing::new(proof.to_owned())];
    }
    let count = proof.len().div_ceil(SINGLE_BYTES - FRAME_BYTES);
    let share = proof.len().div_ceil(count);
    let mark = mark_of(proof);
    // An SD-JWT is ASCII: every place in it is the border of a letter.
    let parts = proof.as_bytes().chunks(share).enumerate();
    parts
        .map(|(at, part)| {
            let mut text = Zeroizing::new(String::with_capacity(share + FRAME_BYTES));
            text.push_str(&format!("{PREFIX}:{}/{count}:{mark}:", at + 1));
            text.extend(part.iter().map(|&letter| char::from(letter)));
            text
        })
        .collect()
}

fn mark_of(proof: &str) -> String {
    let digest = Sha256::digest(proof);
    let digits = digest[..MARK_DIGITS / 2].iter();
    digits.map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a text looks like a part of a proof.
#[must_use]
pub fn is_part(text: &str) -> bool {
    text.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.starts_with(':'))
}

/// Why a part was not taken, or the parts are no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// The text is no part, or has numbers or a length that no part has.
    #[error("this is no part of a wallet proof, or it is damaged; read the code again")]
    Malformed,
    /// The part belongs to another proof than those before it.
    #[error("this part belongs to another wallet proof; give the parts of one proof only")]
    OtherProof,
    /// All parts are there, but together they are not what was split.
    #[error("the parts together are not the proof that was split; read all codes again")]
    NotTheProof,
}

codes_of! {
    PartError {
        Malformed = "part_malformed",
        OtherProof = "part_of_other_proof",
        NotTheProof = "parts_do_not_match",
    }
}

/// Takes the parts of one proof, in any order and repeated, until all are there.
#[derive(Default)]
pub struct Joiner {
    mark: String,
    parts: Vec<Option<Zeroizing<String>>>,
}

impl Joiner {
    /// One that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a part; gives the proof as soon as no part is missing.
    ///
    /// # Errors
    /// When it is no part, or one of another proof; what was taken before stays. When all parts are
    /// there and do not fit their mark, all are given up.
    pub fn take(&mut self, text: &str) -> Result<Option<Zeroizing<String>>, PartError> {
        let part = Part::read(text).ok_or(PartError::Malformed)?;
        if self.parts.is_empty() {
            self.mark = part.mark.to_owned();
            self.parts = vec![None; part.count];
        }
        if self.mark != part.mark || self.parts.len() != part.count {
            return Err(PartError::OtherProof);
        }
        let slot = &mut self.parts[part.number - 1];
        if slot.as_ref().is_some_and(|known| **known != part.share) {
            return Err(PartError::OtherProof);
        }
        slot.get_or_insert_with(|| Zeroizing::new(part.share.to_owned()));
        self.whole()
    }

    /// How many parts were read.
    #[must_use]
    pub fn read(&self) -> usize {
        self.parts.iter().flatten().count()
    }

    /// How many parts there are; 0 before the first.
    #[must_use]
    pub fn count(&self) -> usize {
        self.parts.len()
    }

    fn whole(&mut self) -> Result<Option<Zeroizing<String>>, PartError> {
        if self.read() < self.count() {
            return Ok(None);
        }
        let shares = self.parts.iter().flatten();
        let mut whole = Zeroizing::new(String::with_capacity(MAX_PARTS * SINGLE_BYTES));
        shares.for_each(|share| whole.push_str(share));
        if mark_of(&whole) == self.mark {
            return Ok(Some(whole));
        }
        *self = Self::new();
        Err(PartError::NotTheProof)
    }
}

struct Part<'t> {
    number: usize,
    count: usize,
    mark: &'t str,
    share: &'t str,
}

impl<'t> Part<'t> {
    fn read(text: &'t str) -> Option<Self> {
        if text.len() > SINGLE_BYTES || !text.is_ascii() {
            return None;
        }
        let mut fields = text.strip_prefix(PREFIX)?.strip_prefix(':')?.splitn(3, ':');
        let (number, count) = fields.next()?.split_once('/')?;
        let (mark, share) = (fields.next()?, fields.next()?);
        let (number, count) = (small(number)?, small(count)?);
        let digits = |letter: u8| letter.is_ascii_digit() || (b'a'..=b'f').contains(&letter);
        let fits = (1..=count).contains(&number)
            && (2..=MAX_PARTS).contains(&count)
            && mark.len() == MARK_DIGITS
            && mark.bytes().all(digits)
            && !share.is_empty();
        fits.then_some(Self {
            number,
            count,
            mark,
            share,
        })
    }
}

/// A number as it is written here: one or two digits, no sign, no leading zero.
fn small(text: &str) -> Option<usize> {
    let plain = matches!(text.as_bytes(), [b'1'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']);
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
