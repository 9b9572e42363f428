//! The talk with one chip: commands through the protected channel once there is one, and whole
//! files.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use zeroize::Zeroizing;

use super::{EmrtdFault, Progress, ReadOptions};
use crate::card::emrtd::apdu::{Command, Response, Status};
use crate::card::emrtd::lds::File;
use crate::card::emrtd::random::Random;
use crate::card::emrtd::secure_messaging::SecureMessaging;
use crate::card::emrtd::tlv;

/// Longest tag and length field of a file.
const MAX_HEADER_LEN: u32 = 8;
/// From here on an offset does not fit P1-P2 (ISO/IEC 7816-4, 11.3.3).
const FAR: usize = 0x8000;
/// Offset and data in READ BINARY with odd instruction byte.
const DO_OFFSET: u32 = 0x54;
const DO_DISCRETIONARY: u32 = 0x53;

/// What lies between the procedure and its caller.
#[derive(Default)]
pub(super) struct Mailbox {
    pub(super) command: Option<Zeroizing<Vec<u8>>>,
    pub(super) answer: Option<Zeroizing<Vec<u8>>>,
    pub(super) progress: Progress,
}

/// The procedure's end of the line to the chip.
pub(super) struct Line(Rc<RefCell<Mailbox>>);

impl Line {
    pub(super) fn new(mailbox: Rc<RefCell<Mailbox>>) -> Self {
        Self(mailbox)
    }

    async fn exchange(&self, command: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
        {
            let mut mailbox = self.0.borrow_mut();
            mailbox.command = Some(command);
            mailbox.answer = None;
            mailbox.progress.commands += 1;
        }
        poll_fn(|_| match self.0.borrow_mut().answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        })
        .await
    }

    fn count(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.0.borrow_mut().progress);
    }
}

/// The talk with one chip.
pub(super) struct Session {
    line: Line,
    pub(super) channel: Option<SecureMessaging>,
    /// The channel is new from chip authentication, and the chip has not used it yet.
    pub(super) unproven: bool,
    pub(super) options: ReadOptions,
    pub(super) random: Box<dyn Random>,
}

impl Session {
    pub(super) fn new(line: Line, options: ReadOptions, random: Box<dyn Random>) -> Self {
        Self {
            line,
            channel: None,
            unproven: false,
            options,
            random,
        }
    }

    /// How many commands were sent.
    pub(super) fn commands(&self) -> usize {
        self.line.0.borrow().progress.commands
    }

    /// Sends a command and returns the answer, whatever its status.
    pub(super) async fn send(&mut self, command: &Command) -> Result<Response, EmrtdFault> {
        let bytes = match &mut self.channel {
            Some(channel) => channel.wrap_command(command)?.encode()?,
            None => command.encode()?,
        };
        let answer = Response::parse(&self.line.exchange(bytes).await)?;
        match &mut self.channel {
            Some(channel) => match channel.unwrap_response(&answer) {
                Err(_) if self.unproven => Err(EmrtdFault::ChipNotGenuine),
                Err(broken) => Err(broken.into()),
                Ok(opened) => {
                    self.unproven = false;
                    Ok(opened)
                }
            },
            None => Ok(answer),
        }
    }

    /// Sends a command that must be carried out.
    pub(super) async fn demand(
        &mut self,
        command: &Command,
        what: &'static str,
    ) -> Result<Zeroizing<Vec<u8>>, EmrtdFault> {
        let answer = self.send(command).await?;
        match answer.status {
            Status::OK => Ok(answer.data),
            status => Err(EmrtdFault::Refused { what, status }),
        }
    }

    /// Expects a file of about this length, for the progress bar.
    pub(super) fn expect(&mut self, length: usize) {
        self.line.count(|p| p.expected += length);
    }

    /// Reads a whole file.
    pub(super) async fn read(&mut self, file: File) -> Result<Zeroizing<Vec<u8>>, EmrtdFault> {
        let select = Command::new(0, 0xA4, 0x02, 0x0C).data(file.identifier());
        let selected = self.send(&select).await?.status;
        if !selected.is_ok() {
            return Err(EmrtdFault::File {
                file,
                status: selected,
            });
        }
        let start = self.read_part(file, 0, MAX_HEADER_LEN).await?;
        let header = tlv::header(&start)?;
        let length = header.total();
        if length > file.max_len() {
            return Err(EmrtdFault::TooLong { file, length });
        }
        self.line
            .count(|p| p.expected = p.expected.max(p.received + length));
        let mut contents = Zeroizing::new(Vec::with_capacity(length));
        contents.extend_from_slice(&start[..start.len().min(length)]);
        while contents.len() < length {
            let missing = u32::try_from(length - contents.len()).unwrap_or(u32::MAX);
            let ask = missing.min(self.options.read_at_once);
            let part = self.read_part(file, contents.len(), ask).await?;
            if part.is_empty() || part.len() > ask as usize {
                return Err(EmrtdFault::Short(file));
            }
            contents.extend_from_slice(&part);
            self.line.count(|p| p.received += part.len());
        }
        Ok(contents)
    }

    async fn read_part(
        &mut self,
        file: File,
        offset: usize,
        ask: u32,
    ) -> Result<Zeroizing<Vec<u8>>, EmrtdFault> {
        let command = read_binary(offset, ask);
        let answer = self.send(&command).await?;
        match answer.status {
            // The end of the file is no error where less was there than was asked for.
            Status::OK | Status::END_OF_FILE => {}
            status => return Err(EmrtdFault::File { file, status }),
        }
        if offset < FAR {
            return Ok(answer.data);
        }
        Ok(Zeroizing::new(
            tlv::only(&answer.data, DO_DISCRETIONARY)?.to_vec(),
        ))
    }
}

fn read_binary(offset: usize, ask: u32) -> Command {
    let [.., high, low] = offset.to_be_bytes();
    if offset < FAR {
        return Command::new(0, 0xB0, high, low).ne(ask);
    }
    let digits = offset.to_be_bytes();
    let digits: Vec<u8> = digits.into_iter().skip_while(|b| *b == 0).collect();
    let framed = ask + 4; // tag and length of the data object
    Command::new(0, 0xB1, 0, 0)
        .data(tlv::encode(DO_OFFSET, &digits))
        .ne(framed)
}
