//! A chip that knows the numbers and has anything in its files, and one that answers anything to each
//! command. The reading ends or goes on, but never stops the program; and nothing is authentic.
#![no_main]

use std::time::SystemTime;

use hal::card::emrtd::EmrtdRecord;
use hal::card::emrtd::access::AccessKey;
use hal::card::emrtd::apdu::{Command, Response, Status};
use hal::card::emrtd::bac::{BacKeys, Contribution, channel};
use hal::card::emrtd::pki::passive::PassivePolicy;
use hal::card::emrtd::pki::trust::TrustStore;
use hal::card::emrtd::procedure::{Procedure, ReadOptions, SHORT_READ, Step};
use hal::card::emrtd::random::OsRandom;
use hal::card::emrtd::secure_messaging::SecureMessaging;
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

/// More commands than any document takes that has as many bytes as the fuzzer gives.
const COMMANDS: usize = 500;
/// Secure messaging with an authenticated header (ICAO 9303-11, 9.8.4).
const SECURE: u8 = 0x0C;

fuzz_target!(|input: &[u8]| {
    let Some((kind, rest)) = input.split_first() else {
        return;
    };
    let key = match kind & 2 {
        0 => AccessKey::from_fields("L898902C", "690806", "940623"),
        _ => AccessKey::from_can("123456"),
    };
    let key = key.expect("the example of the standard");
    if kind & 1 == 0 {
        let mut answers = pieces(rest).map(|(_, answer)| answer.to_vec());
        read(key, &mut |_| answers.next());
    } else {
        let mut chip = Chip::new(rest);
        read(key, &mut |command| Some(chip.answer(command)));
    }
});

/// A byte, a length, and as many bytes as that.
fn pieces(mut rest: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (&[name, high, low], after) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes([high, low])).min(after.len());
        let (piece, after) = after.split_at(length);
        rest = after;
        Some((name, piece))
    })
}

fn read(key: AccessKey, answer: &mut dyn FnMut(&[u8]) -> Option<Vec<u8>>) {
    let mut procedure = Procedure::new(key, ReadOptions::default(), Box::new(OsRandom));
    let mut step = procedure.step(None);
    for _ in 0..COMMANDS {
        match step {
            Err(_) => return,
            Ok(Step::Send(command)) => match answer(&command) {
                Some(answer) => step = procedure.step(Some(&answer)),
                None => return,
            },
            Ok(Step::Done(document)) => {
                let (trust, now) = (TrustStore::default(), SystemTime::UNIX_EPOCH);
                let record = EmrtdRecord::new(&document, &trust, PassivePolicy::default(), now);
                if let Ok(record) = record {
                    assert!(record.authentication.objection().is_some());
                }
                return;
            }
        }
    }
}

/// Opens with basic access control; its files come from the fuzzer.
struct Chip<'a> {
    input: &'a [u8],
    selected: Option<&'a [u8]>,
    opened: bool,
    channel: Option<SecureMessaging>,
}

impl<'a> Chip<'a> {
    fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            selected: None,
            opened: false,
            channel: None,
        }
    }

    fn answer(&mut self, bytes: &[u8]) -> Vec<u8> {
        let command = Command::parse(bytes).expect("the reader sends commands");
        let response = match self.channel.take() {
            None => self.obey(&command),
            Some(mut channel) if command.cla & SECURE == SECURE => {
                // After chip authentication the reader speaks with keys that only a real chip has.
                let Ok(plain) = channel.unwrap_command(&command) else {
                    return Response::new([], Status::SM_INCORRECT).encode().to_vec();
                };
                let answer = self.obey(&plain);
                let wrapped = channel.wrap_response(&answer, command.ins);
                self.channel = Some(channel);
                wrapped.unwrap_or(answer)
            }
            Some(_) => Response::new([], Status::SM_MISSING),
        };
        response.encode().to_vec()
    }

    fn obey(&mut self, command: &Command) -> Response {
        match (command.ins, command.p1, command.data.as_slice()) {
            (0xA4, 0x04, _) => Response::new([], Status::OK),
            // The file that anybody may read is not there: no PACE.
            (0xA4, _, _) if !self.opened => Response::new([], Status::NOT_FOUND),
            (0xA4, _, &[_, low]) => self.select(low),
            (0xB0, high, _) => self.read(usize::from(u16::from_be_bytes([high, command.p2]))),
            (0x84, _, _) => Response::new([7; 8], Status::OK),
            (0x82, _, request) => self.open(request),
            // Whatever else is asked: the last piece.
            _ => Response::new(self.file(0).unwrap_or_default(), Status::OK),
        }
    }

    fn file(&self, low: u8) -> Option<&'a [u8]> {
        pieces(self.input)
            .find(|(name, _)| *name == low)
            .map(|(_, contents)| contents)
    }

    fn select(&mut self, low: u8) -> Response {
        match self.file(low) {
            Some(contents) => {
                self.selected = Some(contents);
                Response::new([], Status::OK)
            }
            None => Response::new([], Status::NOT_FOUND),
        }
    }

    fn read(&self, offset: usize) -> Response {
        let rest = self.selected.and_then(|file| file.get(offset..));
        match rest {
            Some(rest) => {
                let length = rest.len().min(SHORT_READ as usize);
                Response::new(&rest[..length], Status::OK)
            }
            None => Response::new([], Status::WRONG_OFFSET),
        }
    }

    /// ICAO 9303-11, 4.3.3.
    fn open(&mut self, request: &[u8]) -> Response {
        let key = AccessKey::from_fields("L898902C", "690806", "940623");
        let Ok(AccessKey::Mrz(key)) = key else {
            unreachable!("it is from the page")
        };
        let keys = BacKeys::new(&key);
        let reader = keys.accept_request([7; 8], request).expect("the right key");
        let own = Contribution {
            challenge: [7; 8],
            keying: Zeroizing::new([9; 16]),
        };
        let answer = keys.answer(&own, reader.challenge).expect("a message");
        self.opened = true;
        self.channel = Some(channel(&reader, &own));
        Response::new(answer, Status::OK)
    }
}
