//! What somebody should do about each status of the module: the resident at the kiosk, or the
//! technician.

use super::CardAdvice;
use super::ga467::Sw3;

/// Who should do something, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// Nobody anything.
    None,
    /// The resident at the kiosk.
    Resident(CardAdvice),
    /// The technician; the kiosk is out of order meanwhile.
    Technician(ServiceAdvice),
}

/// What a technician should do about a reader. Its text is for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ServiceAdvice {
    /// Commands arrive damaged.
    #[error(
        "Commands arrive damaged at the reader. Check its cable and that no power cable runs beside \
         it; if it stays so, try a lower speed."
    )]
    CheckCable,
    /// A command is not known.
    #[error(
        "The reader does not know a command of GA 467. Check that it is a GA 467 reader, and ask its \
         supplier for newer firmware."
    )]
    CheckModel,
    /// The security module is not authorised.
    #[error(
        "The reader's security module is not authorised to read cards. Ask the reader's supplier to \
         authorise it, and give them its number."
    )]
    Authorise,
    /// The module is broken.
    #[error(
        "The reader is broken inside. Take its power away for ten seconds; if it says the same again, \
         replace the reader."
    )]
    Replace,
    /// The port is there and cannot be opened.
    #[error(
        "Check that no other program uses the reader and that the kiosk's user belongs to the group \
         \"dialout\"."
    )]
    FreePort,
    /// Nothing answers.
    #[error(
        "Check the reader's power and cable, and that `port` under [card_reader] in the settings file \
         is right, and `baud`, if it is given."
    )]
    CheckPower,
    /// Whatever it is, a new start may help.
    #[error(
        "Take the reader's power away for ten seconds and repeat the self-test. If it says the same \
         again, replace the reader."
    )]
    PowerCycle,
}

impl Sw3 {
    /// Who should do what when a card is looked for or read and the module answers this.
    #[must_use]
    pub fn remedy(self) -> Remedy {
        match self {
            Self::Ok | Self::Found => Remedy::None,
            Self::CommandChecksum
            | Self::CommandLength
            | Self::CommandUnknown
            | Self::SelfTestFailed
            | Self::NotAuthorised => Remedy::Technician(self.for_technician()),
            Self::NoCard | Self::SelectFailed | Self::ReadFailed => {
                Remedy::Resident(CardAdvice::Removed)
            }
            Self::CardRefusedModule
            | Self::ModuleRefusedCard
            | Self::Verification
            | Self::WrongCard
            | Self::NoContent => Remedy::Resident(CardAdvice::NotAccepted),
            Self::Unnamed | Self::RandomFailed | Self::Other(_) => {
                Remedy::Resident(CardAdvice::Unreadable)
            }
        }
    }

    /// What a technician should do when the module answers this to "status", where no card is
    /// concerned, or keeps answering it whatever the card.
    #[must_use]
    pub fn for_technician(self) -> ServiceAdvice {
        match self {
            Self::CommandChecksum | Self::CommandLength => ServiceAdvice::CheckCable,
            Self::CommandUnknown => ServiceAdvice::CheckModel,
            Self::NotAuthorised => ServiceAdvice::Authorise,
            Self::SelfTestFailed => ServiceAdvice::Replace,
            _ => ServiceAdvice::PowerCycle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_resident_is_told_fits_the_remedy_of_every_status() {
        for byte in 0..=255 {
            let status = Sw3::from(byte);
            let told = status.fault().for_resident();
            match status.remedy() {
                Remedy::None => {}
                Remedy::Resident(advice) => assert_eq!(told, advice, "{status}"),
                // A damaged command is repeated first, and only then is it a technician's.
                Remedy::Technician(ServiceAdvice::CheckCable) => {
                    assert_eq!(told, CardAdvice::Unreadable, "{status}");
                }
                Remedy::Technician(_) => {
                    assert_eq!(told, CardAdvice::ReaderOutOfOrder, "{status}");
                }
            }
        }
    }
}
