//! The printer itself, without a wire: bytes in; replies, and slips that were cut, out.

use std::collections::VecDeque;
use std::sync::Arc;

use encoding_rs::GB18030;
use fast_qr::ECL;

use super::commands::{Command, first};
use super::mechanics::{Mechanics, PrinterFault};
use super::page::{Letter, Page};
use super::realtime::{Came, Filter, RealTime};
use crate::printer::{Align, Bitmap, Code, PaperLevel, Typeface};

/// What a small printer's buffer holds; a full one lets the sender wait.
const BUFFER_BYTES: usize = 4096;

/// What kind of printer this is.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) dots: usize,
    pub(super) face: Arc<Typeface>,
    pub(super) knows_chinese: bool,
    pub(super) knows_codes: bool,
}

/// Something that the world sees.
pub(super) enum Outcome {
    /// Bytes to the computer.
    Reply(Vec<u8>),
    /// A slip was cut off.
    Cut(Page),
    /// Paper that was torn off unfinished.
    Torn(Page),
    /// A command that this printer does not know.
    Unknown([u8; 2]),
}

/// The printer.
pub(super) struct Machine {
    model: Model,
    mechanics: Mechanics,
    filter: Filter,
    buffer: VecDeque<u8>,
    page: Page,
    line: Vec<Letter>,
    /// Text that has come since the last command; a Chinese character may still be incomplete.
    text: Vec<u8>,
    align: Align,
    factor: usize,
    chinese: bool,
    code: CodeSettings,
    reports: bool,
    reported: [u8; 4],
    /// What happens after so many further bytes have been dealt with.
    doom: Option<(PrinterFault, usize)>,
    outcomes: Vec<Outcome>,
}

struct CodeSettings {
    module: usize,
    level: ECL,
    data: Vec<u8>,
}

impl Default for CodeSettings {
    fn default() -> Self {
        Self {
            module: 3,
            level: ECL::L,
            data: Vec::new(),
        }
    }
}

impl Machine {
    pub(super) fn new(model: Model, doom: Option<(PrinterFault, usize)>) -> Self {
        let mut machine = Self {
            page: Page::new(model.dots),
            model,
            mechanics: Mechanics::default(),
            filter: Filter::default(),
            buffer: VecDeque::new(),
            line: Vec::new(),
            text: Vec::new(),
            align: Align::Left,
            factor: 1,
            chinese: false,
            code: CodeSettings::default(),
            reports: false,
            reported: [0; 4],
            doom,
            outcomes: Vec::new(),
        };
        machine.meet_doom(0);
        machine
    }

    /// Whether the buffer takes more. What is left in it on-line is one command that has not come
    /// completely: a real printer prints a large picture while it comes.
    pub(super) fn has_room(&self) -> bool {
        self.buffer.len() < BUFFER_BYTES || self.mechanics.is_online()
    }

