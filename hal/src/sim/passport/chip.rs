//! The chip: commands in, answers out, without any input or output of its own. It knows its files,
//! the keys that open them and the keys that prove that it is no copy.

use std::collections::BTreeMap;

use super::access::{Access, Agreement};
use super::active::ActiveKey;
use crate::card::emrtd::apdu::{Command, Response, Status};
use crate::card::emrtd::bac::CHALLENGE_LEN;
use crate::card::emrtd::cipher::Suite;
use crate::card::emrtd::curve::{Curve, Secret};
use crate::card::emrtd::pace::{DO_DYNAMIC, DO_NONCE, dynamic_value};
use crate::card::emrtd::random::Random;
use crate::card::emrtd::secure_messaging::SecureMessaging;
use crate::card::emrtd::tlv;

/// Application identifier of the LDS1 eMRTD application (ICAO 9303-10, 3.6.3).
const APPLICATION: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
/// EF.CardAccess: the one file that anybody may read (ICAO 9303-10, 3.11.3).
pub(super) const CARD_ACCESS: u16 = 0x011C;
/// EF.SOD.
pub(super) const SOD: u16 = 0x011D;
/// EF.COM.
pub(super) const COM: u16 = 0x011E;
/// Data group n is file `0100` + n; the low five bits are the short identifier of any of them.
pub(super) const FIRST_FILE: u16 = 0x0100;
/// Class bits of secure messaging with an authenticated header (ICAO 9303-11, 9.8.4).
const SECURE: u8 = 0x0C;
/// Most bytes a protected short answer can carry in its cryptogram: 256 less status (4), code
/// (10), tag, length and padding indicator (4).
const SHORT_CRYPTOGRAM: usize = 256 - 4 - 10 - 4;
/// The most plain bytes of any answer, so that it fits the reader's protocol when protected.
const LONG_ANSWER: usize = 32_000;

/// What a chip proves its genuineness with.
pub(super) struct ChipKey {
    pub(super) suite: Suite,
    pub(super) secret: Secret,
}

/// Everything on the chip.
pub(super) struct Contents {
    pub(super) files: BTreeMap<u16, Vec<u8>>,
    pub(super) access: Access,
    pub(super) chip: Option<ChipKey>,
    pub(super) active: Option<ActiveKey>,
    /// Answers under protection get a wrong code.
    pub(super) bad_mac: bool,
}

/// A chip in a field.
pub(super) struct Chip {
    contents: Contents,
    random: Box<dyn Random>,
    application: bool,
    selected: Option<u16>,
    channel: Option<SecureMessaging>,
    /// The channel that begins after the answer to this command.
    next_channel: Option<SecureMessaging>,
    challenge: Option<[u8; CHALLENGE_LEN]>,
    agreement: Option<Agreement>,
}

impl Chip {
    pub(super) fn new(contents: Contents, random: Box<dyn Random>) -> Self {
        Self {
            contents,
            random,
            application: false,
            selected: None,
            channel: None,
            next_channel: None,
            challenge: None,
            agreement: None,
        }
    }

    /// Forgets everything but its contents.
    pub(super) fn reset(&mut self) {
        self.application = false;
        self.selected = None;
        self.forget_access();
    }

    fn forget_access(&mut self) {
        self.channel = None;
        self.next_channel = None;
        self.challenge = None;
        self.agreement = None;
    }

    /// Answers a command.
    pub(super) fn transmit(&mut self, bytes: &[u8]) -> Vec<u8> {
        let answer = match Command::parse(bytes) {
            Ok(command) if command.cla & SECURE == SECURE => self.protected(&command),
            Ok(command) => {
                // A command without protection ends the session (ICAO 9303-11, 9.8.1).
                self.channel = None;
                let room = room(None, command.is_extended());
                settle(self.obey(&command, room))
            }
            Err(_) => Response::new([], Status::WRONG_LENGTH),
        };
        if let Some(channel) = self.next_channel.take() {
            self.channel = Some(channel);
        }
        answer.encode().to_vec()
    }

