//! A slip as the bytes of a printer (Epson, "ESC/POS Command Reference"). In: a [`Slip`] and what
//! the printer can do. Out: bytes; no input or output of its own.

use std::sync::Arc;

use encoding_rs::GB18030;
use fast_qr::ECL;

use super::bitmap::{Bitmap, Code};
use super::slip::{Align, Piece, Size, Slip};
use super::typeface::{CELL_HEIGHT, CELL_WIDTH, Typeface};
use super::wrap;

/// The paper's width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paper {
    /// 58 mm, of which 48 mm are printed on.
    Mm58,
    /// 80 mm, of which 72 mm are printed on.
    #[default]
    Mm80,
}

impl Paper {
    /// Dots from left to right, at 8 dots a millimetre.
    #[must_use]
    pub fn dots(self) -> usize {
        match self {
            Self::Mm58 => 384,
            Self::Mm80 => 576,
        }
    }
}

/// Who draws the letters.
#[derive(Clone, Debug)]
pub enum TextMode {
    /// The printer: it has a Chinese font and takes GB 18030 (FS &).
    Gb18030,
    /// We: for printers without a Chinese font.
    Drawn(Arc<Typeface>),
}

/// Who draws the QR code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QrMode {
    /// The printer (GS ( k).
    #[default]
    Native,
    /// We: for printers that do not know the command.
    Drawn,
}

/// What a printer can do.
#[derive(Clone, Debug)]
pub struct Style {
    /// Width of its paper.
    pub paper: Paper,
    /// Who draws the letters.
    pub text: TextMode,
    /// Who draws the QR code.
    pub qr: QrMode,
    /// Whether it has a cutter.
    pub cutter: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            paper: Paper::default(),
            text: TextMode::Gb18030,
            qr: QrMode::default(),
            cutter: true,
        }
    }
}

/// The bytes that print a slip and cut it off.
#[must_use]
pub fn encode(slip: &Slip, style: &Style) -> Vec<u8> {
    let mut out = Encoder {
        bytes: Vec::new(),
        style,
    };
    out.begin();
    for piece in slip.pieces() {
        out.piece(piece);
    }
    out.end();
    out.bytes
}

const ESC: u8 = 0x1b;
const FS: u8 = 0x1c;
const GS: u8 = 0x1d;
const LF: u8 = 0x0a;

/// `ESC @`: forget what came before.
pub(super) const INITIALISE: [u8; 2] = [ESC, b'@'];
/// Lines from the print head to the cutter: about 15 mm.
const LINES_TO_CUTTER: u8 = 4;
/// Rows in one raster command: at most 1,728 bytes, less than the smallest buffers hold (4 KiB).
const BAND_ROWS: usize = 24;

struct Encoder<'a> {
    bytes: Vec<u8>,
    style: &'a Style,
}

