//! What a printer says about itself (Epson, "ESC/POS Command Reference": DLE EOT, GS a, GS r). In:
//! the bytes it sends, however they are split, and what it was asked. Out: [`Reply`]s.
//!
//! The kinds are told apart by their fixed bits: the answer to DLE EOT is `0xx1xx10`; the automatic
//! status (ASB) begins with `0xx1xx00` and goes on with three bytes `0xx0xxxx`, as which the answer
//! to GS r looks when it stands alone.

use super::Trouble;

/// Which real-time status was asked for (the n of DLE EOT n).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Why it is off-line (n = 2).
    Offline,
    /// Which errors there are (n = 3).
    Error,
    /// How the paper is (n = 4).
    Paper,
}

impl Asked {
    /// Everything a look at the printer asks for.
    pub const ALL: [Self; 3] = [Self::Offline, Self::Error, Self::Paper];

    /// The command.
    #[must_use]
    pub fn command(self) -> [u8; 3] {
        let n = match self {
            Self::Offline => 2,
            Self::Error => 3,
            Self::Paper => 4,
        };
        [0x10, 0x04, n]
    }
}

/// How much paper there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaperLevel {
    /// Enough, or the printer has no sensor for it.
    #[default]
    Adequate,
    /// The roll is nearly empty.
    NearEnd,
    /// There is none.
    Out,
}

/// A printer's state, put together from its replies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The cover.
    pub cover_open: bool,
    /// It stopped for lack of paper, or for an error, or somebody feeds paper by hand.
    pub stopped: bool,
    /// The cutter.
    pub cutter_error: bool,
    /// Another error that goes away when its cause is removed.
    pub recoverable_error: bool,
    /// An error that goes away by itself.
    pub passing_error: bool,
    /// An error that needs a repair.
    pub lasting_error: bool,
    /// The paper.
    pub paper: PaperLevel,
}

impl Status {
    /// What hinders printing, worst first; none if nothing does.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        let troubles = [
            (self.lasting_error, Trouble::Broken),
            (self.cover_open, Trouble::CoverOpen),
            (self.paper == PaperLevel::Out, Trouble::PaperOut),
            (self.cutter_error, Trouble::CutterJam),
            (self.recoverable_error, Trouble::Jam),
            (self.passing_error, Trouble::Resting),
            (self.stopped, Trouble::Offline),
        ];
        let mut troubles = troubles.into_iter();
        troubles.find_map(|(is_there, trouble)| is_there.then_some(trouble))
    }

    /// Takes in the answer to DLE EOT.
    pub fn answer(&mut self, asked: Asked, byte: u8) {
        let has = |bits: u8| byte & bits == bits;
        match asked {
            Asked::Offline => {
                self.cover_open = has(0x04);
                self.stopped = has(0x08) || has(0x20) || has(0x40);
            }
            Asked::Error => {
                self.recoverable_error = has(0x04);
                self.cutter_error = has(0x08);
                self.lasting_error = has(0x20);
                self.passing_error = has(0x40);
            }
            Asked::Paper => self.paper = level(has(0x0c), has(0x60)),
        }
    }

    /// Takes in an automatic status.
    pub fn automatic(&mut self, bytes: [u8; 4]) {
        let has = |at: usize, bits: u8| bytes[at] & bits == bits;
        self.cover_open = has(0, 0x20);
        self.stopped = has(0, 0x08) || has(0, 0x40);
        self.recoverable_error = has(1, 0x04);
        self.cutter_error = has(1, 0x08);
        self.lasting_error = has(1, 0x20);
        self.passing_error = has(1, 0x40);
        self.paper = level(has(2, 0x03), has(2, 0x0c));
    }
}

fn level(near_end: bool, out: bool) -> PaperLevel {
    match (near_end, out) {
        (_, true) => PaperLevel::Out,
        (true, false) => PaperLevel::NearEnd,
        (false, false) => PaperLevel::Adequate,
    }
}

/// One thing a printer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The answer to DLE EOT; which n it answers the printer does not say.
    RealTime(u8),
    /// The automatic status, four bytes.
    Automatic([u8; 4]),
    /// The answer to GS r: everything sent before it has been dealt with.
    Reached(u8),
}

