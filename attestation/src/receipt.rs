//! What the resident takes home: an attestation and everything a stranger needs to check it, as
//! text for a QR code. `KVR1:` and base45 (RFC 9285), so that the code stays in alphanumeric mode;
//! no compression, because signatures and hashes only grow by it.
//!
//! For phones that only open links there is a second form, a URL: the receipt stands in its
//! fragment, which browsers keep to themselves. The page's server learns that somebody looks at a
//! receipt, not which.
//!
//! What a verifier can compute does not travel: the frame of the COSE_Sign1 is always the same,
//! kiosk and site of the credential are those of the claims, the checkpoint's origin follows from
//! them, its root from the leaf and the proof.
//!
//! The proof leads from the leaf to the head of the log, or, where the code would become larger than
//! usual, to a part of the log that the kiosk signed ([`crate::LogPart`]).

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::cbor::{DecodeError, Reader, Writer, decode_strictly};
use crate::checkpoint::Checkpoint;
use crate::claims::Claims;
use crate::cose::{Purpose, SIGNATURE_BYTES, Sign1};
use crate::credential::{Credential, Validity, read_public_key};
use crate::log_part::LogPart;
use crate::merkle::{Hash, InclusionProof, leaf_hash};
use crate::refusal::Refusal;

/// How every receipt of this version begins: in a QR code, and in the fragment of a URL (where a
/// colon would do too, but a dot survives more text fields).
const PREFIX: &str = "KVR1:";
const FRAGMENT_PREFIX: &str = "KVR1.";

/// How receipts of all versions begin.
const FAMILY: &str = "KVR";

/// How every page begins that a receipt may point to.
const SCHEME: &str = "https://";

/// So that a URL is never longer than a receipt may be.
const MAX_PAGE_CHARS: usize = 256;

/// What the largest QR code (version 40, level L) holds in alphanumeric mode.
pub(crate) const MAX_TEXT_CHARS: usize = 4296;

/// What a QR code of 93×93 modules (version 19) holds at level M in alphanumeric mode
/// (ISO/IEC 18004:2015, table 7): the size up to which a receipt proves the head of the whole log.
#[cfg(feature = "log")]
const USUAL_TEXT_CHARS: usize = 909;

/// A proof longer than this would be of a tree with more than 2⁶³ leaves.
const MAX_PATH: usize = 63;

/// A receipt: well-formed, but not checked. [`crate::verify`] checks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub(crate) claims: Claims,
    pub(crate) signature: [u8; SIGNATURE_BYTES],
    pub(crate) credential: Credential,
    /// Where in the log, with the hashes from the leaf up to the root of the part.
    pub(crate) proof: InclusionProof,
    /// The first entry of the part of the log that the proof leads to; 0 for all of it.
    pub(crate) start: u64,
    pub(crate) head_signature: [u8; SIGNATURE_BYTES],
}

impl Receipt {
    /// Puts a receipt together from its parts. Nothing is checked but their form.
    ///
    /// # Errors
    /// When the attestation is not a COSE_Sign1 over claims.
    pub fn new(
        attestation: &[u8],
        credential: Credential,
        proof: InclusionProof,
        head_signature: [u8; SIGNATURE_BYTES],
    ) -> Result<Self, DecodeError> {
        let message = Sign1::decode(attestation, Purpose::Attestation)?;
        Ok(Self {
            claims: Claims::from_cwt(message.payload)?,
            signature: message.signature,
            credential,
            proof,
            start: 0,
            head_signature,
        })
    }

    /// The text for a QR code.
    #[must_use]
    pub fn encode(&self) -> String {
        format!("{PREFIX}{}", base45::encode(self.to_cbor()))
    }

    /// The receipt as a link to a page that checks receipts, for phones. Only the fragment carries
    /// it. The page is not signed: who follows a link must know whose page it is.
    ///
    /// # Errors
    /// When the page is not an `https` URL without a fragment.
    pub fn to_url(&self, page: &str) -> Result<String, NotAPage> {
        let encoded = Base64UrlUnpadded::encode_string(&self.to_cbor());
        link(page, FRAGMENT_PREFIX, &encoded)
    }

