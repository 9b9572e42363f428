//! The photo on a card, as the bytes the card holds. Decoding is not done here: the card's own
//! coding (WLT) needs a licensed decoder, which is the integrator's to supply.

use std::fmt;

use zeroize::Zeroizing;

use super::CardFault;
use super::emrtd::lds::{Portrait, PortraitCoding};

/// Bytes a card sets aside for the photo (GA/T 490).
pub const PHOTO_FIELD_LEN: usize = 1024;

/// In what coding a photo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhotoCoding {
    /// The vendor's coding of real cards, magic `WLf`; 102×126 pixels when decoded.
    Wlt,
    /// WebP, as simulated cards have it.
    WebP,
    /// JPEG, from a travel document.
    Jpeg,
    /// JPEG 2000, from a travel document.
    Jpeg2000,
}

/// The photo of a card.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    bytes: Zeroizing<Vec<u8>>,
    coding: PhotoCoding,
}

impl Photo {
    /// Recognises the coding of a photo field and cuts off its padding.
    ///
    /// # Errors
    /// [`CardFault::NoPhoto`] for an empty field, [`CardFault::UnknownPhotoCoding`] for any
    /// other coding.
    pub fn parse(field: &[u8]) -> Result<Self, CardFault> {
        let blank = |b: &u8| *b == 0 || *b == 0xFF || *b == b' ';
        if field.iter().all(blank) {
            return Err(CardFault::NoPhoto);
        }
        let (bytes, coding) = if field.starts_with(b"WLf") {
            (field, PhotoCoding::Wlt)
        } else {
            (webp(field)?, PhotoCoding::WebP)
        };
        Ok(Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            coding,
        })
    }

    /// The encoded picture. Every call is a place to review for leaks.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.bytes
    }

    /// How the picture is encoded.
    #[must_use]
    pub fn coding(&self) -> PhotoCoding {
        self.coding
    }
}

/// The portrait of a travel document.
impl From<Portrait> for Photo {
    fn from(portrait: Portrait) -> Self {
        let coding = match portrait.coding() {
            PortraitCoding::Jpeg => PhotoCoding::Jpeg,
            PortraitCoding::Jpeg2000 => PhotoCoding::Jpeg2000,
        };
        Self {
            coding,
            bytes: portrait.into_bytes(),
        }
    }
}

impl fmt::Debug for Photo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[photo, {:?}]", self.coding)
    }
}

/// The WebP file at the start of the field: "RIFF", length of the rest (little-endian), "WEBP".
fn webp(field: &[u8]) -> Result<&[u8], CardFault> {
    let file = || {
        let (header, _) = field.split_first_chunk::<12>()?;
        let [b'R', b'I', b'F', b'F', a, b, c, d, b'W', b'E', b'B', b'P'] = *header else {
            return None;
        };
        let rest = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
        field.get(..rest.checked_add(8)?)
    };
    file().ok_or(CardFault::UnknownPhotoCoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webp_photo_is_cut_to_its_own_length() {
        let mut field = b"RIFF\x06\0\0\0WEBPxy".to_vec();
        field.resize(PHOTO_FIELD_LEN, 0);
        let photo = Photo::parse(&field).unwrap();
        assert_eq!(photo.coding(), PhotoCoding::WebP);
        assert_eq!(photo.reveal(), b"RIFF\x06\0\0\0WEBPxy");
    }

    #[test]
    fn empty_lying_and_unknown_photos_are_told_apart() {
        assert_eq!(Photo::parse(&[0; 1024]), Err(CardFault::NoPhoto));
        assert_eq!(Photo::parse(&[]), Err(CardFault::NoPhoto));
        let lying = b"RIFF\xFF\xFF\xFF\xFFWEBP";
        assert_eq!(Photo::parse(lying), Err(CardFault::UnknownPhotoCoding));
        assert_eq!(Photo::parse(b"GIF89a"), Err(CardFault::UnknownPhotoCoding));
    }
}
