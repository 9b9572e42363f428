//! What opens a chip: the three numbers of the machine-readable zone, or the card access number
//! (ICAO 9303-11, 4.3 and 4.4). Checked digit by digit when they are made, zeroed when dropped.

use std::fmt;

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::cipher::{Key, KeyPurpose, Suite};
use super::mrz::{Mrz, MrzError, check_digit};

/// Longest document number there is: TD1 with overflow into the optional data (ICAO 9303-5).
const MAX_NUMBER_LEN: usize = 22;
/// Shortest field for a document number in a machine-readable zone.
const MIN_NUMBER_LEN: usize = 9;
/// Digits of a card access number (ICAO 9303-11, 4.4; six on cards, more allowed).
const CAN_LEN: std::ops::RangeInclusive<usize> = 6..=16;

/// Why an access key is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessKeyError {
    /// The document number is empty, too long or has signs that no document number has.
    #[error("the document number is empty, too long or has a sign that cannot stand there")]
    Number,
    /// A date is not six digits of a possible day.
    #[error("a date is not six digits YYMMDD of a possible day")]
    Date,
    /// The card access number is not six to sixteen digits.
    #[error("the card access number is not six to sixteen digits")]
    Can,
    /// The machine-readable zone does not hold together.
    #[error("the machine-readable zone does not hold together")]
    Mrz(#[source] MrzError),
}

/// What opens a chip.
#[derive(Clone, PartialEq, Eq)]
pub enum AccessKey {
    /// Document number, date of birth and date of expiry: BAC and PACE.
    Mrz(MrzKey),
    /// The number printed on the front of a card: PACE only.
    Can(Can),
}

/// The MRZ information of ICAO 9303-11, 4.3.2: three fields, each with its check digit.
#[derive(Clone, PartialEq, Eq)]
pub struct MrzKey(Zeroizing<String>);

/// A card access number.
#[derive(Clone, PartialEq, Eq)]
pub struct Can(Zeroizing<String>);

impl AccessKey {
    /// A key from three fields as typed: number, `YYMMDD` of birth, `YYMMDD` of expiry.
    ///
    /// # Errors
    /// [`AccessKeyError`] saying which.
    pub fn from_fields(number: &str, birth: &str, expiry: &str) -> Result<Self, AccessKeyError> {
        let number = number_field(number)?;
        for date in [birth, expiry] {
            check_date(date)?;
        }
        let mut information = Zeroizing::new(String::with_capacity(MAX_NUMBER_LEN + 15));
        for field in [number.as_str(), birth, expiry] {
            information.push_str(field);
            information.push(check_digit(field).ok_or(AccessKeyError::Number)?);
        }
        Ok(Self::Mrz(MrzKey(information)))
    }

    /// A key from a whole machine-readable zone, as a scanner reads it.
    ///
    /// # Errors
    /// [`AccessKeyError::Mrz`].
    pub fn from_mrz(text: &str) -> Result<Self, AccessKeyError> {
        let mrz = Mrz::parse(text).map_err(AccessKeyError::Mrz)?;
        Self::from_fields(
            mrz.document_number.reveal(),
            mrz.birth.reveal(),
            mrz.expiry.reveal(),
        )
    }

    /// A key from a card access number.
    ///
    /// # Errors
    /// [`AccessKeyError::Can`].
    pub fn from_can(digits: &str) -> Result<Self, AccessKeyError> {
        let good = CAN_LEN.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        good.then(|| Self::Can(Can(Zeroizing::new(digits.to_owned()))))
            .ok_or(AccessKeyError::Can)
    }

    /// The key that encrypts PACE's nonce, K_π (ICAO 9303-11, 9.7.3).
    #[must_use]
    pub fn password_key(&self, suite: Suite) -> Key {
        match self {
            Self::Mrz(key) => suite.derive(&key.digest(), KeyPurpose::Password),
            Self::Can(can) => suite.derive(can.0.as_bytes(), KeyPurpose::Password),
        }
    }

    /// The password reference for MSE:Set AT (ICAO 9303-11, 4.4.4.1).
    #[must_use]
    pub fn password_reference(&self) -> u8 {
        match self {
            Self::Mrz(_) => 1,
            Self::Can(_) => 2,
        }
    }
}

impl MrzKey {
    fn digest(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(Sha1::digest(self.0.as_bytes()).to_vec())
    }