    /// Reads the text of a QR code, or a URL with a receipt in its fragment. Exactly one text of
    /// each form (and page) is accepted for each receipt.
    ///
    /// # Errors
    /// When it is not a receipt, is one of another version, or is damaged.
    pub fn decode(text: &str) -> Result<Self, Refusal> {
        if text.len() > MAX_TEXT_CHARS {
            return Err(Refusal::NotAReceipt);
        }
        match fragment(text) {
            Some(fragment) => Self::decode_fragment(fragment?),
            None => Self::decode_code(text),
        }
    }

    fn decode_code(text: &str) -> Result<Self, Refusal> {
        let encoded = strip_prefix(text, PREFIX, FAMILY)?;
        let receipt = Self::from_cbor(base45::decode(encoded).ok())?;
        // Base45 has several spellings for some bytes (short groups, lower case in lax decoders).
        same(receipt.encode() == text, receipt)
    }

    fn decode_fragment(fragment: &str) -> Result<Self, Refusal> {
        let encoded = strip_prefix(fragment, FRAGMENT_PREFIX, FAMILY)?;
        let receipt = Self::from_cbor(Base64UrlUnpadded::decode_vec(encoded).ok())?;
        let again = Base64UrlUnpadded::encode_string(&receipt.to_cbor());
        same(again == encoded, receipt)
    }

    fn from_cbor(bytes: Option<Vec<u8>>) -> Result<Self, Refusal> {
        let bytes = bytes.ok_or(Refusal::Malformed { source: None })?;
        decode_strictly(&bytes, read, Self::to_cbor).map_err(|source| Refusal::Malformed {
            source: Some(source),
        })
    }

    /// What the receipt says. **Nobody has checked it**: use [`crate::verify`] for that.
    #[must_use]
    pub const fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// The attestation as it stands in the log: a tagged COSE_Sign1 over a CWT, for other tools.
    #[must_use]
    pub fn attestation(&self) -> Vec<u8> {
        let message = Sign1 {
            payload: &self.claims.to_cwt(),
            signature: self.signature,
        };
        message.encode(Purpose::Attestation)
    }

    /// The receipt in bytes, which the text wraps (`receipt` in `claims.cddl`). Signatures, key and
    /// hashes have fixed lengths, so they stand in one byte string.
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let has_start = self.start != 0;
        let fixed = [
            &self.signature[..],
            self.credential.device.as_bytes(),
            &self.credential.signature,
            &self.head_signature,
            self.proof.path.as_flattened(),
        ];
        let mut w = Writer::new();
        w.array(6 + u64::from(has_start));
        w.encoded(&self.claims.to_cwt());
        w.uint(self.credential.validity.not_before);
        w.uint(self.credential.validity.not_after);
        w.uint(self.proof.size).uint(self.proof.index);
        if has_start {
            w.uint(self.start);
        }
        w.bytes(&fixed.concat());
        w.finish()
    }

    /// The part of the log in which this attestation stands if the proof is right.
    pub(crate) fn part(&self) -> Option<LogPart> {
        let InclusionProof { index, size, path } = &self.proof;
        let (start, end) = (self.start, *size);
        if !LogPart::is_subtree(start, end) {
            return None;
        }
        let within = InclusionProof {
            index: index.checked_sub(start)?,
            size: end - start,
            path: path.clone(),
        };
        Some(LogPart {
            origin: Checkpoint::origin(&self.claims.site, &self.claims.kiosk),
            start,
            end,
            root: within.root(leaf_hash(&self.attestation()))?,
        })
    }
}

/// Only who writes the log can have a part of it signed.
#[cfg(feature = "log")]
impl Receipt {
    /// Where the receipt of a log's newest entry is larger than usual: the largest part of the log
    /// with which it is not, or the entry alone if its statements take too much room by themselves.
    pub(crate) fn part_that_fits(&self) -> Option<LogPart> {
        let fits = |receipt: &Self| receipt.encode().len() <= USUAL_TEXT_CHARS;
        if fits(self) || self.proof.path.is_empty() {
            return None;
        }
        let shorter = |hashes| self.clone().up_to(self.start_after(hashes));
        let most = (1..self.proof.path.len()).rev();
        let most = most.map(shorter).find(fits);
        most.unwrap_or_else(|| shorter(0)).part()
    }

