//! What can go wrong with a simulated reader or card, and the numbers that go with it.

use std::time::Duration;

/// A way in which a reader or a card fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Fault {
    /// The card is taken away while its contents are sent (see `--pull-at`).
    PulledMidRead,
    /// The card is taken away while its newest address is sent (see `--pull-at`).
    PulledAtAddress,
    /// Every answer comes late (see `--delay-ms`).
    Delay,
    /// The bytes of every answer trickle (see `--byte-gap-ms`).
    SlowBytes,
    /// "Read" is answered with the status of `--sw3`.
    Status,
    /// "Select" is answered with the status of `--sw3`.
    SelectStatus,
    /// An older module: it knows no "read newest address".
    NoAddressCommand,
    /// An older module: it knows no "read with fingerprints".
    NoFingerprintCommand,
    /// The reader answers nothing at all.
    Silent,
    /// The reader answers everything except "read".
    SilentRead,
    /// Noise before and after every answer; the answers themselves are whole.
    Noise,
    /// Noise instead of the contents of the card.
    Garbage,
    /// The contents come with a wrong checksum.
    BadChecksum,
    /// The contents break off.
    Truncated,
    /// The contents are announced as 65,535 bytes, and many come.
    Oversized,
    /// The two lengths before text and photo are wrong.
    WrongTextLength,
    /// The card has no photo.
    NoPhoto,
    /// The check digit of the number is wrong.
    WrongCheckDigit,
    /// All text fields are empty.
    EmptyFields,
    /// The text is no UTF-16.
    BadText,
    /// The kind of card is not one that is known.
    UnknownKind,
    /// The security module has no authorisation.
    SamNotAuthorised,
    /// The security module failed its self-test.
    SelfTestFailed,
    /// The security module is confused, and says that its self-test failed, until it is reset.
    Confused,
    /// The card is not of this kind.
    WrongCard,
    /// The signature over the contents is wrong.
    VerificationFailed,
}

/// How much, how long, which: for the faults that need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultNumbers {
    /// After how many bytes of the answer the card is pulled; without one, in the middle.
    pub pull_at: Option<usize>,
    /// How late an answer comes.
    pub delay: Duration,
    /// How long after each byte nothing comes.
    pub byte_gap: Duration,
    /// The status that is answered.
    pub sw3: u8,
}

impl Default for FaultNumbers {
    fn default() -> Self {
        Self {
            pull_at: None,
            delay: Duration::from_millis(1500),
            byte_gap: Duration::from_millis(3),
            sw3: 0x41,
        }
    }
}