/// `GS a`: send the automatic status when on-line/off-line, errors or paper change.
pub(super) const REPORT_BY_YOURSELF: [u8; 3] = [0x1d, b'a', 0x0e];
/// `GS r 1`: the paper's state, when everything before has been dealt with.
pub(super) const SAY_WHEN_REACHED: [u8; 3] = [0x1d, b'r', 1];

/// Takes a printer's bytes apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplyDecoder {
    /// An automatic status that has begun, and how many of its bytes there are.
    begun: [u8; 4],
    count: usize,
}

impl ReplyDecoder {
    /// A decoder at the beginning of a line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in bytes and hands out what they mean. What means nothing (flow control, noise) is
    /// dropped.
    pub fn feed(&mut self, bytes: &[u8], mut out: impl FnMut(Reply)) {
        for &byte in bytes {
            if let Some(reply) = self.push(byte) {
                out(reply);
            }
        }
    }

    fn push(&mut self, byte: u8) -> Option<Reply> {
        if byte & 0x93 == 0x12 {
            // Comes between the bytes of an automatic status, too: it is real-time.
            return Some(Reply::RealTime(byte));
        }
        if byte & 0x93 == 0x10 {
            self.begun[0] = byte;
            self.count = 1;
            return None;
        }
        if byte & 0x90 != 0 {
            // XON, XOFF or noise: belongs to nothing.
            return None;
        }
        if self.count == 0 {
            return Some(Reply::Reached(byte));
        }
        self.begun[self.count] = byte;
        self.count += 1;
        if self.count < self.begun.len() {
            return None;
        }
        self.count = 0;
        Some(Reply::Automatic(self.begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn replies(pieces: &[&[u8]]) -> Vec<Reply> {
        let mut decoder = ReplyDecoder::new();
        let mut found = Vec::new();
        for piece in pieces {
            decoder.feed(piece, |reply| found.push(reply));
        }
        found
    }

    #[test]
    fn the_tables_of_the_reference_are_read_as_they_stand() {
        let after = |asked, byte| {
            let mut status = Status::default();
            status.answer(asked, byte);
            status.trouble()
        };
        assert_eq!(after(Asked::Offline, 0x12), None);
        assert_eq!(after(Asked::Offline, 0x16), Some(Trouble::CoverOpen));
        assert_eq!(after(Asked::Offline, 0x1a), Some(Trouble::Offline));
        assert_eq!(after(Asked::Error, 0x16), Some(Trouble::Jam));
        assert_eq!(after(Asked::Error, 0x1a), Some(Trouble::CutterJam));
        assert_eq!(after(Asked::Error, 0x32), Some(Trouble::Broken));
        assert_eq!(after(Asked::Error, 0x52), Some(Trouble::Resting));
        assert_eq!(after(Asked::Paper, 0x1e), None);
        assert_eq!(after(Asked::Paper, 0x7e), Some(Trouble::PaperOut));
    }

    #[test]
    fn a_paper_end_that_stops_the_printer_is_called_by_its_name() {
        let mut status = Status::default();
        status.answer(Asked::Offline, 0x32);
        status.answer(Asked::Paper, 0x72);
        assert_eq!(status.trouble(), Some(Trouble::PaperOut));
    }

    #[test]
    fn real_time_answers_flow_control_and_marks_are_told_from_the_automatic_status() {
        let automatic = Reply::Automatic([0x10, 0x00, 0x03, 0x00]);
        assert_eq!(
            replies(&[&[0x10, 0x00], &[0x12, 0x11], &[0x03, 0x00, 0x00]]),
            [Reply::RealTime(0x12), automatic, Reply::Reached(0x00)]
        );
        let mut status = Status::default();
        status.automatic([0x10, 0x00, 0x03, 0x00]);
        assert_eq!(
            (status.paper, status.trouble()),
            (PaperLevel::NearEnd, None)
        );
        status.automatic([0x38, 0x00, 0x00, 0x00]);
        assert_eq!(status.trouble(), Some(Trouble::CoverOpen));
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_mean_the_same(bytes: Vec<u8>, cut in 0usize..64) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(replies(&[&bytes]), replies(&[&bytes[..cut], &bytes[cut..]]));
        }

        #[test]
        fn after_any_garbage_the_next_full_automatic_status_is_found(garbage: Vec<u8>) {
            let said = [0x18, 0x08, 0x0f, 0x00];
            let found = replies(&[&garbage, &said]);
            prop_assert_eq!(found.last(), Some(&Reply::Automatic(said)));
        }
    }
}
