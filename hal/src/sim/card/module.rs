//! The simulated module itself, without any input or output: bytes of commands in, answers with
//! their delays out. It finds commands in its own way (a window over the last bytes), so that the
//! driver's encoder is checked by something other than its own decoder.

use std::time::Duration;

use super::{Fault, FaultNumbers, SimCard};
use crate::card::ga467::{Command, PREAMBLE, Sw3, encode};

/// Bytes of any command: preamble, LEN, CMD, PARA, CHK.
const COMMAND_LEN: usize = 10;
/// Bytes a card sets aside for the photo.
const PHOTO_LEN: usize = 1024;
/// The number of a module that was never made.
const SAM_NUMBER: [u8; 16] = [5, 0, 99, 0, 0x9B, 0xB5, 0x32, 0x01, 1, 0, 0, 0, 1, 0, 0, 0];

/// What goes down the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// How long the module thinks first.
    pub(super) delay: Duration,
    pub(super) bytes: Vec<u8>,
    /// After this many bytes the card is pulled: nothing more comes, and it is gone.
    pub(super) pulled_at: Option<usize>,
    /// The answer breaks off when the card is taken away, that is, when [`Module::removals`] is
    /// no longer this.
    pub(super) while_removals: Option<u64>,
    /// A pause after each byte.
    pub(super) byte_gap: Duration,
    /// The speed of the wire afterwards, in bits per second.
    pub(super) then_baud: Option<u32>,
}

/// The state of the module.
pub(super) struct Module {
    card: SimCard,
    /// How long a card takes to be read before its contents are sent.
    chip_time: Duration,
    fault: Option<Fault>,
    numbers: FaultNumbers,
    presence: Presence,
    removals: u64,
    window: [u8; COMMAND_LEN],
    noise: u32,
}

/// Where the card is. As with real modules, a card that has been selected is not found again
/// until it has been taken away and put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Away,
    Placed,
    Selected,
}

impl Module {
    pub(super) fn new(
        card: SimCard,
        fault: Option<Fault>,
        numbers: FaultNumbers,
        chip_time: Duration,
    ) -> Self {
        Self {
            card,
            chip_time,
            fault,
            numbers,
            presence: Presence::Away,
            removals: 0,
            window: [0; COMMAND_LEN],
            noise: 0x2545_F491,
        }
    }

    pub(super) fn place(&mut self) {
        self.presence = Presence::Placed;
    }

    pub(super) fn remove(&mut self) {
        self.presence = Presence::Away;
        self.removals += 1;
    }

    /// How often a card was taken away: once more, even if it is back already.
    pub(super) fn removals(&self) -> u64 {
        self.removals
    }

    /// The answer when a card goes away before its contents are sent.
    pub(super) fn read_failed(&mut self) -> Answer {
        self.status(Sw3::ReadFailed)
    }

    /// From now on this fault, or none.
    pub(super) fn set_fault(&mut self, fault: Option<Fault>) {
        self.fault = fault;
    }

    /// From now on these numbers go with the fault.
    pub(super) fn set_numbers(&mut self, change: impl FnOnce(&mut FaultNumbers)) {
        change(&mut self.numbers);
    }

    /// Takes one byte from the wire; a byte that completes a command brings its answer.
    pub(super) fn push(&mut self, byte: u8) -> Option<Answer> {
        self.window.rotate_left(1);
        self.window[COMMAND_LEN - 1] = byte;
        let [p0, p1, p2, p3, p4, len_high, len_low, cmd, para, check] = self.window;
        if [p0, p1, p2, p3, p4] != PREAMBLE || self.fault == Some(Fault::Silent) {
            return None;
        }
        if [len_high, len_low] != [0, 3] {
            return Some(self.status(Sw3::CommandLength));
        }
        if len_high ^ len_low ^ cmd ^ para != check {
            return Some(self.status(Sw3::CommandChecksum));
        }
        match Command::from_code([cmd, para]) {
            Some(command) => self.obey(command),
            None => Some(self.status(Sw3::CommandUnknown)),
        }
    }

