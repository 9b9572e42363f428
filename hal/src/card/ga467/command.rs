//! The commands of the module.

use super::contents::{ADDRESS_LEN, CONTENTS_LEN, TEXT_LEN};
use super::frame::{Response, encode};
use super::{Baud, Sw3};

/// One command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Start the module anew.
    Reset,
    /// Is the module well?
    Status,
    /// The number of the security module.
    SamNumber,
    /// Is there a card?
    Find,
    /// Talk to that card.
    Select,
    /// Read text and photo.
    ReadTextPhoto,
    /// Read text, photo and fingerprints.
    ReadWithFingerprints,
    /// Read the address that was written onto the chip after the card was printed.
    ReadNewestAddress,
    /// Speak at another speed, after the answer to this.
    SetBaud(Baud),
}

impl Command {
    /// All commands.
    pub const ALL: [Self; 13] = [
        Self::Reset,
        Self::Status,
        Self::SamNumber,
        Self::Find,
        Self::Select,
        Self::ReadTextPhoto,
        Self::ReadWithFingerprints,
        Self::ReadNewestAddress,
        Self::SetBaud(Baud::B115200),
        Self::SetBaud(Baud::B57600),
        Self::SetBaud(Baud::B38400),
        Self::SetBaud(Baud::B19200),
        Self::SetBaud(Baud::B9600),
    ];

    /// CMD and PARA.
    #[must_use]
    pub fn code(self) -> [u8; 2] {
        match self {
            Self::Reset => [0x10, 0xFF],
            Self::Status => [0x11, 0xFF],
            Self::SamNumber => [0x12, 0xFF],
            Self::Find => [0x20, 0x01],
            Self::Select => [0x20, 0x02],
            Self::ReadTextPhoto => [0x30, 0x01],
            Self::ReadWithFingerprints => [0x30, 0x10],
            Self::ReadNewestAddress => [0x30, 0x03],
            Self::SetBaud(baud) => [0x60, baud.code()],
        }
    }

    /// The command with this CMD and PARA, for whoever plays the module.
    #[must_use]
    pub fn from_code(code: [u8; 2]) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.code() == code)
    }

    /// Whether this can be the answer to the command. Answers do not say what they answer, and
    /// one that comes after its time-out must not be taken for the next one: they are told apart
    /// by what each command is known to bring. Errors fit everywhere.
    #[must_use]
    pub fn fits(self, answer: &Response) -> bool {
        let len = answer.data().len();
        match answer.sw3() {
            Sw3::Found => self == Self::Find,
            Sw3::Ok => match self {
                Self::Find => false,
                Self::Reset | Self::Status | Self::SetBaud(_) => len == 0,
                Self::SamNumber => len == 16,
                Self::Select => (1..=12).contains(&len),
                Self::ReadTextPhoto => (TEXT_LEN..=CONTENTS_LEN).contains(&len),
                Self::ReadWithFingerprints => len > CONTENTS_LEN,
                Self::ReadNewestAddress => len == ADDRESS_LEN,
            },
            _ => true,
        }
    }

    /// Whether the answer brings what is on a card.
    #[must_use]
    pub fn reads(self) -> bool {
        matches!(
            self,
            Self::ReadTextPhoto | Self::ReadWithFingerprints | Self::ReadNewestAddress
        )
    }

    /// The frame on the wire.
    #[must_use]
    pub fn frame(self) -> Vec<u8> {
        encode(&[&self.code()]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_the_published_bytes() {
        let published: [(Command, &[u8]); 3] = [
            (Command::Find, b"\xAA\xAA\xAA\x96\x69\x00\x03\x20\x01\x22"),
            (Command::Select, b"\xAA\xAA\xAA\x96\x69\x00\x03\x20\x02\x21"),
            (
                Command::ReadTextPhoto,
                b"\xAA\xAA\xAA\x96\x69\x00\x03\x30\x01\x32",
            ),
        ];
        for (command, bytes) in published {
            assert_eq!(command.frame(), bytes, "{command:?}");
        }
    }
}
