//! The number of a document, from which the store makes the pairwise pseudonym: unique among all
//! documents, whoever issued them.

use hal::card::emrtd::mrz::Mrz;
use hal::card::{IdNumber, Personal};

/// The number of a document; zeroed when dropped, shown by no formatter.
#[derive(Debug)]
pub struct DocumentNumber(Personal<String>);

impl DocumentNumber {
    /// Shows the number. Every call is a place to review for leaks.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// Resident numbers are unique by themselves (GB 11643).
impl From<&IdNumber> for DocumentNumber {
    fn from(number: &IdNumber) -> Self {
        Self(Personal::new(number.as_str().to_owned()))
    }
}

/// States number their travel documents each for itself, so the state belongs to the number; `:`
/// stands in no other number.
impl From<&Mrz> for DocumentNumber {
    fn from(mrz: &Mrz) -> Self {
        let number = mrz.document_number.reveal();
        Self(Personal::new(format!("{}:{number}", mrz.issuer)))
    }
}