    fn protected(&mut self, outer: &Command) -> Response {
        let Some(mut channel) = self.channel.take() else {
            return Response::new([], Status::SM_MISSING);
        };
        let Ok(mut command) = channel.unwrap_command(outer) else {
            self.forget_access();
            return Response::new([], Status::SM_INCORRECT);
        };
        command.extended = outer.is_extended();
        let room = room(Some(channel.suite()), outer.is_extended());
        // Whoever asks whether there is access finds it there, while the command is obeyed.
        self.channel = Some(channel);
        let plain = settle(self.obey(&command, room));
        let wrapped = self
            .channel
            .as_mut()
            .and_then(|channel| channel.wrap_response(&plain, outer.ins).ok());
        let mut answer = wrapped.unwrap_or(Response::new([], Status::SM_INCORRECT));
        if self.contents.bad_mac
            && let Some(last) = answer.data.last_mut()
        {
            *last ^= 1;
        }
        answer
    }

    fn obey(&mut self, command: &Command, room: usize) -> Result<Response, Status> {
        match command.ins {
            0xA4 => self.select(command),
            0xB0 => self.read(command, room),
            0xB1 => self.read_far(command, room),
            0x84 => self.give_challenge(),
            0x82 => self.external_authenticate(command),
            0x22 => self.manage(command),
            0x86 => self.general_authenticate(command),
            0x88 => self.internal_authenticate(command),
            _ => Err(Status::UNKNOWN_INSTRUCTION),
        }
    }

    /// SELECT (ICAO 9303-10, 3.6).
    fn select(&mut self, command: &Command) -> Result<Response, Status> {
        match (command.p1, command.data.as_slice()) {
            (0x04, name) if name == APPLICATION => {
                self.application = true;
                self.selected = None;
                done([])
            }
            // The root.
            (0x00, [] | [0x3F, 0x00]) => {
                self.application = false;
                self.selected = None;
                done([])
            }
            (0x00 | 0x02, &[high, low]) => {
                self.selected = None;
                self.selected = Some(self.reach(u16::from_be_bytes([high, low]))?);
                done([])
            }
            _ => Err(Status::NOT_FOUND),
        }
    }