    /// The key seed of BAC (ICAO 9303-11, 9.7.2): the first half and more of the digest.
    #[must_use]
    pub fn seed(&self) -> Key {
        let mut seed = self.digest();
        seed.truncate(16);
        seed
    }
}

/// Upper case, without the spaces people type, filled to nine signs with `<`.
fn number_field(number: &str) -> Result<Zeroizing<String>, AccessKeyError> {
    let mut field = Zeroizing::new(String::with_capacity(MAX_NUMBER_LEN + 1));
    for sign in number.trim().chars().filter(|c| *c != ' ' && *c != '-') {
        if field.len() == MAX_NUMBER_LEN || !(sign.is_ascii_alphanumeric() || sign == '<') {
            return Err(AccessKeyError::Number);
        }
        field.push(sign.to_ascii_uppercase());
    }
    if field.bytes().all(|b| b == b'<') {
        return Err(AccessKeyError::Number);
    }
    while field.len() < MIN_NUMBER_LEN {
        field.push('<');
    }
    Ok(field)
}

/// Day and month may be unknown in a date of birth, written `<<` (ICAO 9303-3, 4.8).
fn check_date(date: &str) -> Result<(), AccessKeyError> {
    let unknown = |part: &str| part == "<<";
    let within = |part: &str, most: u8| {
        unknown(part)
            || part.bytes().all(|b| b.is_ascii_digit())
                && part.parse::<u8>().is_ok_and(|n| (1..=most).contains(&n))
    };
    let good = date.len() == 6
        && date.is_ascii()
        && (unknown(&date[..2]) || date[..2].bytes().all(|b| b.is_ascii_digit()))
        && within(&date[2..4], 12)
        && within(&date[4..], 31);
    good.then_some(()).ok_or(AccessKeyError::Date)
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mrz(_) => "[access key from the MRZ]",
            Self::Can(_) => "[access key from the CAN]",
        })
    }
}

impl fmt::Debug for MrzKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[MRZ key]")
    }
}

impl fmt::Debug for Can {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[CAN]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::emrtd::hex::hex;

    /// ICAO 9303-11, D.2: the TD2 document with the number L898902C.
    #[test]
    fn the_seed_is_that_of_the_worked_example() {
        let key = AccessKey::from_fields("L898902C", "690806", "940623").unwrap();
        let AccessKey::Mrz(key) = key else { panic!() };
        assert_eq!(key.0.as_str(), "L898902C<369080619406236");
        assert_eq!(key.seed().to_vec(), hex("239AB9CB282DAF66231DC5A4DF6BFBAE"));
    }

    /// ICAO 9303-11, D.2: the TD1 document whose number overflows into the optional data.
    #[test]
    fn a_long_number_counts_with_all_its_digits() {
        let key = AccessKey::from_fields("D23145890734", "340712", "950712").unwrap();
        let AccessKey::Mrz(key) = key else { panic!() };
        assert_eq!(key.0.as_str(), "D23145890734934071279507122");
        assert_eq!(key.seed().to_vec(), hex("B366AD857DDCA2B08C0E299811714730"));
    }

    /// ICAO 9303-11, G: the password of the PACE examples.
    #[test]
    fn the_password_key_is_that_of_the_worked_example() {
        let key = AccessKey::from_fields("T22000129", "640812", "101031").unwrap();
        assert_eq!(
            key.password_key(Suite::Aes128).to_vec(),
            hex("89DED1B26624EC1E634C1989302849DD")
        );
    }

    #[test]
    fn what_cannot_stand_there_is_refused_by_name() {
        let of = |n, b, e| AccessKey::from_fields(n, b, e).unwrap_err();
        assert_eq!(of("", "690806", "940623"), AccessKeyError::Number);
        assert_eq!(of("护照", "690806", "940623"), AccessKeyError::Number);
        assert_eq!(of("L898902C", "691306", "940623"), AccessKeyError::Date);
        assert_eq!(of("L898902C", "69080", "940623"), AccessKeyError::Date);
        assert_eq!(of("L898902C", "690806", "94062€"), AccessKeyError::Date);
        assert_eq!(AccessKey::from_can("12345"), Err(AccessKeyError::Can));
        assert_eq!(AccessKey::from_can("12345a"), Err(AccessKeyError::Can));
        assert!(AccessKey::from_can("123456").is_ok());
    }
}