impl Encoder<'_> {
    fn begin(&mut self) {
        self.bytes.extend(INITIALISE);
        if matches!(self.style.text, TextMode::Gb18030) {
            self.bytes.extend([FS, b'&']);
        }
    }

    /// Feeds the slip past the cutter's edge, or the tear bar's, and cuts it.
    fn end(&mut self) {
        self.bytes.extend([ESC, b'd', LINES_TO_CUTTER]);
        if self.style.cutter {
            // Function A, full cut: a slip that still hangs together is not taken by its owner.
            self.bytes.extend([GS, b'V', 0]);
        }
    }

    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Text { text, align, size } => {
                for line in wrap::lines(text, self.columns() / size.factor()) {
                    self.line(&line, *align, *size);
                }
            }
            Piece::Pair { name, value } => self.pair(name, value),
            Piece::Rule => self.line(&"-".repeat(self.columns()), Align::Left, Size::Normal),
            Piece::Space(lines) => self.bytes.extend([ESC, b'd', *lines]),
            Piece::Qr(text) => self.qr(text),
        }
    }

    fn columns(&self) -> usize {
        self.style.paper.dots() / CELL_WIDTH
    }

    /// On one line if there is room for both, else the value below.
    fn pair(&mut self, name: &str, value: &str) {
        let room = self.columns();
        let taken = wrap::width(name) + wrap::width(value);
        if taken < room {
            let gap = " ".repeat(room - taken);
            self.line(&format!("{name}{gap}{value}"), Align::Left, Size::Normal);
        } else {
            self.line(name, Align::Left, Size::Normal);
            for line in wrap::lines(value, room - 2) {
                self.line(&format!("  {line}"), Align::Left, Size::Normal);
            }
        }
    }

    fn line(&mut self, text: &str, align: Align, size: Size) {
        match &self.style.text {
            TextMode::Gb18030 => self.printers_letters(text, align, size),
            TextMode::Drawn(face) => {
                let drawn = face.line(text, size.factor());
                self.drawn_line(&drawn, align);
            }
        }
    }

    fn printers_letters(&mut self, text: &str, align: Align, size: Size) {
        self.bytes.extend([ESC, b'a', justification(align)]);
        let (latin, chinese) = match size {
            Size::Normal => (0x00, 0x00),
            // GS !: twice as wide and as high. FS !: the same for Chinese characters, in case the
            // printer minds the one for them only.
            Size::Double => (0x11, 0x0c),
        };
        self.bytes.extend([GS, b'!', latin, FS, b'!', chinese]);
        let (bytes, _, _) = GB18030.encode(text);
        // A control character in a text would be a command.
        self.bytes
            .extend(bytes.iter().filter(|byte| **byte >= 0x20));
        self.bytes.push(LF);
    }

    /// A line of our letters, on rows that are as wide as the paper so that they are where they
    /// belong on printers that do not justify pictures, too.
    fn drawn_line(&mut self, line: &Bitmap, align: Align) {
        let dots = self.style.paper.dots();
        let left = match align {
            Align::Left => 0,
            Align::Centre => dots.saturating_sub(line.width()) / 2,
        };
        let mut row = Bitmap::new(dots, line.height() + LEADING_DOTS);
        row.draw(line, left, 0);
        self.raster(&row);
    }

    fn qr(&mut self, text: &str) {
        let Some((code, level)) = Code::of(text) else {
            return;
        };
        let module = code.module_for(self.style.paper.dots());
        match self.style.qr {
            QrMode::Native => self.printers_code(text, level, module),
            QrMode::Drawn => self.drawn_line(&code.paint(module), Align::Centre),
        }
    }

    /// GS ( k, functions 165, 167, 169, 180 and 181.
    fn printers_code(&mut self, text: &str, level: ECL, module: usize) {
        let module = u8::try_from(module.max(1)).unwrap_or(1);
        let level = if matches!(level, ECL::L) { b'0' } else { b'1' };
        self.bytes.extend([ESC, b'a', justification(Align::Centre)]);
        self.code_function(&[65, b'2', 0]);
        self.code_function(&[67, module]);
        self.code_function(&[69, level]);
        let store: Vec<u8> = [80, b'0'].into_iter().chain(text.bytes()).collect();
        self.code_function(&store);
        // The printer draws no quiet zone; left and right of a centred code there is paper enough.
        let quiet = [ESC, b'J', module.saturating_mul(4)];
        self.bytes.extend(quiet);
        self.code_function(&[81, b'0']);
        self.bytes.extend(quiet);
    }

    fn code_function(&mut self, parameters: &[u8]) {
        let length = u16::try_from(parameters.len() + 1).unwrap_or(u16::MAX);
        self.bytes.extend([GS, b'(', b'k']);
        self.bytes.extend(length.to_le_bytes());
        self.bytes.push(b'1'); // QR code
        self.bytes.extend(parameters);
    }

    /// GS v 0, in bands.
    fn raster(&mut self, picture: &Bitmap) {
        let stride = picture.stride();
        for band in picture.bytes().chunks(stride * BAND_ROWS) {
            let rows = band.len() / stride;
            self.bytes.extend([GS, b'v', b'0', 0]);
            for number in [stride, rows] {
                self.bytes
                    .extend(u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes());
            }
            let begin = self.bytes.len();
            self.bytes.extend(band);
            disarm(&mut self.bytes[begin..]);
        }
    }
}

/// White below each drawn line: as the printer's own line spacing of 30 dots (ESC 2).
const LEADING_DOTS: usize = 30 - CELL_HEIGHT;

fn justification(align: Align) -> u8 {
    match align {
        Align::Left => 0,
        Align::Centre => 1,
    }
}

/// Printers obey real-time commands (DLE and EOT, ENQ or DC4) even within a picture. Where dots look
/// like one, one more dot is black, which nobody sees.
fn disarm(dots: &mut [u8]) {
    const DLE: u8 = 0x10;
    const SECOND: [u8; 3] = [0x04, 0x05, 0x14];
    for at in 1..dots.len() {
        if dots[at - 1] == DLE && SECOND.contains(&dots[at]) {
            dots[at] |= 0x02;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_goes_out_as_gb18030_within_kanji_mode() {
        let bytes = encode(&Slip::new().text("已核验 OK"), &Style::default());
        assert!(bytes.starts_with(&[ESC, b'@', FS, b'&']));
        let text = [0xd2, 0xd1, 0xba, 0xcb, 0xd1, 0xe9, b' ', b'O', b'K', LF];
        assert!(bytes.windows(text.len()).any(|window| window == text));
        assert!(bytes.ends_with(&[GS, b'V', 0]));
    }

    #[test]
    fn the_printers_own_code_gets_model_size_level_data_and_the_order_to_print() {
        let bytes = encode(&Slip::new().qr("AB"), &Style::default());
        let wanted = [
            &[0x1d, 0x28, 0x6b, 4, 0, 0x31, 65, 0x32, 0][..],
            &[0x1d, 0x28, 0x6b, 3, 0, 0x31, 67, 8],
            &[0x1d, 0x28, 0x6b, 3, 0, 0x31, 69, 0x31],
            &[0x1d, 0x28, 0x6b, 5, 0, 0x31, 80, 0x30, b'A', b'B'],
            &[0x1b, 0x4a, 32],
            &[0x1d, 0x28, 0x6b, 3, 0, 0x31, 81, 0x30],
        ]
        .concat();
        assert!(bytes.windows(wanted.len()).any(|window| window == wanted));
    }

    #[test]
    fn no_command_hides_in_a_text_or_a_picture() {
        let bytes = encode(&Slip::new().text("a\u{10}\u{4}\u{1}b"), &Style::default());
        assert!(!bytes.contains(&0x10));
        let mut dots = [0x10, 0x04, 0x10, 0x10, 0x14, 0x08, 0x10, 0x05];
        disarm(&mut dots);
        assert_eq!(dots, [0x10, 0x06, 0x10, 0x10, 0x16, 0x08, 0x10, 0x07]);
    }
}
