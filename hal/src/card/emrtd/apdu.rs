//! Command and response APDUs (ISO/IEC 7816-4, 5.1 to 5.3): short and extended, to bytes and
//! back. The reader encodes commands and parses responses, a chip does the opposite; both are
//! here so that both are held to the same rules.

use std::fmt;

use zeroize::Zeroizing;

/// Largest Ne that a short APDU can ask for.
pub const MAX_SHORT_NE: u32 = 256;
/// Largest Nc of a short APDU.
pub const MAX_SHORT_NC: usize = 255;
/// Largest Ne of all; encoded as zero.
pub const MAX_NE: u32 = 65_536;

/// Why bytes are no APDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApduError {
    /// Fewer bytes than a header or a status has.
    #[error("an APDU of {0} bytes is too short")]
    TooShort(usize),
    /// The length fields do not fit the bytes.
    #[error("the length fields of the APDU do not fit its length")]
    Length,
    /// More data than any APDU carries.
    #[error("the APDU carries {0} bytes of data, more than fit")]
    TooLong(usize),
}

/// A command APDU.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Class byte.
    pub cla: u8,
    /// Instruction byte.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Command data; empty for none.
    pub data: Zeroizing<Vec<u8>>,
    /// How many bytes of response data are wanted at most (Ne, 1 to 65,536); `None` for none.
    pub ne: Option<u32>,
    /// Whether lengths are written in the extended form although the short one would do.
    pub extended: bool,
}

impl Command {
    /// A command without data that wants none.
    #[must_use]
    pub fn new(cla: u8, ins: u8, p1: u8, p2: u8) -> Self {
        Self {
            cla,
            ins,
            p1,
            p2,
            data: Zeroizing::default(),
            ne: None,
            extended: false,
        }
    }

    /// The same with command data.
    #[must_use]
    pub fn data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = Zeroizing::new(data.into());
        self
    }

    /// The same, wanting at most `ne` bytes in response.
    #[must_use]
    pub fn ne(mut self, ne: u32) -> Self {
        self.ne = Some(ne.clamp(1, MAX_NE));
        self
    }

    /// Whether its lengths need the extended form.
    #[must_use]
    pub fn is_extended(&self) -> bool {
        self.extended
            || self.data.len() > MAX_SHORT_NC
            || self.ne.is_some_and(|ne| ne > MAX_SHORT_NE)
    }

    /// The command as bytes.
    ///
    /// # Errors
    /// [`ApduError::TooLong`] when its data fits no APDU.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, ApduError> {
        let mut out = Zeroizing::new(Vec::with_capacity(self.data.len() + 10));
        out.extend([self.cla, self.ins, self.p1, self.p2]);
        if self.is_extended() {
            self.push_extended(&mut out)?;
        } else {
            self.push_short(&mut out);
        }
        Ok(out)
    }

    fn push_short(&self, out: &mut Vec<u8>) {
        if !self.data.is_empty() {
            out.push(self.data.len() as u8); // at most 255 here
            out.extend(&**self.data);
        }
        if let Some(ne) = self.ne {
            out.push(ne as u8); // 256 is written as 0
        }
    }

    fn push_extended(&self, out: &mut Vec<u8>) -> Result<(), ApduError> {
        let nc = self.data.len();
        let nc = u16::try_from(nc).map_err(|_| ApduError::TooLong(nc))?;
        out.push(0);
        if nc > 0 {
            out.extend(nc.to_be_bytes());
            out.extend(&**self.data);
        }
        if let Some(ne) = self.ne {
            out.extend((ne as u16).to_be_bytes()); // 65,536 is written as 0
        }
        Ok(())
    }

    /// Reads a command, as a chip does.
    ///
    /// # Errors
    /// [`ApduError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ApduError> {
        let ([cla, ins, p1, p2], body) = bytes
            .split_first_chunk()
            .ok_or(ApduError::TooShort(bytes.len()))?;
        let command = Self::new(*cla, *ins, *p1, *p2);
        match body {
            [] => Ok(command),
            [0, high, low, rest @ ..] => {
                command.parse_extended(u16::from_be_bytes([*high, *low]), rest)
            }
            [le] => Ok(command.ne(if *le == 0 {
                MAX_SHORT_NE
            } else {
                u32::from(*le)
            })),
            [lc, rest @ ..] => command.parse_short(usize::from(*lc), rest),
        }
    }

    fn parse_short(self, nc: usize, rest: &[u8]) -> Result<Self, ApduError> {
        let (data, le) = rest.split_at_checked(nc).ok_or(ApduError::Length)?;
        let command = self.data(data);
        match le {
            _ if nc == 0 => Err(ApduError::Length),
            [] => Ok(command),
            [0] => Ok(command.ne(MAX_SHORT_NE)),
            [le] => Ok(command.ne(u32::from(*le))),
            _ => Err(ApduError::Length),
        }
    }

    fn parse_extended(mut self, first: u16, rest: &[u8]) -> Result<Self, ApduError> {
        self.extended = true;
        let wide = |ne: u16| if ne == 0 { MAX_NE } else { u32::from(ne) };
        if rest.is_empty() {
            return Ok(self.ne(wide(first)));
        }
        let (data, le) = rest
            .split_at_checked(usize::from(first))
            .ok_or(ApduError::Length)?;
        let command = self.data(data);
        match le {
            _ if first == 0 => Err(ApduError::Length),
            [] => Ok(command),
            [high, low] => Ok(command.ne(wide(u16::from_be_bytes([*high, *low])))),
            _ => Err(ApduError::Length),
        }
    }
}

