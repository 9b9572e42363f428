//! Secure messaging (ICAO 9303-11, 9.8): plain APDUs in, protected ones out, and back. The
//! reader protects commands and checks responses; a chip checks commands and protects
//! responses. After an error in checking, the channel is worth nothing any more.

use zeroize::Zeroizing;

use super::apdu::{Command, MAX_NE, MAX_SHORT_NE, Response, Status};
use super::cipher::{CipherError, Key, KeyPurpose, MAC_LEN, Suite, same};
use super::tlv::{self, TlvError};

/// Cryptogram of data without padding indicator, for commands with an odd instruction byte.
const DO_CRYPTOGRAM_ODD: u32 = 0x85;
/// Padding indicator and cryptogram of data.
const DO_CRYPTOGRAM: u32 = 0x87;
/// Message authentication code.
const DO_MAC: u32 = 0x8E;
/// Protected Le.
const DO_LE: u32 = 0x97;
/// Protected status.
const DO_STATUS: u32 = 0x99;
/// Padding indicator: padding method 2.
const PADDED: u8 = 0x01;
/// The class bits that say "secure messaging, header authenticated".
const CLA_SM: u8 = 0x0C;

/// Why a protected APDU was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmError {
    /// The other side answered without protection, as chips do when they give up a session.
    #[error("the answer is not protected (status {0})")]
    Unprotected(Status),
    /// The data objects are not those of secure messaging.
    #[error("the protected data objects are malformed")]
    Malformed(#[source] TlvError),
    /// A data object that must be there is missing, twice, or in the wrong order.
    #[error("the protected data objects are not in order")]
    Order,
    /// The authentication code is wrong: the bytes were changed or are not from the peer.
    #[error("the message authentication code is wrong")]
    Mac,
    /// The protected status is not the one outside of the protection.
    #[error("the protected status is not the plain one")]
    Status,
    /// The data does not decrypt.
    #[error("the protected data does not decrypt")]
    Cipher(#[source] CipherError),
}

impl From<TlvError> for SmError {
    fn from(error: TlvError) -> Self {
        Self::Malformed(error)
    }
}

impl From<CipherError> for SmError {
    fn from(error: CipherError) -> Self {
        Self::Cipher(error)
    }
}

/// One end of a protected channel.
pub struct SecureMessaging {
    suite: Suite,
    enc: Key,
    mac: Key,
    /// Send sequence counter; as long as a block of the cipher.
    ssc: Vec<u8>,
}

impl SecureMessaging {
    /// A channel with these keys whose counter starts with `ssc`, filled with zeros in front.
    #[must_use]
    pub fn new(suite: Suite, enc: Key, mac: Key, ssc: &[u8]) -> Self {
        let len = suite.block_len();
        let mut counter = vec![0; len.saturating_sub(ssc.len())];
        counter.extend(ssc.iter().take(len));
        Self {
            suite,
            enc,
            mac,
            ssc: counter,
        }
    }

    /// A channel whose keys are derived from a shared secret and whose counter starts at zero,
    /// as after PACE and chip authentication.
    #[must_use]
    pub fn from_secret(suite: Suite, secret: &[u8]) -> Self {
        let enc = suite.derive(secret, KeyPurpose::Encryption);
        let mac = suite.derive(secret, KeyPurpose::Authentication);
        Self::new(suite, enc, mac, &[])
    }

    /// Which ciphers protect the channel.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Protects a command (reader's side).
    ///
    /// # Errors
    /// [`SmError::Cipher`] when the keys do not have the cipher's length.
    pub fn wrap_command(&mut self, command: &Command) -> Result<Command, SmError> {
        self.count();
        let mut out = Command::new(command.cla | CLA_SM, command.ins, command.p1, command.p2);
        let mut body = self.cryptogram(&command.data, command.ins)?;
        if let Some(ne) = command.ne {
            tlv::push(&mut body, DO_LE, &le_bytes(ne, command.is_extended()));
        }
        let code = self.code(Some(&out), &body)?;
        tlv::push(&mut body, DO_MAC, &code);
        out.extended = command.is_extended();
        out.data = Zeroizing::new(body);
        let wide = out.is_extended() || out.data.len() > usize::from(u8::MAX);
        Ok(out.ne(if wide { MAX_NE } else { MAX_SHORT_NE }))
    }

    /// Checks and opens a response (reader's side).
    ///
    /// # Errors
    /// [`SmError`]; then the channel must not be used any more.
    pub fn unwrap_response(&mut self, response: &Response) -> Result<Response, SmError> {
        self.count();
        let objects = Objects::parse(&response.data)?;
        let (Some(status), Some(code)) = (objects.status, objects.mac) else {
            return Err(SmError::Unprotected(response.status));
        };
        self.check(None, objects.covered, code)?;
        if status != response.status.0.to_be_bytes() {
            return Err(SmError::Status);
        }
        let data = self.open(&objects)?;
        Ok(Response {
            data,
            status: response.status,
        })
    }

    /// Checks and opens a command (chip's side).
    ///
    /// # Errors
    /// [`SmError`]; then the channel must not be used any more.
    pub fn unwrap_command(&mut self, command: &Command) -> Result<Command, SmError> {
        self.count();
        let objects = Objects::parse(&command.data)?;
        let code = objects.mac.ok_or(SmError::Order)?;
        self.check(Some(command), objects.covered, code)?;
        let mut out = Command::new(command.cla & !CLA_SM, command.ins, command.p1, command.p2);
        out.data = self.open(&objects)?;
        out.ne = objects.le.map(ne_of).transpose()?;
        Ok(out)
    }

    /// Protects a response to a command with instruction byte `ins` (chip's side).
    ///
    /// # Errors
    /// [`SmError::Cipher`] when the keys do not have the cipher's length.
    pub fn wrap_response(&mut self, response: &Response, ins: u8) -> Result<Response, SmError> {
        self.count();
        let mut body = self.cryptogram(&response.data, ins)?;
        tlv::push(&mut body, DO_STATUS, &response.status.0.to_be_bytes());
        let code = self.code(None, &body)?;
        tlv::push(&mut body, DO_MAC, &code);
        Ok(Response::new(body, response.status))
    }

    fn cryptogram(&self, data: &[u8], ins: u8) -> Result<Vec<u8>, SmError> {
        if data.is_empty() {
            return Ok(Vec::new());
        }
        let mut padded = Zeroizing::new(data.to_vec());
        self.suite.pad(&mut padded);
        let cryptogram = self.suite.encrypt(&self.enc, &self.iv()?, &padded)?;
        if is_odd(ins) {
            return Ok(tlv::encode(DO_CRYPTOGRAM_ODD, &cryptogram));
        }
        let mut value = vec![PADDED];
        value.extend(cryptogram);
        Ok(tlv::encode(DO_CRYPTOGRAM, &value))
    }

    fn open(&self, objects: &Objects<'_>) -> Result<Zeroizing<Vec<u8>>, SmError> {
        let Some(cryptogram) = objects.cryptogram else {
            return Ok(Zeroizing::default());
        };
        let padded = self.suite.decrypt(&self.enc, &self.iv()?, cryptogram)?;
        Ok(Zeroizing::new(self.suite.unpad(&padded)?.to_vec()))
    }

    /// ICAO 9303-11, 9.8.6.1 (zero for 3DES) and 9.8.6.3 (the encrypted counter for AES).
    fn iv(&self) -> Result<Vec<u8>, CipherError> {
        let zero = vec![0; self.suite.block_len()];
        match self.suite {
            Suite::TripleDes => Ok(zero),
            _ => self.suite.encrypt(&self.enc, &zero, &self.ssc),
        }
    }

    fn code(&self, header: Option<&Command>, body: &[u8]) -> Result<[u8; MAC_LEN], CipherError> {
        let mut message = Zeroizing::new(self.ssc.clone());
        if let Some(command) = header {
            message.extend([command.cla, command.ins, command.p1, command.p2]);
            self.suite.pad(&mut message);
        }
        if !body.is_empty() || header.is_none() {
            message.extend(body);
            self.suite.pad(&mut message);
        }
        self.suite.mac(&self.mac, &message)
    }

    fn check(&self, header: Option<&Command>, body: &[u8], code: &[u8]) -> Result<(), SmError> {
        if same(&self.code(header, body)?, code) {
            Ok(())
        } else {
            Err(SmError::Mac)
        }
    }

    fn count(&mut self) {
        for byte in self.ssc.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
}

/// The data objects of a protected APDU.
struct Objects<'a> {
    cryptogram: Option<&'a [u8]>,
    le: Option<&'a [u8]>,
    status: Option<&'a [u8]>,
    mac: Option<&'a [u8]>,
    /// The bytes that the authentication code covers: all objects before it.
    covered: &'a [u8],
}

impl<'a> Objects<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, SmError> {
        let mut objects = Self {
            cryptogram: None,
            le: None,
            status: None,
            mac: None,
            covered: &[],
        };
        let mut rest = body;
        while !rest.is_empty() {
            let before = &body[..body.len() - rest.len()];
            let object = tlv::take(&mut rest)?;
            if objects.mac.is_some() {
                return Err(SmError::Order);
            }
            let place = match object.tag {
                DO_CRYPTOGRAM | DO_CRYPTOGRAM_ODD => &mut objects.cryptogram,
                DO_LE => &mut objects.le,
                DO_STATUS => &mut objects.status,
                DO_MAC => {
                    objects.covered = before;
                    &mut objects.mac
                }
                _ => return Err(SmError::Order),
            };
            if place.replace(unmarked(object)?).is_some() {
                return Err(SmError::Order);
            }
        }
        Ok(objects)
    }
}

