//! From the data of a "read" answer to a [`CardRecord`]: two lengths (three with fingerprints), 256
//! bytes of text, 1,024 bytes of photo, fingerprints. Every field is checked here or the card is
//! refused. Of fingerprints nothing is kept but how many bytes they are.

use zeroize::Zeroizing;

use super::layout::{self, Place, foreigner, resident};
use crate::card::photo::PHOTO_FIELD_LEN;
use crate::card::{
    CardFault, CardKind, CardRecord, CivilDate, Ethnicity, Field, Fingerprints, IdNumber, Personal,
    Photo, Sex, Validity,
};

/// Bytes of text on a card.
pub const TEXT_LEN: usize = 256;
/// Bytes of an address, in the text and in the answer to "read newest address".
pub const ADDRESS_LEN: usize = 70;
/// Most bytes of fingerprints: two of 512 each (GA/T 1012).
const FINGERPRINTS_LEN: usize = 1024;
/// Data of an answer with text and photo: their two lengths and they.
pub(super) const CONTENTS_LEN: usize = 2 * LENGTH + TEXT_LEN + PHOTO_FIELD_LEN;
/// A length before the text: two bytes, big-endian.
const LENGTH: usize = 2;
/// How cards write that their validity has no end.
const LONG_TERM: &str = "长期";

/// Reads and checks the contents of a card.
///
/// # Errors
/// A [`CardFault`] that names the first thing that is wrong.
pub fn parse_contents(data: &[u8]) -> Result<CardRecord, CardFault> {
    let [text, photo] = split(data, [TEXT_LEN, PHOTO_FIELD_LEN])?;
    record(text, photo)
}

/// Reads and checks the contents of a card that come with fingerprints. The fingerprints are not
/// looked at; `data` is the caller's to zero.
///
/// # Errors
/// A [`CardFault`] that names the first thing that is wrong.
pub fn parse_with_fingerprints(data: &[u8]) -> Result<CardRecord, CardFault> {
    let [text, photo, fingerprints] = split(data, [TEXT_LEN, PHOTO_FIELD_LEN, FINGERPRINTS_LEN])?;
    Ok(CardRecord {
        fingerprints: match fingerprints.len() {
            0 => Fingerprints::None,
            bytes => Fingerprints::NotKept { bytes },
        },
        ..record(text, photo)?
    })
}

/// Reads and checks the address that was written onto a card after it was printed.
///
/// # Errors
/// A [`CardFault`] if it is none.
pub fn parse_newest_address(data: &[u8]) -> Result<Option<Personal<String>>, CardFault> {
    if data.len() != ADDRESS_LEN {
        return Err(CardFault::Length {
            expected: ADDRESS_LEN,
            found: data.len(),
        });
    }
    let address = optional(data, layout::NEWEST_ADDRESS)?;
    Ok((!address.is_empty()).then(|| personal(address)))
}

fn record(text: &[u8], photo: &[u8]) -> Result<CardRecord, CardFault> {
    let kind = layout::kind(&optional(text, layout::TYPE_MARK)?)?;
    match kind {
        CardKind::ForeignerPermanentResidence => foreigners(text, photo),
        CardKind::ResidentIdentityCard | CardKind::HkMacaoTaiwanResidence => {
            residents(kind, text, photo)
        }
    }
}

fn residents(kind: CardKind, text: &[u8], photo: &[u8]) -> Result<CardRecord, CardFault> {
    Ok(CardRecord {
        kind,
        name: personal(required(text, resident::NAME)?),
        latin_name: None,
        sex: sex(text, resident::SEX)?,
        ethnicity: match kind {
            CardKind::ResidentIdentityCard => Some(ethnicity(text, resident::ETHNICITY)?),
            _ => None,
        },
        nationality: None,
        birth_date: date(text, resident::BIRTH_DATE)?,
        address: Some(personal(required(text, resident::ADDRESS)?)),
        newest_address: None,
        number: Personal::new(IdNumber::resident(&required(text, resident::NUMBER)?)?),
        issuer: personal(required(text, resident::ISSUER)?),
        valid_from: date(text, resident::VALID_FROM)?,
        valid_to: validity(text, resident::VALID_TO)?,
        photo: Photo::parse(photo)?,
        fingerprints: Fingerprints::NotRead,
    })
}

