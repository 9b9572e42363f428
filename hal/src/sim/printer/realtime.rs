//! Picks the real-time commands out of what comes down the wire: a printer obeys them at once, also
//! off-line and in the middle of other data.

/// A real-time command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RealTime {
    /// `DLE EOT n`.
    Status(u8),
    /// `DLE ENQ 1`: go on where you stopped.
    GoOn,
    /// `DLE ENQ 2`, or `DLE DC4 8 …`: forget what was not printed; the first also tries again.
    Forget { try_again: bool },
}

const DLE: u8 = 0x10;
const EOT: u8 = 0x04;
const ENQ: u8 = 0x05;
const DC4: u8 = 0x14;
/// What must follow `DLE DC4` so that it clears the buffers.
const CLEAR: [u8; 8] = [8, 1, 3, 20, 1, 6, 2, 8];

/// What came down the wire, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// A byte for the buffer.
    Byte(u8),
    /// A command.
    Now(RealTime),
}

/// The end of what came, in which a command may have begun.
#[derive(Debug, Default)]
pub(super) struct Filter(Vec<u8>);

impl Filter {
    /// Takes in a byte.
    pub(super) fn push(&mut self, byte: u8, mut out: impl FnMut(Came)) {
        self.0.push(byte);
        while !self.0.is_empty() {
            match judge(&self.0) {
                Verdict::Wait => return,
                Verdict::Command(command) => {
                    self.0.clear();
                    out(Came::Now(command));
                }
                Verdict::Data => out(Came::Byte(self.0.remove(0))),
            }
        }
    }
}

enum Verdict {
    Wait,
    Command(RealTime),
    Data,
}

fn judge(bytes: &[u8]) -> Verdict {
    match *bytes {
        [DLE] | [DLE, EOT | ENQ | DC4] => Verdict::Wait,
        [DLE, EOT, n] if (1..=4).contains(&n) => Verdict::Command(RealTime::Status(n)),
        [DLE, ENQ, 1] => Verdict::Command(RealTime::GoOn),
        [DLE, ENQ, 2] => Verdict::Command(RealTime::Forget { try_again: true }),
        [DLE, DC4, ref rest @ ..] if CLEAR == *rest => {
            Verdict::Command(RealTime::Forget { try_again: false })
        }
        [DLE, DC4, ref rest @ ..] if CLEAR.starts_with(rest) => Verdict::Wait,
        _ => Verdict::Data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_the_middle_of_data_and_the_data_is_kept() {
        let mut filter = Filter::default();
        let mut came = Vec::new();
        for byte in [b'a', 0x10, 0x10, 4, 2, 0x10, 0x14, 8, 1, 9, b'b'] {
            filter.push(byte, |what| came.push(what));
        }
        let byte = Came::Byte;
        assert_eq!(
            came,
            [
                byte(b'a'),
                byte(0x10),
                Came::Now(RealTime::Status(2)),
                byte(0x10),
                byte(0x14),
                byte(8),
                byte(1),
                byte(9),
                byte(b'b'),
            ]
        );
    }
}