/// The value of an object without the padding indicator that a cryptogram '87' begins with.
fn unmarked(object: tlv::Tlv<'_>) -> Result<&[u8], SmError> {
    match (object.tag, object.value) {
        (DO_CRYPTOGRAM, [PADDED, cryptogram @ ..]) => Ok(cryptogram),
        (DO_CRYPTOGRAM, _) => Err(SmError::Order),
        (_, value) => Ok(value),
    }
}

fn is_odd(ins: u8) -> bool {
    !ins.is_multiple_of(2)
}

fn le_bytes(ne: u32, extended: bool) -> Vec<u8> {
    if extended {
        (ne as u16).to_be_bytes().to_vec() // 65,536 is written as 0
    } else {
        vec![ne as u8] // 256 is written as 0
    }
}

fn ne_of(le: &[u8]) -> Result<u32, SmError> {
    match le {
        [0] => Ok(MAX_SHORT_NE),
        [le] => Ok(u32::from(*le)),
        [0, 0] => Ok(MAX_NE),
        [high, low] => Ok(u32::from(u16::from_be_bytes([*high, *low]))),
        _ => Err(SmError::Order),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::emrtd::hex::hex;

    /// The session of ICAO 9303-11, D.3 and D.4.
    fn worked_example() -> SecureMessaging {
        SecureMessaging::new(
            Suite::TripleDes,
            Key::new(hex("979EC13B1CBFE9DCD01AB0FED307EAE5")),
            Key::new(hex("F1CB1F1FB5ADF208806B89DC579DC1F8")),
            &hex("887022120C06C226"),
        )
    }

    /// ICAO 9303-11, D.4: plain command, protected command, protected response, data.
    const WORKED_EXAMPLE: [[&str; 4]; 3] = [
        [
            "00A4020C02011E",
            "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",
            "990290008E08FA855A5D4C50A8ED9000",
            "",
        ],
        [
            "00B0000004",
            "0CB000000D9701048E08ED6705417E96BA5500",
            "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000",
            "60145F01",
        ],
        [
            "00B0000412",
            "0CB000040D9701128E082EA28A70F3C7B53500",
            "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
            "04303130365F36063034303030305C026175",
        ],
    ];

    #[test]
    fn the_reader_does_what_the_worked_example_says() {
        let mut reader = worked_example();
        for [plain, protected, answer, data] in WORKED_EXAMPLE {
            let plain = Command::parse(&hex(plain)).unwrap();
            let sent = reader.wrap_command(&plain).unwrap();
            assert_eq!(sent.encode().unwrap().to_vec(), hex(protected));
            let answer = Response::parse(&hex(answer)).unwrap();
            let opened = reader.unwrap_response(&answer).unwrap();
            assert_eq!(opened.data.to_vec(), hex(data));
            assert!(opened.status.is_ok());
        }
    }

    #[test]
    fn the_chip_does_what_the_worked_example_says() {
        let mut chip = worked_example();
        for [plain, protected, answer, data] in WORKED_EXAMPLE {
            let received = Command::parse(&hex(protected)).unwrap();
            let opened = chip.unwrap_command(&received).unwrap();
            assert_eq!(opened, Command::parse(&hex(plain)).unwrap());
            let response = Response::new(hex(data), Status::OK);
            let sent = chip.wrap_response(&response, opened.ins).unwrap();
            assert_eq!(sent.encode().to_vec(), hex(answer));
        }
    }

    #[test]
    fn both_ends_understand_each_other_in_every_suite_and_length() {
        for suite in [
            Suite::TripleDes,
            Suite::Aes128,
            Suite::Aes192,
            Suite::Aes256,
        ] {
            let mut reader = SecureMessaging::from_secret(suite, b"shared");
            let mut chip = SecureMessaging::from_secret(suite, b"shared");
            for (ins, len, ne) in [
                (0xA4, 2, None),
                (0xB0, 0, Some(256)),
                (0xB1, 4, Some(4000)),
                (0xD6, 300, None),
                (0x22, 240, Some(65_536)),
            ] {
                let mut command = Command::new(0, ins, 0, 0).data(vec![5; len]);
                command.ne = ne;
                let sent = reader.wrap_command(&command).unwrap().encode().unwrap();
                let opened = chip
                    .unwrap_command(&Command::parse(&sent).unwrap())
                    .unwrap();
                assert_eq!((&opened.data, opened.ne), (&command.data, ne));
                let answer = Response::new(vec![6; len], Status::END_OF_FILE);
                let sent = chip.wrap_response(&answer, ins).unwrap();
                assert_eq!(reader.unwrap_response(&sent).unwrap(), answer);
            }
        }
    }

    #[test]
    fn a_changed_bit_anywhere_in_an_answer_is_noticed() {
        let sent = hex(WORKED_EXAMPLE[0][2]);
        for bit in 0..sent.len() * 8 {
            let mut changed = sent.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let mut reader = worked_example();
            reader.count(); // the command
            let answer = Response::parse(&changed).unwrap();
            assert!(reader.unwrap_response(&answer).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn an_answer_without_protection_is_no_answer() {
        let bare = Response::new([], Status::OK);
        let refused = worked_example().unwrap_response(&bare);
        assert_eq!(refused, Err(SmError::Unprotected(Status::OK)));
    }
}
