//! What an identity card says. A [`CardRecord`] exists only for a card whose every field has
//! been checked.

use zeroize::Zeroize;

use super::{CivilDate, IdNumber, Personal, Photo, Validity};

/// Which document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CardKind {
    /// 居民身份证.
    ResidentIdentityCard,
    /// 外国人永久居留身份证, issue of 2017 (type mark `I`).
    ForeignerPermanentResidence,
    /// 港澳台居民居住证 (type mark `J`).
    HkMacaoTaiwanResidence,
}

/// The contents of one card.
#[derive(Debug)]
pub struct CardRecord {
    /// Which document it is.
    pub kind: CardKind,
    /// Name in Chinese; the Latin name where a foreigner has no Chinese one.
    pub name: Personal<String>,
    /// Name in Latin letters, on a foreigner's card.
    pub latin_name: Option<Personal<String>>,
    /// Sex.
    pub sex: Personal<Sex>,
    /// Ethnic group, on a resident's card.
    pub ethnicity: Option<Personal<Ethnicity>>,
    /// Three-letter code of the country (GB/T 2659), on a foreigner's card.
    pub nationality: Option<Personal<String>>,
    /// Date of birth.
    pub birth_date: Personal<CivilDate>,
    /// Address as it is printed; a foreigner's card has none.
    pub address: Option<Personal<String>>,
    /// Address that was written onto the chip later, if it was asked for and there is one.
    pub newest_address: Option<Personal<String>>,
    /// Number of the card.
    pub number: Personal<IdNumber>,
    /// Authority that issued the card (on a foreigner's card: its code).
    pub issuer: Personal<String>,
    /// First day of validity.
    pub valid_from: Personal<CivilDate>,
    /// Last day of validity.
    pub valid_to: Personal<Validity>,
    /// Photo of the holder.
    pub photo: Photo,
    /// Whether the card holds fingerprints.
    pub fingerprints: Fingerprints,
}

impl CardRecord {
    /// The address that holds: the newest one on the card.
    #[must_use]
    pub fn current_address(&self) -> Option<&Personal<String>> {
        self.newest_address.as_ref().or(self.address.as_ref())
    }
}

/// What is known of the fingerprints on a card. They themselves are never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fingerprints {
    /// Nobody asked for them.
    NotRead,
    /// The card has none.
    None,
    /// The card has some; they were zeroed unseen.
    NotKept {
        /// How long they were.
        bytes: usize,
    },
}

/// Sex by GB/T 2261.1 (ISO/IEC 5218).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// 0, not known.
    Unknown,
    /// 1, male.
    Male,
    /// 2, female.
    Female,
    /// 9, not stated.
    NotStated,
}

impl Sex {
    /// Reads the code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "0" => Self::Unknown,
            "1" => Self::Male,
            "2" => Self::Female,
            "9" => Self::NotStated,
            _ => return None,
        })
    }
}

impl Zeroize for Sex {
    fn zeroize(&mut self) {
        *self = Self::Unknown;
    }
}

/// Ethnic group by GB/T 3304.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Zeroize)]
pub struct Ethnicity(u8);

impl Ethnicity {
    /// Reads the two-digit code: 01 to 56, 97 (other), 98 (naturalised).
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number: u8 = code.parse().ok()?;
        matches!(number, 1..=56 | 97 | 98).then_some(Self(number))
    }

    /// The code as a number.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.0
    }
}
