//! Numbers that are valid only within a range; outside of it the message says which.

use std::time::Duration;

use serde::Deserialize;

/// Declares whole numbers that are valid only within a range; the message says which.
macro_rules! ranged {
    ($($(#[$meta:meta])* $name:ident($inner:ty): $range:expr, $what:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        #[serde(try_from = "i64")]
        pub struct $name(pub(super) $inner);

        impl $name {
            /// The number.
            pub fn get(self) -> $inner {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = String;

            fn try_from(value: i64) -> Result<Self, String> {
                <$inner>::try_from(value)
                    .ok()
                    .filter(|value| ($range).contains(value))
                    .map(Self)
                    .ok_or_else(|| format!("{value} is out of range: {}", $what))
            }
        }
    )+};
}

ranged! {
    /// A waiting time.
    Seconds(u16): 5..=600, "give 5 to 600 seconds";
    /// Room on the disk.
    Gibibytes(u16): 1..=1024, "give 1 to 1024 GiB";
    /// In which block, counted from its own, an anchor is there for good.
    Confirmations(u64): 1..=1000, "give 1 to 1000 blocks";
    /// How many attestations are anchored at once.
    Batch(u64): 1..=100_000, "give 1 to 100000 attestations";
    /// How long an attestation waits for others, in seconds.
    Delay(u32): 1..=86_400, "give 1 to 86400 seconds";
    /// Threads of a network.
    Threads(u8): 1..=16, "give 1 to 16 threads";
    /// A time between two frames.
    FrameGap(u64): 500..=30_000, "give 500 to 30000 milliseconds";
    /// A platform configuration register of a TPM (TCG PC Client Platform TPM Profile).
    Pcr(u8): 0..=23, "give a PCR from 0 to 23";
    /// A BCM pin number of the Raspberry Pi's 40-pin header.
    Pin(u8): 2..=27, "give a BCM pin from 2 to 27";
    /// How loud the speaker is.
    Volume(u8): 0..=100, "give 0 to 100";
    /// Line speed of a receipt printer.
    PrinterBaud(u32): [9_600, 19_200, 38_400, 57_600, 115_200, 230_400],
        "give 9600, 19200, 38400, 57600, 115200 or 230400";
    /// Line speed of the card reader (GA 467).
    Baud(u32): [9_600, 19_200, 38_400, 57_600, 115_200], "give 9600, 19200, 38400, 57600 or 115200";
    /// Width or height of a picture, pixels.
    PictureSide(u32): 160..=4096, "give 160 to 4096 pixels";
    /// Pictures per second.
    FrameRate(u32): 5..=120, "give 5 to 120 pictures a second";
    /// Frequency of the mains.
    MainsHertz(u32): [50, 60], "give 50 or 60";
}

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        Self::from_secs(seconds.0.into())
    }
}
