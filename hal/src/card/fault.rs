//! Everything that can go wrong with a card, by cause: the text is for a technician, the
//! [`CardAdvice`] for the resident. No fault carries anything that was on the card.

use std::time::Duration;

use super::ga467::Sw3;

/// Why a card was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardFault {
    /// The card was taken away while it was being read.
    #[error("the card was taken away during reading")]
    PulledMidRead,
    /// The reader found a card but could not select or read it.
    #[error("the reader could not read the card: {0}")]
    Unreadable(Sw3),
    /// The card or its authentication was refused by the reader's security module.
    #[error("the reader's security module refused the card: {0}")]
    Refused(Sw3),
    /// The reader itself does not work.
    #[error("the reader is out of order: {0}")]
    Reader(Sw3),
    /// The reader did not answer.
    #[error("the reader did not answer within {0:?}")]
    Silent(Duration),
    /// The line to the reader was lost.
    #[error("the line to the reader was lost")]
    LineLost,
    /// The answer was damaged on the line, each time it was asked for.
    #[error("the reader's answer was damaged on the line (checksum or framing)")]
    Garbled,
    /// The reader announced an answer longer than any the protocol has.
    #[error("the reader announced an answer of {0} bytes, more than the protocol allows")]
    Oversized(usize),
    /// The answer to "read" does not have the parts it should.
    #[error("the card's data has {found} bytes where {expected} were announced or due")]
    Length {
        /// Bytes due.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// A field that every card has is empty.
    #[error("the field '{0}' on the card is empty")]
    EmptyField(Field),
    /// A field holds something that cannot stand there.
    #[error("the field '{0}' on the card is malformed")]
    BadField(Field),
    /// The check digit of the card number is wrong (GB 11643).
    #[error("the check digit of the card number is wrong")]
    BadCheckDigit,
    /// There is no photo on the card.
    #[error("there is no photo on the card")]
    NoPhoto,
    /// The photo is in a coding that is not known.
    #[error("the photo is in an unknown coding")]
    UnknownPhotoCoding,
    /// A kind of card that is not supported; the type mark is no personal data.
    #[error("cards with the type mark {0:?} are not supported")]
    UnknownKind(char),
    /// A travel document could not be read or relied on.
    #[error("the travel document was not accepted ({code})")]
    Document {
        /// A stable word for why; see [`super::emrtd`].
        code: &'static str,
        /// What the resident can do.
        advice: CardAdvice,
    },
}

/// What a resident can do about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CardAdvice {
    /// Put the card back and leave it there.
    Removed,
    /// Turn the card, wipe it, try again.
    Unreadable,
    /// Use another document.
    NotAccepted,
    /// Give the numbers of the document again: it does not open with these.
    WrongNumbers,
    /// Nothing: the reader does not work.
    ReaderOutOfOrder,
}

impl CardFault {
    /// The fault in a resident's terms.
    #[must_use]
    pub fn for_resident(&self) -> CardAdvice {
        match self {
            Self::PulledMidRead => CardAdvice::Removed,
            Self::Document { advice, .. } => *advice,
            Self::Unreadable(_) | Self::Garbled | Self::Oversized(_) | Self::Length { .. } => {
                CardAdvice::Unreadable
            }
            Self::Refused(_)
            | Self::EmptyField(_)
            | Self::BadField(_)
            | Self::BadCheckDigit
            | Self::NoPhoto
            | Self::UnknownPhotoCoding
            | Self::UnknownKind(_) => CardAdvice::NotAccepted,
            Self::Reader(_) | Self::Silent(_) | Self::LineLost => CardAdvice::ReaderOutOfOrder,
        }
    }
}

/// The fields of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Name.
    Name,
    /// Name in Latin letters.
    LatinName,
    /// Sex.
    Sex,
    /// Ethnic group.
    Ethnicity,
    /// Nationality.
    Nationality,
    /// Date of birth.
    BirthDate,
    /// Address.
    Address,
    /// Address written onto the chip after the card was printed.
    NewestAddress,
    /// Number of the card.
    Number,
    /// Authority that issued the card.
    Issuer,
    /// First day of validity.
    ValidFrom,
    /// Last day of validity.
    ValidTo,
    /// The mark that tells the kinds of cards apart.
    TypeMark,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Name => "name",
            Self::LatinName => "Latin name",
            Self::Sex => "sex",
            Self::Ethnicity => "ethnic group",
            Self::Nationality => "nationality",
            Self::BirthDate => "date of birth",
            Self::Address => "address",
            Self::NewestAddress => "newest address",
            Self::Number => "number",
            Self::Issuer => "issuer",
            Self::ValidFrom => "valid from",
            Self::ValidTo => "valid to",
            Self::TypeMark => "type mark",
        })
    }
}
