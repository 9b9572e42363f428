//! Stable names of card faults, for the outcome of a session and for operators' alerts.

use hal::card::CardFault;

/// The name of a fault.
pub(super) fn fault_code(fault: &CardFault) -> &'static str {
    match fault {
        CardFault::PulledMidRead => "card_removed",
        CardFault::Unreadable(_) => "card_unreadable",
        CardFault::Refused(_) => "card_refused",
        CardFault::Reader(_) => "reader_failed",
        CardFault::Silent(_) => "reader_silent",
        CardFault::LineLost => "reader_line_lost",
        CardFault::Garbled => "reader_garbled",
        CardFault::Oversized(_) => "reader_oversized_answer",
        CardFault::Length { .. } => "card_wrong_length",
        CardFault::EmptyField(_) => "card_empty_field",
        CardFault::BadField(_) => "card_bad_field",
        CardFault::BadCheckDigit => "card_bad_check_digit",
        CardFault::NoPhoto => "card_no_photo",
        CardFault::UnknownPhotoCoding => "card_unknown_photo_coding",
        CardFault::Document { code, .. } => code,
        CardFault::UnknownKind(_) => "card_unknown_kind",
    }
}