    /// Takes in bytes and does what can be done.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Outcome> {
        for byte in bytes {
            let mut filter = std::mem::take(&mut self.filter);
            filter.push(*byte, |came| match came {
                Came::Byte(byte) => self.buffer.push_back(byte),
                Came::Now(command) => self.now(command),
            });
            self.filter = filter;
        }
        self.work()
    }

    /// Something happens to the printer from outside.
    pub(super) fn suffer(&mut self, fault: PrinterFault) -> Vec<Outcome> {
        self.mechanics.suffer(fault);
        self.work()
    }

    /// Somebody puts in a roll; what hangs out of the printer goes with the old one.
    pub(super) fn new_roll(&mut self) -> Vec<Outcome> {
        self.mechanics.paper = PaperLevel::Adequate;
        self.text.clear();
        self.line.clear();
        if !self.page.is_blank() {
            let torn = self.page.cut();
            self.outcomes.push(Outcome::Torn(torn));
        }
        self.work()
    }

    pub(super) fn close_cover(&mut self) -> Vec<Outcome> {
        self.mechanics.cover_open = false;
        self.work()
    }

    /// Somebody removes what was stuck, lets it cool, mends it and plugs it in.
    pub(super) fn mend(&mut self) -> Vec<Outcome> {
        self.mechanics.unjam();
        self.mechanics.hot = false;
        self.mechanics.broken = false;
        self.mechanics.silent = false;
        self.work()
    }

    fn now(&mut self, command: RealTime) {
        match command {
            RealTime::Status(n) => {
                if let Some(byte) = self.mechanics.real_time(n) {
                    self.reply(&[byte]);
                }
            }
            RealTime::GoOn => self.mechanics.try_again(),
            RealTime::Forget { try_again } => {
                self.buffer.clear();
                self.text.clear();
                self.line.clear();
                if try_again {
                    self.mechanics.try_again();
                }
            }
        }
    }

    fn work(&mut self) -> Vec<Outcome> {
        self.report();
        while self.mechanics.is_online() {
            let bytes = self.buffer.make_contiguous();
            let Some((command, length)) = first(bytes) else {
                break;
            };
            let (command, length) = self.until_doom(command, length);
            self.buffer.drain(..length);
            self.obey(command);
            self.meet_doom(length);
            self.report();
        }
        std::mem::take(&mut self.outcomes)
    }

    /// Text breaks off in the middle of a line if something goes wrong there.
    fn until_doom(&self, command: Command, length: usize) -> (Command, usize) {
        match (&self.doom, command) {
            (Some((_, left)), Command::Text(mut text)) => {
                text.truncate((*left).max(1));
                let length = text.len();
                (Command::Text(text), length)
            }
            (_, command) => (command, length),
        }
    }

    fn meet_doom(&mut self, dealt_with: usize) {
        if let Some((fault, left)) = &mut self.doom {
            *left = left.saturating_sub(dealt_with);
            if *left == 0 {
                let fault = *fault;
                self.doom = None;
                self.mechanics.suffer(fault);
            }
        }
    }

    /// Sends the automatic status, if it was asked for and is news.
    fn report(&mut self) {
        let status = self.mechanics.automatic();
        if self.reports && status != self.reported {
            self.reported = status;
            self.reply(&status);
        }
    }

    fn reply(&mut self, bytes: &[u8]) {
        if !self.mechanics.silent {
            self.outcomes.push(Outcome::Reply(bytes.to_vec()));
        }
    }

    fn obey(&mut self, command: Command) {
        if let Command::Text(bytes) = command {
            return self.text.extend(bytes);
        }
        self.write();
        match command {
            Command::Text(_) => {}
            Command::LineFeed => self.print_line(),
            Command::Initialise => self.initialise(),
            Command::Align(n) => {
                self.align = if n & 1 == 1 {
                    Align::Centre
                } else {
                    Align::Left
                };
            }
            Command::FeedLines(lines) => {
                self.flush();
                self.page.feed_lines(lines.into());
            }
            Command::FeedDots(dots) => {
                self.flush();
                self.page.feed(dots.into());
            }
            Command::LetterSize(n) => self.factor = usize::from(n & 0x07) + 1,
            Command::ChineseMode(on) => self.chinese = on && self.model.knows_chinese,
            Command::Code(parameters) if self.model.knows_codes => self.code(&parameters),
            Command::Code(_) => self.outcomes.push(Outcome::Unknown([0x1d, b'('])),
            Command::Picture { stride, rows, dots } => {
                self.flush();
                let picture = Bitmap::from_rows(stride, rows, &dots);
                self.page.picture(picture, self.align);
            }
            Command::Cut => {
                self.flush();
                let slip = self.page.cut();
                self.outcomes.push(Outcome::Cut(slip));
            }
            Command::ReportByYourself(n) => {
                self.reports = n != 0;
                self.reported = [0; 4];
            }
            Command::SayWhenReached => self.reply(&[self.mechanics.sensors()]),
            Command::ChineseSize(_) | Command::Ignored => {}
            Command::Unknown(bytes) => self.outcomes.push(Outcome::Unknown(bytes)),
        }
    }

    fn initialise(&mut self) {
        self.line.clear();
        self.align = Align::Left;
        self.factor = 1;
        self.chinese = false;
        self.code = CodeSettings::default();
    }

    fn write(&mut self) {
        let (bytes, factor) = (std::mem::take(&mut self.text), self.factor);
        if self.chinese {
            let (text, _) = GB18030.decode_without_bom_handling(&bytes);
            self.line.extend(text.chars().map(|c| Letter { c, factor }));
        } else {
            let latin = |byte: u8| {
                if byte.is_ascii() {
                    char::from(byte)
                } else {
                    '?'
                }
            };
            self.line.extend(bytes.iter().map(|byte| Letter {
                c: latin(*byte),
                factor,
            }));
        }
    }

    fn print_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.page.print(&line, self.align, &self.model.face);
    }

    fn flush(&mut self) {
        if !self.line.is_empty() {
            self.print_line();
        }
    }

    /// `GS ( k` for QR codes: functions 165, 167, 169, 180 and 181.
    fn code(&mut self, parameters: &[u8]) {
        match parameters {
            [b'1', 67, module] => self.code.module = usize::from(*module).clamp(1, 16),
            [b'1', 69, level] => {
                self.code.level = match level {
                    b'1' => ECL::M,
                    b'2' => ECL::Q,
                    b'3' => ECL::H,
                    _ => ECL::L,
                };
            }
            [b'1', 80, b'0', data @ ..] => self.code.data = data.to_vec(),
            [b'1', 81, b'0'] => {
                self.flush();
                if let Some(code) = Code::at(&self.code.data, self.code.level) {
                    self.page.picture(code.bare(self.code.module), self.align);
                }
            }
            _ => {}
        }
    }
}
