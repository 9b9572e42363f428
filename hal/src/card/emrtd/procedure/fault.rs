//! Why a document was not read. No fault carries anything that is in the document.

use crate::card::CardAdvice;
use crate::card::emrtd::apdu::{ApduError, Status};
use crate::card::emrtd::bac::BacError;
use crate::card::emrtd::cipher::CipherError;
use crate::card::emrtd::curve::CurveError;
use crate::card::emrtd::lds::{File, LdsError};
use crate::card::emrtd::random::RandomError;
use crate::card::emrtd::secure_messaging::SmError;
use crate::card::emrtd::tlv::TlvError;

/// Why a document was not read.
#[derive(Debug, thiserror::Error)]
pub enum EmrtdFault {
    /// The card has no travel document application.
    #[error("the card is no electronic travel document (status {0})")]
    NotADocument(Status),
    /// The chip refused the key: the MRZ or card access number is not that of this document.
    #[error("the document does not open with these numbers (status {0})")]
    WrongKey(Status),
    /// The chip's answer shows that it does not know the key: it is not what it says it is.
    #[error("the chip could not show that it knows the document's numbers")]
    ChipDoesNotKnowKey,
    /// After chip authentication the chip does not know the new keys: it is a copy.
    #[error("the chip does not know the key that the document was issued with")]
    ChipNotGenuine,
    /// There is only a card access number, and the chip has no PACE that is supported.
    #[error("the chip does not open with a card access number")]
    CanNotOffered,
    /// A command was refused.
    #[error("the chip refused to {what} (status {status})")]
    Refused {
        /// What it was to do.
        what: &'static str,
        /// What it answered.
        status: Status,
    },
    /// A file is not there or cannot be read.
    #[error("{file} cannot be read (status {status})")]
    File {
        /// Which.
        file: File,
        /// What the chip answered.
        status: Status,
    },
    /// A file is longer than any such file.
    #[error("{file} has {length} bytes, more than any")]
    TooLong {
        /// Which.
        file: File,
        /// The length it announces.
        length: usize,
    },
    /// A file ended before its announced end, or what was read is not what was asked for.
    #[error("{0} ends before its announced end")]
    Short(File),
    /// What a file holds is not usable.
    #[error("the document's data is not usable")]
    Data(#[from] LdsError),
    /// An answer is no APDU.
    #[error("the chip's answer is malformed")]
    Apdu(#[from] ApduError),
    /// An answer's data objects are malformed.
    #[error("the chip's answer has malformed data objects")]
    Objects(#[from] TlvError),
    /// The protected channel broke.
    #[error("the protected channel to the chip broke")]
    Channel(#[from] SmError),
    /// A calculation on a curve failed.
    #[error("the key agreement with the chip failed")]
    Curve(#[from] CurveError),
    /// A cryptogram is malformed.
    #[error("the chip's cryptogram is malformed")]
    Cipher(#[from] CipherError),
    /// Basic access control failed in a way that is not the key's fault.
    #[error("basic access control failed")]
    Bac(#[source] BacError),
    /// There are no random numbers.
    #[error("failed to draw random numbers")]
    Random(#[from] RandomError),
    /// The procedure was asked to go on without the chip's answer.
    #[error("there was no answer to the last command")]
    NoAnswer,
}

impl EmrtdFault {
    /// What a resident can do about it.
    #[must_use]
    pub fn for_resident(&self) -> CardAdvice {
        match self {
            Self::NotADocument(_)
            | Self::ChipDoesNotKnowKey
            | Self::ChipNotGenuine
            | Self::CanNotOffered
            | Self::TooLong { .. }
            | Self::Data(_) => CardAdvice::NotAccepted,
            Self::WrongKey(_) => CardAdvice::WrongNumbers,
            Self::Random(_) => CardAdvice::ReaderOutOfOrder,
            _ => CardAdvice::Unreadable,
        }
    }

    /// A stable word for records.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotADocument(_) => "not_a_document",
            Self::WrongKey(_) => "access_key_wrong",
            Self::ChipDoesNotKnowKey => "chip_without_key",
            Self::ChipNotGenuine => "chip_not_genuine",
            Self::CanNotOffered => "can_not_offered",
            Self::Refused { .. } => "command_refused",
            Self::File { .. } => "file_unreadable",
            Self::TooLong { .. } => "file_too_long",
            Self::Short(_) => "file_short",
            Self::Data(_) => "data_unusable",
            Self::Apdu(_) | Self::Objects(_) => "answer_malformed",
            Self::Channel(_) => "channel_broken",
            Self::Curve(_) | Self::Cipher(_) | Self::Bac(_) => "key_agreement_failed",
            Self::Random(_) => "no_random_numbers",
            Self::NoAnswer => "no_answer",
        }
    }
}