    /// The same receipt, proving a part of the log (a subtree) that its entry is the last of.
    pub(crate) fn within(self, start: u64, signature: [u8; SIGNATURE_BYTES]) -> Self {
        Self {
            head_signature: signature,
            ..self.up_to(start)
        }
    }

    fn up_to(mut self, start: u64) -> Self {
        let hashes = (self.proof.index - start).count_ones();
        self.proof.path.truncate(hashes as usize);
        Self { start, ..self }
    }

    /// Where the part begins to which so many hashes lead from the newest entry: each hash is of the
    /// entries that one bit of the index stands for, the lowest first.
    fn start_after(&self, hashes: usize) -> u64 {
        let clear_lowest = |index: u64, _| index & index.wrapping_sub(1);
        (0..hashes).fold(self.proof.index, clear_lowest)
    }
}

/// The page is not one that a receipt may point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a receipt can only point to an https page of at most {MAX_PAGE_CHARS} characters, without #"
)]
pub struct NotAPage;

/// A link to a page that checks receipts.
pub(crate) fn link(page: &str, prefix: &str, encoded: &str) -> Result<String, NotAPage> {
    let rest = page.strip_prefix(SCHEME).ok_or(NotAPage)?;
    let plain = |b: u8| b.is_ascii_graphic() && b != b'#';
    if rest.is_empty() || page.len() > MAX_PAGE_CHARS || !rest.bytes().all(plain) {
        return Err(NotAPage);
    }
    Ok(format!("{page}#{prefix}{encoded}"))
}

/// The fragment of a link, if the text is a link.
pub(crate) fn fragment(text: &str) -> Option<Result<&str, Refusal>> {
    let url = text.strip_prefix(SCHEME)?;
    let parts = url.split_once('#').ok_or(Refusal::NotAReceipt);
    Some(parts.map(|(_, fragment)| fragment))
}

fn same(it_is: bool, receipt: Receipt) -> Result<Receipt, Refusal> {
    if it_is {
        Ok(receipt)
    } else {
        Err(Refusal::Malformed { source: None })
    }
}

pub(crate) fn strip_prefix<'t>(
    text: &'t str,
    prefix: &str,
    family: &str,
) -> Result<&'t str, Refusal> {
    text.strip_prefix(prefix).ok_or_else(|| {
        let version = text.strip_prefix(family);
        let version = version.and_then(|text| text.split_once([':', '.']));
        match version {
            Some((number, _)) if number.parse::<u16>().is_ok_and(|number| number > 1) => {
                Refusal::UnknownVersion
            }
            _ => Refusal::NotAReceipt,
        }
    })
}

fn read(r: &mut Reader<'_>) -> Result<Receipt, DecodeError> {
    let items = r.any_array()?;
    if !matches!(items, 6 | 7) {
        return Err(WRONG_LENGTH);
    }
    let claims = Claims::read(r)?;
    let validity = Validity {
        not_before: r.uint()?,
        not_after: r.uint()?,
    };
    let (size, index) = (r.uint()?, r.uint()?);
    let start = if items == 7 { r.uint()? } else { 0 };
    let mut fixed = Fixed(r.byte_string()?);
    Ok(Receipt {
        signature: fixed.take()?,
        credential: Credential {
            kiosk: claims.kiosk.clone(),
            site: claims.site.clone(),
            device: read_public_key(&fixed.take()?)?,
            validity,
            signature: fixed.take()?,
        },
        head_signature: fixed.take()?,
        proof: InclusionProof {
            index,
            size,
            path: fixed.path()?,
        },
        start,
        claims,
    })
}

/// Parts of fixed length, one after the other.
struct Fixed<'b>(&'b [u8]);

impl Fixed<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (part, rest) = self.0.split_first_chunk().ok_or(WRONG_LENGTH)?;
        self.0 = rest;
        Ok(*part)
    }

    /// The rest.
    fn path(self) -> Result<Vec<Hash>, DecodeError> {
        match self.0.as_chunks::<32>() {
            (path, []) if path.len() <= MAX_PATH => Ok(path.to_vec()),
            _ => Err(WRONG_LENGTH),
        }
    }
}

const WRONG_LENGTH: DecodeError = DecodeError::Unknown {
    what: "the length of signatures and proof",
};
