//! SW3, the status byte with which the module answers every command, and what each value means
//! for whom.

use crate::card::CardFault;

/// The module's status byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sw3 {
    /// 90: done.
    Ok,
    /// 9F: a card was found.
    Found,
    /// 10: the command came with a wrong checksum.
    CommandChecksum,
    /// 11: the command came with a wrong length.
    CommandLength,
    /// 21: the command is not known, or not now.
    CommandUnknown,
    /// 24: an error the module cannot name.
    Unnamed,
    /// 31: the card did not accept the module.
    CardRefusedModule,
    /// 32: the module did not accept the card.
    ModuleRefusedCard,
    /// 33: the signature over the card's contents is wrong.
    Verification,
    /// 40: not a card of this kind.
    WrongCard,
    /// 41: reading failed.
    ReadFailed,
    /// 47: the card gave no random number.
    RandomFailed,
    /// 60: the module failed its self-test.
    SelfTestFailed,
    /// 66: the module has no authorisation.
    NotAuthorised,
    /// 80: no card found.
    NoCard,
    /// 81: the card could not be selected.
    SelectFailed,
    /// 91: the card has no such content.
    NoContent,
    /// Anything else.
    Other(u8),
}

impl Sw3 {
    /// The byte on the wire.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Ok => 0x90,
            Self::Found => 0x9F,
            Self::CommandChecksum => 0x10,
            Self::CommandLength => 0x11,
            Self::CommandUnknown => 0x21,
            Self::Unnamed => 0x24,
            Self::CardRefusedModule => 0x31,
            Self::ModuleRefusedCard => 0x32,
            Self::Verification => 0x33,
            Self::WrongCard => 0x40,
            Self::ReadFailed => 0x41,
            Self::RandomFailed => 0x47,
            Self::SelfTestFailed => 0x60,
            Self::NotAuthorised => 0x66,
            Self::NoCard => 0x80,
            Self::SelectFailed => 0x81,
            Self::NoContent => 0x91,
            Self::Other(byte) => byte,
        }
    }

    /// What a status other than success means for the card that is being read.
    #[must_use]
    pub fn fault(self) -> CardFault {
        match self {
            // The card answered "find" and no longer does: it is gone, or lies badly.
            Self::NoCard | Self::SelectFailed | Self::ReadFailed => CardFault::PulledMidRead,
            Self::CardRefusedModule
            | Self::ModuleRefusedCard
            | Self::Verification
            | Self::WrongCard
            | Self::NoContent => CardFault::Refused(self),
            Self::SelfTestFailed | Self::NotAuthorised | Self::CommandUnknown => {
                CardFault::Reader(self)
            }
            // What we sent was damaged on its way: like any damage on the line, worth a retry.
            Self::CommandChecksum | Self::CommandLength => CardFault::Garbled,
            Self::Ok | Self::Found | Self::Unnamed | Self::RandomFailed | Self::Other(_) => {
                CardFault::Unreadable(self)
            }
        }
    }
}

impl From<u8> for Sw3 {
    fn from(byte: u8) -> Self {
        match byte {
            0x90 => Self::Ok,
            0x9F => Self::Found,
            0x10 => Self::CommandChecksum,
            0x11 => Self::CommandLength,
            0x21 => Self::CommandUnknown,
            0x24 => Self::Unnamed,
            0x31 => Self::CardRefusedModule,
            0x32 => Self::ModuleRefusedCard,
            0x33 => Self::Verification,
            0x40 => Self::WrongCard,
            0x41 => Self::ReadFailed,
            0x47 => Self::RandomFailed,
            0x60 => Self::SelfTestFailed,
            0x66 => Self::NotAuthorised,
            0x80 => Self::NoCard,
            0x81 => Self::SelectFailed,
            0x91 => Self::NoContent,
            other => Self::Other(other),
        }
    }
}

impl std::fmt::Display for Sw3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = match self {
            Self::Ok => "done",
            Self::Found => "card found",
            Self::CommandChecksum => "command with a wrong checksum",
            Self::CommandLength => "command with a wrong length",
            Self::CommandUnknown => "command not known or not now",
            Self::Unnamed => "unnamed error",
            Self::CardRefusedModule => "the card did not accept the module",
            Self::ModuleRefusedCard => "the module did not accept the card",
            Self::Verification => "the signature over the contents is wrong",
            Self::WrongCard => "not a card of this kind",
            Self::ReadFailed => "reading failed",
            Self::RandomFailed => "no random number from the card",
            Self::SelfTestFailed => "the module failed its self-test",
            Self::NotAuthorised => "the module has no authorisation",
            Self::NoCard => "no card found",
            Self::SelectFailed => "the card could not be selected",
            Self::NoContent => "the card has no such content",
            Self::Other(_) => "unknown status",
        };
        write!(f, "{words} (SW3 {:02X})", self.byte())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_the_way_through_the_enum() {
        for byte in 0..=255 {
            assert_eq!(Sw3::from(byte).byte(), byte);
        }
    }
}
