//! What can be wrong with a printer, in words for the technician who will stand in front of it.

/// Why a printer does not print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Trouble {
    /// The roll is empty.
    #[error("the paper is out: put in a new roll")]
    PaperOut,
    /// The cover is not closed.
    #[error("the cover is open: close it until it clicks")]
    CoverOpen,
    /// The cutter is blocked.
    #[error("the cutter is jammed: open the cover, take out the paper, close it again")]
    CutterJam,
    /// The mechanism is blocked.
    #[error("the paper is jammed: open the cover, take out the paper, close it again")]
    Jam,
    /// The head or the motor is too hot, or the voltage is off; this passes.
    #[error("it is too hot or its voltage is off: wait; if it stays, check its power supply")]
    Resting,
    /// Something inside is broken.
    #[error("it reports a fault that needs a repair: switch it off and replace it")]
    Broken,
    /// It is off-line for a reason it does not name, as when somebody holds its feed button.
    #[error("it is off-line: press its feed or on-line button")]
    Offline,
}

impl Trouble {
    /// A stable code for events and programs.
    #[must_use]
    pub fn as_code(self) -> &'static str {
        match self {
            Self::PaperOut => "paper_out",
            Self::CoverOpen => "cover_open",
            Self::CutterJam => "cutter_jam",
            Self::Jam => "paper_jam",
            Self::Resting => "resting",
            Self::Broken => "broken",
            Self::Offline => "offline",
        }
    }

    /// Whether the printer stays like this until it is told that the cause has been removed (DLE ENQ).
    pub(super) fn needs_telling(self) -> bool {
        matches!(self, Self::CutterJam | Self::Jam)
    }
}