    /// The file with this identifier, if it is there and may be read now.
    fn reach(&self, file: u16) -> Result<u16, Status> {
        let here = (file == CARD_ACCESS) != self.application;
        if !here || !self.contents.files.contains_key(&file) {
            return Err(Status::NOT_FOUND);
        }
        if self.application && self.channel.is_none() {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        Ok(file)
    }

    /// READ BINARY, even instruction byte.
    fn read(&mut self, command: &Command, room: usize) -> Result<Response, Status> {
        let (p1, p2) = (command.p1, command.p2);
        let offset = if p1 & 0x80 == 0 {
            usize::from(u16::from_be_bytes([p1, p2]))
        } else {
            self.selected = Some(self.reach(FIRST_FILE | u16::from(p1 & 0x1F))?);
            usize::from(p2)
        };
        let wanted = command.ne.ok_or(Status::WRONG_LENGTH)? as usize;
        let (bytes, status) = self.bytes(offset, wanted, room)?;
        Ok(Response::new(bytes, status))
    }

    /// READ BINARY, odd instruction byte: offsets beyond 32,767.
    fn read_far(&mut self, command: &Command, room: usize) -> Result<Response, Status> {
        if let [0, file @ 1..0x1F] = [command.p1, command.p2] {
            self.selected = Some(self.reach(FIRST_FILE | u16::from(file))?);
        }
        let offset = tlv::only(&command.data, 0x54).map_err(|_| Status::BAD_DATA)?;
        if offset.len() > 3 {
            return Err(Status::BAD_DATA);
        }
        let offset = offset.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        let wanted = command.ne.ok_or(Status::WRONG_LENGTH)? as usize;
        let header = 4; // tag and length of the object around them
        let (bytes, status) = self.bytes(offset, wanted, room - header)?;
        Ok(Response::new(tlv::encode(0x53, &bytes), status))
    }

    fn bytes(&self, offset: usize, ne: usize, room: usize) -> Result<(Vec<u8>, Status), Status> {
        let file = self.selected.ok_or(Status(0x6986))?; // no current file
        let file = self.reach(file)?;
        let contents = self.contents.files.get(&file).ok_or(Status::NOT_FOUND)?;
        let rest = contents.get(offset..).ok_or(Status::WRONG_OFFSET)?;
        let bytes = &rest[..rest.len().min(ne).min(room)];
        // "As many as there are" never asks for too many.
        let all = ne == 256 || ne == 65_536;
        let status = match rest.len() < ne && !all {
            true => Status::END_OF_FILE,
            false => Status::OK,
        };
        Ok((bytes.to_vec(), status))
    }

    fn give_challenge(&mut self) -> Result<Response, Status> {
        let mut challenge = [0; CHALLENGE_LEN];
        self.random
            .fill(&mut challenge)
            .map_err(|_| Status(0x6F00))?;
        self.challenge = Some(challenge);
        done(challenge)
    }

    /// BAC (ICAO 9303-11, 4.3.3).
    fn external_authenticate(&mut self, command: &Command) -> Result<Response, Status> {
        let challenge = self.challenge.take().ok_or(Status(0x6985))?;
        let access = &self.contents.access;
        let (answer, channel) = access.basic(challenge, &command.data, &mut *self.random)?;
        self.next_channel = Some(channel);
        done(answer)
    }

    /// MSE:Set AT and MSE:Set KAT.
    fn manage(&mut self, command: &Command) -> Result<Response, Status> {
        self.agreement = None;
        match (command.p1, command.p2) {
            (0xC1, 0xA4) => self.agreement = Some(self.contents.access.begin_pace(&command.data)?),
            (0x41, 0xA4) if self.channel.is_some() => {
                self.agreement = Some(self.begin_chip(&command.data)?)
            }
            (0x41, 0xA6) if self.channel.is_some() => {
                let key = tlv::find(&command.data, 0x91).ok().flatten();
                self.agree(key.ok_or(Status::BAD_DATA)?)?;
            }
            _ => return Err(Status::REFERENCE_NOT_FOUND),
        }
        done([])
    }

    /// Chip authentication as announced in DG14 (ICAO 9303-11, 6.2).
    fn begin_chip(&self, data: &[u8]) -> Result<Agreement, Status> {
        let protocol = tlv::find(data, DO_NONCE).ok().flatten(); // '80' here names the protocol
        match (&self.contents.chip, protocol) {
            (Some(_), Some(_)) => Ok(Agreement::ChipAuthentication),
            _ => Err(Status::BAD_DATA),
        }
    }

    fn general_authenticate(&mut self, command: &Command) -> Result<Response, Status> {
        match self.agreement.take().ok_or(Status(0x6985))? {
            Agreement::ChipAuthentication => {
                let key = dynamic_value(&command.data, DO_NONCE).map_err(|_| Status::BAD_DATA)?;
                self.agree(key)?;
                done(tlv::encode(DO_DYNAMIC, &[]))
            }
            Agreement::Pace(pace) => {
                let step = pace.step(&command.data, &mut *self.random)?;
                self.agreement = step.next.map(|pace| Agreement::Pace(Box::new(pace)));
                self.next_channel = step.channel;
                done(step.answer)
            }
        }
    }

    /// The key agreement of chip authentication: a new channel, which only the holder of the
    /// chip's key can speak.
    fn agree(&mut self, reader_key: &[u8]) -> Result<(), Status> {
        let key = self.contents.chip.as_ref().ok_or(Status::BAD_DATA)?;
        let agreed = Curve::P256
            .point(reader_key)
            .and_then(|point| point.times(&key.secret))
            .map_err(|_| Status::BAD_DATA)?;
        self.next_channel = Some(SecureMessaging::from_secret(key.suite, agreed.x()));
        Ok(())
    }

    /// Active authentication (ICAO 9303-11, 6.1).
    fn internal_authenticate(&mut self, command: &Command) -> Result<Response, Status> {
        if self.channel.is_none() {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        let key = self
            .contents
            .active
            .as_ref()
            .ok_or(Status::UNKNOWN_INSTRUCTION)?;
        let signature = key.sign(&command.data, &mut *self.random);
        done(signature.map_err(|_| Status(0x6F00))?)
    }
}

/// How many plain bytes an answer can carry.
fn room(suite: Option<Suite>, extended: bool) -> usize {
    match suite {
        _ if extended => LONG_ANSWER,
        None => 256,
        Some(suite) => SHORT_CRYPTOGRAM / suite.block_len() * suite.block_len() - 1,
    }
}

fn done(data: impl Into<Vec<u8>>) -> Result<Response, Status> {
    Ok(Response::new(data, Status::OK))
}

fn settle(result: Result<Response, Status>) -> Response {
    result.unwrap_or_else(|status| Response::new([], status))
}
