//! What is on a simulated card, and how it is written into the 256 bytes of text. This is
//! written from the published tables, not from the reader's parser, so that one checks the other.

use crate::card::CardKind;

/// A simulated card. Fields are plain text and may be wrong on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimCard {
    /// Which document it is.
    pub kind: CardKind,
    /// Name in Chinese.
    pub name: String,
    /// Name in Latin letters, on a foreigner's card.
    pub latin_name: String,
    /// Code of the sex (GB/T 2261.1): 1 male, 2 female.
    pub sex: String,
    /// Code of the ethnic group (GB/T 3304), on a resident's card.
    pub ethnicity: String,
    /// Three-letter code of the country, on a foreigner's card.
    pub nationality: String,
    /// Date of birth, `YYYYMMDD`.
    pub birth_date: String,
    /// Address.
    pub address: String,
    /// Number of the card.
    pub number: String,
    /// Authority that issued it.
    pub issuer: String,
    /// First day of validity, `YYYYMMDD`.
    pub valid_from: String,
    /// Last day of validity, `YYYYMMDD` or 长期.
    pub valid_to: String,
    /// Address written onto the chip after the card was printed; empty for none.
    pub newest_address: String,
    /// Bytes of fingerprints, made up: 0, 512 or 1,024.
    pub fingerprints: usize,
    /// Encoded photo, at most 1,024 bytes; empty for none.
    pub photo: Vec<u8>,
}

impl SimCard {
    /// A resident's card of a person who does not exist, without a photo.
    #[must_use]
    pub fn example() -> Self {
        Self {
            kind: CardKind::ResidentIdentityCard,
            name: String::from("林样例"),
            latin_name: String::new(),
            sex: String::from("2"),
            ethnicity: String::from("01"),
            nationality: String::new(),
            birth_date: String::from("19850615"),
            address: String::from("示例省示例市样本路1号"),
            number: number_with_check_digit("99010119850615002"),
            issuer: String::from("示例市公安局"),
            valid_from: String::from("20200101"),
            valid_to: String::from("20400101"),
            newest_address: String::new(),
            fingerprints: 0,
            photo: Vec::new(),
        }
    }

    /// A foreigner's permanent residence card (2017) of a person who does not exist.
    #[must_use]
    pub fn example_foreigner() -> Self {
        Self {
            kind: CardKind::ForeignerPermanentResidence,
            name: String::from("范例"),
            latin_name: String::from("SPECIMEN, EXAMPLE"),
            ethnicity: String::new(),
            nationality: String::from("UTO"),
            address: String::new(),
            number: String::from("UTO990185061502"),
            issuer: String::from("9901"),
            ..Self::example()
        }
    }

    /// A residence permit for HK, Macao and Taiwan of a person who does not exist.
    #[must_use]
    pub fn example_hk_macao_taiwan() -> Self {
        Self {
            kind: CardKind::HkMacaoTaiwanResidence,
            ethnicity: String::new(),
            number: number_with_check_digit("81000019850615002"),
            ..Self::example()
        }
    }

    /// The 256 bytes of text; what is too long for its field is cut.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        let fields: Vec<(&str, usize)> = match self.kind {
            CardKind::ForeignerPermanentResidence => self.foreigner_fields(),
            CardKind::ResidentIdentityCard => self.resident_fields(("", 36)),
            CardKind::HkMacaoTaiwanResidence => {
                let mut fields = self.resident_fields(("H00000000", 18));
                fields.extend([("01", 4), ("", 6), ("J", 2), ("", 6)]);
                fields
            }
        };
        fields
            .into_iter()
            .flat_map(|(text, len)| field(text, len))
            .collect()
    }

    /// The 70 bytes of the newest address, if there is one.
    #[must_use]
    pub fn newest_address(&self) -> Option<Vec<u8>> {
        (!self.newest_address.is_empty()).then(|| field(&self.newest_address, 70))
    }

    fn resident_fields<'a>(&'a self, last: (&'a str, usize)) -> Vec<(&'a str, usize)> {
        vec![
            (&self.name, 30),
            (&self.sex, 2),
            (&self.ethnicity, 4),
            (&self.birth_date, 16),
            (&self.address, 70),
            (&self.number, 36),
            (&self.issuer, 30),
            (&self.valid_from, 16),
            (&self.valid_to, 16),
            last,
        ]
    }

    fn foreigner_fields(&self) -> Vec<(&str, usize)> {
        vec![
            (&self.latin_name, 120),
            (&self.sex, 2),
            (&self.number, 30),
            (&self.nationality, 6),
            (&self.name, 30),
            (&self.valid_from, 16),
            (&self.valid_to, 16),
            (&self.birth_date, 16),
            ("01", 4),
            (&self.issuer, 8),
            ("I", 2),
            ("", 6),
        ]
    }
}

/// UTF-16LE, cut or filled up with spaces to `len` bytes.
fn field(text: &str, len: usize) -> Vec<u8> {
    text.encode_utf16()
        .chain(std::iter::repeat(u16::from(b' ')))
        .take(len / 2)
        .flat_map(u16::to_le_bytes)
        .collect()
}

/// Appends the check digit to 17 digits: GB 11643, by its table of weights.
fn number_with_check_digit(digits: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECK: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let values = digits.chars().filter_map(|c| c.to_digit(10));
    let sum: u32 = values.zip(WEIGHTS).map(|(d, w)| d * w).sum();
    format!("{digits}{}", CHECK[sum as usize % CHECK.len()])
}