fn foreigners(text: &[u8], photo: &[u8]) -> Result<CardRecord, CardFault> {
    let latin_name = personal(required(text, foreigner::LATIN_NAME)?);
    let chinese_name = optional(text, foreigner::NAME)?;
    Ok(CardRecord {
        kind: CardKind::ForeignerPermanentResidence,
        name: if chinese_name.is_empty() {
            latin_name.clone()
        } else {
            personal(chinese_name)
        },
        latin_name: Some(latin_name),
        sex: sex(text, foreigner::SEX)?,
        ethnicity: None,
        nationality: Some(personal(required(text, foreigner::NATIONALITY)?)),
        birth_date: date(text, foreigner::BIRTH_DATE)?,
        address: None,
        newest_address: None,
        number: Personal::new(IdNumber::foreigner(&required(text, foreigner::NUMBER)?)?),
        issuer: personal(required(text, foreigner::ISSUER)?),
        valid_from: date(text, foreigner::VALID_FROM)?,
        valid_to: validity(text, foreigner::VALID_TO)?,
        photo: Photo::parse(photo)?,
        fingerprints: Fingerprints::NotRead,
    })
}

/// The parts of an answer, if the lengths in front of them are those of a card: the text has one
/// length only, the others this much or less. A photo of length zero is how some modules say that
/// there is none.
fn split<const N: usize>(data: &[u8], most: [usize; N]) -> Result<[&[u8]; N], CardFault> {
    let wrong = |found| CardFault::Length {
        expected: N * LENGTH + most.iter().sum::<usize>(),
        found,
    };
    let (lengths, mut rest) = data.split_at_checked(N * LENGTH).ok_or(wrong(data.len()))?;
    let mut parts = [&[][..]; N];
    for (i, (length, part)) in lengths.chunks_exact(LENGTH).zip(&mut parts).enumerate() {
        let len = usize::from(u16::from_be_bytes([length[0], length[1]]));
        if i == 0 && len != TEXT_LEN {
            return Err(CardFault::Length {
                expected: TEXT_LEN,
                found: len,
            });
        }
        if len > most[i] {
            return Err(wrong(data.len()));
        }
        (*part, rest) = rest.split_at_checked(len).ok_or(wrong(data.len()))?;
    }
    if rest.is_empty() {
        Ok(parts)
    } else {
        Err(wrong(data.len()))
    }
}

fn sex(text: &[u8], place: Place) -> Result<Personal<Sex>, CardFault> {
    let code = required(text, place)?;
    let sex = Sex::from_code(&code).ok_or(CardFault::BadField(place.field))?;
    Ok(Personal::new(sex))
}

fn ethnicity(text: &[u8], place: Place) -> Result<Personal<Ethnicity>, CardFault> {
    let code = required(text, place)?;
    let group = Ethnicity::from_code(&code).ok_or(CardFault::BadField(place.field))?;
    Ok(Personal::new(group))
}

fn date(text: &[u8], place: Place) -> Result<Personal<CivilDate>, CardFault> {
    let digits = required(text, place)?;
    let date = CivilDate::parse(&digits).ok_or(CardFault::BadField(place.field))?;
    Ok(Personal::new(date))
}

fn validity(text: &[u8], place: Place) -> Result<Personal<Validity>, CardFault> {
    if *required(text, place)? == LONG_TERM {
        return Ok(Personal::new(Validity::LongTerm));
    }
    let last = date(text, place)?;
    Ok(Personal::new(Validity::Until(*last.reveal())))
}

fn personal(mut text: Zeroizing<String>) -> Personal<String> {
    Personal::new(std::mem::take(&mut *text))
}

fn required(text: &[u8], place: Place) -> Result<Zeroizing<String>, CardFault> {
    let value = optional(text, place)?;
    if value.is_empty() {
        return Err(CardFault::EmptyField(place.field));
    }
    Ok(value)
}

/// The field without its padding. Control characters never stand on a card: they would be a
/// way to make a screen or a slip show something else.
fn optional(text: &[u8], place: Place) -> Result<Zeroizing<String>, CardFault> {
    let bad = CardFault::BadField(place.field);
    let bytes = text.get(place.start..place.start + place.len).ok_or(bad)?;
    let units = bytes
        .chunks_exact(2)
        .map(|u| u16::from_le_bytes([u[0], u[1]]));
    // Three bytes of UTF-8 a unit at most: no reallocation that would leave a copy behind.
    let mut value = Zeroizing::new(String::with_capacity(place.len / 2 * 3));
    for unit in char::decode_utf16(units) {
        value.push(unit.map_err(|_| bad)?);
    }
    let kept = value.trim_end_matches([' ', '\0', '\u{3000}']).len();
    value.truncate(kept);
    if value.chars().any(is_misleading) {
        return Err(if place.field == Field::TypeMark {
            CardFault::UnknownKind(char::REPLACEMENT_CHARACTER)
        } else {
            bad
        });
    }
    Ok(value)
}

/// Control characters and the marks that change the direction of writing.
fn is_misleading(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