    fn obey(&mut self, command: Command) -> Option<Answer> {
        if self.fault == Some(Fault::Confused) && command == Command::Reset {
            self.fault = None;
        }
        let sick = match self.fault {
            Some(Fault::SamNotAuthorised) => Some(Sw3::NotAuthorised),
            Some(Fault::SelfTestFailed | Fault::Confused) => Some(Sw3::SelfTestFailed),
            _ => None,
        };
        if let Some(status) = sick {
            return Some(self.status(status));
        }
        let answer = match command {
            Command::Reset | Command::Status => Some(self.status(Sw3::Ok)),
            Command::SamNumber => Some(self.answer(Sw3::Ok, &SAM_NUMBER)),
            Command::Find => Some(self.find()),
            Command::Select => Some(self.select()),
            Command::ReadTextPhoto | Command::ReadWithFingerprints => self.read(command),
            Command::ReadNewestAddress => self.read_address(),
            Command::SetBaud(baud) => Some(Answer {
                then_baud: Some(baud.bits_per_second()),
                ..self.status(Sw3::Ok)
            }),
        };
        answer.map(|answer| self.paced(answer))
    }

    fn paced(&self, mut answer: Answer) -> Answer {
        match self.fault {
            Some(Fault::Delay) => answer.delay += self.numbers.delay,
            Some(Fault::SlowBytes) => answer.byte_gap = self.numbers.byte_gap,
            _ => {}
        }
        answer
    }

    fn find(&mut self) -> Answer {
        match self.presence {
            Presence::Placed => self.answer(Sw3::Found, &[0; 4]),
            Presence::Away | Presence::Selected => self.status(Sw3::NoCard),
        }
    }

    fn select(&mut self) -> Answer {
        if self.fault == Some(Fault::SelectStatus) {
            return self.status(Sw3::from(self.numbers.sw3));
        }
        match self.presence {
            Presence::Away => self.status(Sw3::SelectFailed),
            Presence::Placed | Presence::Selected => {
                self.presence = Presence::Selected;
                self.answer(Sw3::Ok, &[0; 8])
            }
        }
    }

    fn read(&mut self, command: Command) -> Option<Answer> {
        if self.presence != Presence::Selected {
            return Some(self.status(Sw3::ReadFailed));
        }
        if self.fault == Some(Fault::NoFingerprintCommand)
            && command == Command::ReadWithFingerprints
        {
            return Some(self.status(Sw3::CommandUnknown));
        }
        let mut answer = self.contents(command == Command::ReadWithFingerprints);
        answer.delay = self.chip_time;
        answer.while_removals = Some(self.removals);
        let all = answer.bytes.len();
        match self.fault {
            Some(Fault::SilentRead) => return None,
            Some(Fault::WrongCard) => return Some(self.status(Sw3::WrongCard)),
            Some(Fault::VerificationFailed) => return Some(self.status(Sw3::Verification)),
            Some(Fault::Status) => return Some(self.status(Sw3::from(self.numbers.sw3))),
            Some(Fault::PulledMidRead) => {
                answer.pulled_at = Some(self.numbers.pull_at.unwrap_or(all / 2).min(all));
            }
            Some(Fault::BadChecksum) => answer.bytes[all - 1] ^= 0xFF,
            Some(Fault::Truncated) => answer.bytes.truncate(all - 100),
            Some(Fault::Garbage) => answer.bytes = self.noise(all),
            Some(Fault::Oversized) => {
                answer.bytes.truncate(PREAMBLE.len());
                answer.bytes.extend([0xFF, 0xFF]);
                answer.bytes.extend(self.noise(4096));
            }
            _ => {}
        }
        Some(answer)
    }

    fn read_address(&mut self) -> Option<Answer> {
        if self.presence != Presence::Selected {
            return Some(self.status(Sw3::ReadFailed));
        }
        let mut answer = match self.card.newest_address() {
            Some(address) => self.answer(Sw3::Ok, &address),
            None => self.status(Sw3::NoContent),
        };
        match self.fault {
            Some(Fault::NoAddressCommand) => return Some(self.status(Sw3::CommandUnknown)),
            Some(Fault::PulledAtAddress) => {
                let all = answer.bytes.len();
                answer.pulled_at = Some(self.numbers.pull_at.unwrap_or(all / 2).min(all));
            }
            _ => {}
        }
        answer.while_removals = Some(self.removals);
        Some(answer)
    }

