//! Takes the printer's buffer apart into commands. In: bytes. Out: one [`Command`] and how many
//! bytes it took, or nothing while it has not come completely.

/// What a printer is told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Text(Vec<u8>),
    LineFeed,
    Initialise,
    Align(u8),
    FeedLines(u8),
    FeedDots(u8),
    LetterSize(u8),
    ChineseSize(u8),
    ChineseMode(bool),
    Code(Vec<u8>),
    Picture {
        stride: usize,
        rows: usize,
        dots: Vec<u8>,
    },
    Cut,
    ReportByYourself(u8),
    SayWhenReached,
    /// Known, and without effect here.
    Ignored,
    /// Not known; the first two bytes.
    Unknown([u8; 2]),
}

const ESC: u8 = 0x1b;
const FS: u8 = 0x1c;
const GS: u8 = 0x1d;

/// The first command in `bytes`.
pub(super) fn first(bytes: &[u8]) -> Option<(Command, usize)> {
    Some(match *bytes {
        [] | [ESC | FS | GS] => return None,
        [b'\n', ..] => (Command::LineFeed, 1),
        [ESC, b'@', ..] => (Command::Initialise, 2),
        [ESC, b'2', ..] => (Command::Ignored, 2),
        [ESC, code, ref rest @ ..] => (escape(code, *rest.first()?), 3),
        [FS, b'&', ..] => (Command::ChineseMode(true), 2),
        [FS, b'.', ..] => (Command::ChineseMode(false), 2),
        [FS, b'!', ref rest @ ..] => (Command::ChineseSize(*rest.first()?), 3),
        [GS, b'(', ref rest @ ..] => return function(rest),
        [GS, b'v', ref rest @ ..] => return picture(rest),
        [GS, b'V', ref rest @ ..] => return cut(rest),
        [GS, code, ref rest @ ..] => (group(code, *rest.first()?), 3),
        [FS, second, ..] => (Command::Unknown([FS, second]), 2),
        [byte, ..] if byte < 0x20 => (Command::Ignored, 1),
        _ => {
            let end = bytes.iter().position(|byte| *byte < 0x20);
            let text = &bytes[..end.unwrap_or(bytes.len())];
            (Command::Text(text.to_vec()), text.len())
        }
    })
}

fn escape(code: u8, n: u8) -> Command {
    match code {
        b'a' => Command::Align(n),
        b'd' => Command::FeedLines(n),
        b'J' => Command::FeedDots(n),
        b'3' | b'!' | b'E' | b'G' | b'-' | b't' | b'R' | b'M' | b'{' | b' ' => Command::Ignored,
        _ => Command::Unknown([ESC, code]),
    }
}

fn group(code: u8, n: u8) -> Command {
    match code {
        b'!' => Command::LetterSize(n),
        b'a' => Command::ReportByYourself(n),
        b'r' => Command::SayWhenReached,
        b'B' | b'b' => Command::Ignored,
        _ => Command::Unknown([GS, code]),
    }
}

/// `GS ( x pL pH …`.
fn function(rest: &[u8]) -> Option<(Command, usize)> {
    let [kind, low, high, ref parameters @ ..] = *rest else {
        return None;
    };
    let length = usize::from(u16::from_le_bytes([low, high]));
    let parameters = parameters.get(..length)?.to_vec();
    let command = match kind {
        b'k' => Command::Code(parameters),
        _ => Command::Unknown([GS, b'(']),
    };
    Some((command, length + 5))
}

/// `GS v 0 m xL xH yL yH …`.
fn picture(rest: &[u8]) -> Option<(Command, usize)> {
    let [_, _, xl, xh, yl, yh, ref dots @ ..] = *rest else {
        return None;
    };
    let stride = usize::from(u16::from_le_bytes([xl, xh]));
    let rows = usize::from(u16::from_le_bytes([yl, yh]));
    let dots = dots.get(..stride * rows)?.to_vec();
    let taken = dots.len() + 8;
    Some((Command::Picture { stride, rows, dots }, taken))
}

/// `GS V m`, or with m of 65 or more `GS V m n`.
fn cut(rest: &[u8]) -> Option<(Command, usize)> {
    let m = *rest.first()?;
    if m < b'A' {
        return Some((Command::Cut, 3));
    }
    rest.get(1).map(|_| (Command::Cut, 4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::{QrMode, Slip, Style, encode};

    #[test]
    fn everything_the_encoder_writes_is_understood_in_pieces_of_any_size() {
        let slip = Slip::new()
            .headline("回执")
            .pair("a", "b")
            .rule()
            .space(2)
            .qr("HELLO");
        for qr in [QrMode::Native, QrMode::Drawn] {
            let style = Style {
                qr,
                ..Style::default()
            };
            let bytes = encode(&slip, &style);
            let mut at = 0;
            while at < bytes.len() {
                let (command, taken) = first(&bytes[at..]).unwrap();
                assert!(!matches!(command, Command::Unknown(_)), "{command:?}");
                if !matches!(command, Command::Text(_)) {
                    assert!(first(&bytes[at..at + taken - 1]).is_none_or(|(_, n)| n < taken));
                }
                at += taken;
            }
        }
    }
}