/// Shows the header and the lengths: the data may be about a person.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cla,
            ins,
            p1,
            p2,
            data,
            ne,
            ..
        } = self;
        write!(f, "[command {cla:02X} {ins:02X} {p1:02X} {p2:02X}, ")?;
        write!(f, "{} bytes, Ne {ne:?}]", data.len())
    }
}

/// Status bytes SW1 SW2 (ISO/IEC 7816-4, 5.6).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(pub u16);

impl Status {
    /// No further qualification.
    pub const OK: Self = Self(0x9000);
    /// End of file reached before Ne bytes.
    pub const END_OF_FILE: Self = Self(0x6282);
    /// Authentication failed; no further information.
    pub const AUTHENTICATION_FAILED: Self = Self(0x6300);
    /// Wrong length.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// Security status not satisfied.
    pub const SECURITY_NOT_SATISFIED: Self = Self(0x6982);
    /// Expected secure messaging data objects are missing.
    pub const SM_MISSING: Self = Self(0x6987);
    /// Secure messaging data objects are incorrect.
    pub const SM_INCORRECT: Self = Self(0x6988);
    /// Incorrect parameters in the command data.
    pub const BAD_DATA: Self = Self(0x6A80);
    /// File or application not found.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// Referenced data not found.
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6A88);
    /// Wrong parameters P1-P2 (offset outside of the file).
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    /// Instruction not supported.
    pub const UNKNOWN_INSTRUCTION: Self = Self(0x6D00);

    /// Whether the command was carried out.
    #[must_use]
    pub fn is_ok(self) -> bool {
        self == Self::OK
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A response APDU.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Response data; empty for none.
    pub data: Zeroizing<Vec<u8>>,
    /// How the command went.
    pub status: Status,
}

impl Response {
    /// A response.
    #[must_use]
    pub fn new(data: impl Into<Vec<u8>>, status: Status) -> Self {
        Self {
            data: Zeroizing::new(data.into()),
            status,
        }
    }

    /// Reads a response.
    ///
    /// # Errors
    /// [`ApduError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ApduError> {
        let (data, status) = bytes
            .split_last_chunk()
            .ok_or(ApduError::TooShort(bytes.len()))?;
        if data.len() > MAX_NE as usize {
            return Err(ApduError::TooLong(data.len()));
        }
        Ok(Self::new(data, Status(u16::from_be_bytes(*status))))
    }

    /// The response as bytes, as a chip sends it.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(self.data.len() + 2));
        out.extend(&**self.data);
        out.extend(self.status.0.to_be_bytes());
        out
    }
}

/// Shows the status and the length: the data may be about a person.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[response {}, {} bytes]", self.status, self.data.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_seven_forms_comes_back_as_it_was() {
        let plain = || Command::new(0, 0xB0, 1, 2);
        for command in [
            plain(),
            plain().ne(1),
            plain().ne(256),
            plain().ne(257),
            plain().ne(65_536),
            plain().data([1; 255]),
            plain().data([1; 255]).ne(256),
            plain().data([1; 256]),
            plain().data([1; 300]).ne(65_536),
        ] {
            let bytes = command.encode().unwrap();
            let mut read = Command::parse(&bytes).unwrap();
            assert_eq!(read.is_extended(), command.is_extended(), "{command:?}");
            read.extended = command.extended;
            assert_eq!(read, command);
        }
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        for bytes in [
            &[0, 0xA4, 4][..],
            &[0, 0xA4, 4, 0, 2, 1],
            &[0, 0xA4, 4, 0, 1, 1, 0, 0],
            &[0, 0xA4, 4, 0, 0, 0, 2, 1],
            &[0, 0xA4, 4, 0, 0, 0, 1, 1, 0],
        ] {
            assert!(Command::parse(bytes).is_err(), "{bytes:?}");
        }
        assert!(Command::new(0, 0, 0, 0).data([0; 65_536]).encode().is_err());
        assert!(Response::parse(&[0x90]).is_err());
        assert!(Response::parse(&[0; 65_539]).is_err());
    }

    #[test]
    fn no_formatter_shows_data() {
        let command = Command::new(0, 0x82, 0, 0).data(*b"secret");
        assert_eq!(
            format!("{command:?}"),
            "[command 00 82 00 00, 6 bytes, Ne None]"
        );
        let response = Response::new(*b"secret", Status::OK);
        assert_eq!(format!("{response:?}"), "[response 9000, 6 bytes]");
    }
}