    /// The contents of the card, with what is wrong about them.
    fn contents(&mut self, fingerprints: bool) -> Answer {
        let mut card = self.card.clone();
        match self.fault {
            Some(Fault::NoPhoto) => card.photo.clear(),
            Some(Fault::WrongCheckDigit) => spoil_check_digit(&mut card.number),
            _ => {}
        }
        let mut text = card.text();
        match self.fault {
            Some(Fault::EmptyFields) => text
                .chunks_exact_mut(2)
                .for_each(|u| u.copy_from_slice(b" \0")),
            Some(Fault::BadText) => text[..2].copy_from_slice(&0xD800_u16.to_le_bytes()),
            Some(Fault::UnknownKind) => text[248..250].copy_from_slice(b"Q\0"),
            _ => {}
        }
        card.photo.resize(PHOTO_LEN, 0);
        let mut lengths = match self.fault {
            Some(Fault::WrongTextLength) => vec![0, 200, 4, 0],
            _ => vec![1, 0, 4, 0],
        };
        let mut prints = Vec::new();
        if fingerprints {
            // At most 1,024, so the conversion is exact.
            lengths.extend((card.fingerprints as u16).to_be_bytes());
            prints = self.noise(card.fingerprints);
        }
        self.answer(
            Sw3::Ok,
            &[&lengths[..], &text, &card.photo, &prints].concat(),
        )
    }

    fn status(&mut self, status: Sw3) -> Answer {
        self.answer(status, &[])
    }

    fn answer(&mut self, status: Sw3, data: &[u8]) -> Answer {
        let mut bytes = encode(&[&[0, 0, status.byte()], data]).unwrap_or_default();
        if self.fault == Some(Fault::Noise) {
            let (before, after) = (self.noise(23), self.noise(11));
            bytes = [&before[..], &PREAMBLE[..4], &bytes, &after].concat();
        }
        Answer {
            delay: Duration::ZERO,
            bytes,
            pulled_at: None,
            while_removals: None,
            byte_gap: Duration::ZERO,
            then_baud: None,
        }
    }

    /// The same noise every time (xorshift): a failure can be repeated.
    fn noise(&mut self, len: usize) -> Vec<u8> {
        let next = || {
            self.noise ^= self.noise << 13;
            self.noise ^= self.noise >> 17;
            self.noise ^= self.noise << 5;
            self.noise.to_le_bytes()[0]
        };
        std::iter::repeat_with(next).take(len).collect()
    }
}

/// Another last digit, whatever it was.
fn spoil_check_digit(number: &mut String) {
    let wrong = if number.ends_with('0') { '1' } else { '0' };
    number.pop();
    number.push(wrong);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(fault: Option<Fault>) -> Module {
        Module::new(
            SimCard::example(),
            fault,
            FaultNumbers::default(),
            Duration::ZERO,
        )
    }

    fn say(module: &mut Module, bytes: &[u8]) -> Vec<u8> {
        let answers = bytes.iter().filter_map(|b| module.push(*b));
        answers.flat_map(|a| a.bytes).collect()
    }

    #[test]
    fn answers_are_the_published_bytes() {
        let mut module = module(None);
        module.place();
        assert_eq!(
            say(&mut module, b"\xAA\xAA\xAA\x96\x69\x00\x03\x20\x01\x22"),
            b"\xAA\xAA\xAA\x96\x69\x00\x08\x00\x00\x9F\x00\x00\x00\x00\x97"
        );
        assert_eq!(
            say(&mut module, b"\xAA\xAA\xAA\x96\x69\x00\x03\x20\x02\x21"),
            b"\xAA\xAA\xAA\x96\x69\x00\x0C\x00\x00\x90\x00\x00\x00\x00\x00\x00\x00\x00\x9C"
        );
        let contents = say(&mut module, b"\xAA\xAA\xAA\x96\x69\x00\x03\x30\x01\x32");
        assert_eq!(contents.len(), 1295);
        assert_eq!(
            contents[..14],
            *b"\xAA\xAA\xAA\x96\x69\x05\x08\x00\x00\x90\x01\x00\x04\x00"
        );
    }

    #[test]
    fn a_card_is_found_once_until_it_is_placed_again() {
        let mut module = module(None);
        let status = |m: &mut Module, c: Command| say(m, &c.frame())[9];
        assert_eq!(status(&mut module, Command::Find), 0x80);
        module.place();
        assert_eq!(status(&mut module, Command::Find), 0x9F);
        assert_eq!(status(&mut module, Command::ReadTextPhoto), 0x41);
        assert_eq!(status(&mut module, Command::Select), 0x90);
        assert_eq!(status(&mut module, Command::Find), 0x80);
        assert_eq!(status(&mut module, Command::ReadTextPhoto), 0x90);
        module.remove();
        assert_eq!(status(&mut module, Command::ReadTextPhoto), 0x41);
    }

    #[test]
    fn damaged_commands_are_answered_as_such() {
        let mut module = module(None);
        let mut command = Command::Find.frame();
        command[9] ^= 1;
        assert_eq!(say(&mut module, &command)[9], 0x10);
    }
}
