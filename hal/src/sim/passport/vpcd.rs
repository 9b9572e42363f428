//! The protocol between `vpcd`, the virtual reader inside pcscd, and a card
//! (<https://frankmorgner.github.io/vsmartcard/virtualsmartcard/api.html>): messages of a two-byte
//! length and content; one byte of content is a control code, anything else a command. Bytes in,
//! requests out.

/// The port on which the first virtual reader waits.
pub const DEFAULT_PORT: u16 = 35_963;

/// What the reader wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Field off.
    PowerOff,
    /// Field on.
    PowerOn,
    /// Reset.
    Reset,
    /// Tell the answer to reset.
    Atr,
    /// A command APDU.
    Command(Vec<u8>),
    /// A control code that is not in the protocol.
    Unknown(u8),
}

/// What has come so far; at most one message of 65,535 bytes and the rest of a read.
#[derive(Default)]
pub(super) struct Inbox(Vec<u8>);

impl Inbox {
    /// Adds what came.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next whole request.
    pub(super) fn next(&mut self) -> Option<Request> {
        let (length, rest) = self.0.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let content = rest.get(..length)?.to_vec();
        self.0.drain(..2 + length);
        Some(match content[..] {
            [0] => Request::PowerOff,
            [1] => Request::PowerOn,
            [2] => Request::Reset,
            [4] => Request::Atr,
            [code] => Request::Unknown(code),
            _ => Request::Command(content),
        })
    }
}

/// A message to the reader; `None` if it is too long for the protocol.
pub(super) fn message(content: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(content.len()).ok()?;
    Some([&length.to_be_bytes()[..], content].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_come_out_whole_however_they_arrive() {
        let wire = b"\0\x01\x01\0\x01\x04\0\x05\x00\xA4\x00\x0C\x00\0\x01\x02\0\x01\x09\0\x01\x00";
        let expected = [
            Request::PowerOn,
            Request::Atr,
            Request::Command(vec![0, 0xA4, 0, 0x0C, 0]),
            Request::Reset,
            Request::Unknown(9),
            Request::PowerOff,
        ];
        for size in 1..wire.len() {
            let (mut inbox, mut seen) = (Inbox::default(), Vec::new());
            for part in wire.chunks(size) {
                inbox.push(part);
                seen.extend(std::iter::from_fn(|| inbox.next()));
            }
            assert_eq!(seen, expected, "in parts of {size}");
        }
    }

    #[test]
    fn messages_carry_their_length() {
        assert_eq!(message(&[0x90, 0]).unwrap(), [0, 2, 0x90, 0]);
        assert_eq!(message(&[0; 65_536]), None);
    }
}
