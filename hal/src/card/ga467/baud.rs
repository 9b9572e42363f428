//! The speeds a module can be set to (GA 467: 9,600 to 115,200 bits per second, 8N1).

/// A speed of the module's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Baud {
    /// 9,600 bits per second.
    B9600,
    /// 19,200 bits per second.
    B19200,
    /// 38,400 bits per second.
    B38400,
    /// 57,600 bits per second.
    B57600,
    /// 115,200 bits per second, as delivered.
    B115200,
}

impl Baud {
    /// All speeds, the likeliest first: modules come at the highest.
    pub const ALL: [Self; 5] = [
        Self::B115200,
        Self::B57600,
        Self::B38400,
        Self::B19200,
        Self::B9600,
    ];

    /// Bits per second.
    #[must_use]
    pub fn bits_per_second(self) -> u32 {
        match self {
            Self::B9600 => 9_600,
            Self::B19200 => 19_200,
            Self::B38400 => 38_400,
            Self::B57600 => 57_600,
            Self::B115200 => 115_200,
        }
    }

    /// PARA of the command that sets it, in the order of suppliers' descriptions of the protocol.
    /// Not confirmed on a module, so whoever sets a speed looks afterwards which one it is.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::B115200 => 0,
            Self::B57600 => 1,
            Self::B38400 => 2,
            Self::B19200 => 3,
            Self::B9600 => 4,
        }
    }
}
