//! What is printed in a simulated travel document and written on its chip: the page, before any
//! coding.

use super::mrz;

/// The size of the document, which decides how its machine-readable zone is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// A passport booklet: two lines of 44 (ICAO 9303-4).
    #[default]
    Td3,
    /// A card: three lines of 30 (ICAO 9303-5).
    Td1,
}

/// A travel document. Dates are `YYYYMMDD`; names are in Latin capitals as the machine-readable
/// zone has them, with spaces.
#[derive(Clone, Debug)]
pub struct SimPassport {
    /// The size.
    pub size: Size,
    /// First letters of the machine-readable zone: `P`, `I`, `AC`…
    pub document_code: String,
    /// Issuing state, three letters; `UTO` is nobody's.
    pub issuer: String,
    /// Primary identifier.
    pub surname: String,
    /// Secondary identifier.
    pub given_names: String,
    /// Name in the letters of the holder's country (DG11).
    pub full_name: String,
    /// Number of the document.
    pub number: String,
    /// Nationality, three letters.
    pub nationality: String,
    /// Date of birth.
    pub birth_date: String,
    /// `M`, `F`, or `X` for unspecified.
    pub sex: String,
    /// Last day of validity.
    pub expiry: String,
    /// Personal number or other optional data.
    pub optional: String,
    /// Place of birth (DG11).
    pub birth_place: String,
    /// Card access number, six digits, printed on the page: a password for PACE.
    pub can: String,
    /// The portrait, JPEG or JPEG 2000, as DG2 carries it.
    pub portrait: Vec<u8>,
}

impl SimPassport {
    /// A passport of Utopia.
    #[must_use]
    pub fn example() -> Self {
        Self {
            size: Size::Td3,
            document_code: String::from("P"),
            issuer: String::from("UTO"),
            surname: String::from("LIN"),
            given_names: String::from("YANGLI"),
            full_name: String::from("林样例"),
            number: String::from("E00007730"),
            nationality: String::from("UTO"),
            birth_date: String::from("19850615"),
            sex: String::from("F"),
            expiry: String::from("20360101"),
            optional: String::new(),
            birth_place: String::from("UTOPIA"),
            can: String::from("773095"),
            portrait: Vec::new(),
        }
    }

    /// An identity card of Utopia, in the size of a bank card.
    #[must_use]
    pub fn example_card() -> Self {
        Self {
            size: Size::Td1,
            document_code: String::from("I"),
            ..Self::example()
        }
    }

    /// The lines of the machine-readable zone.
    #[must_use]
    pub fn mrz(&self) -> Vec<String> {
        mrz::lines(self)
    }
}
