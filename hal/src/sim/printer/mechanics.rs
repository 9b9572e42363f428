//! Paper, cover and cutter of the simulated printer, and what it says about them in its status
//! bytes (Epson, "ESC/POS Command Reference": DLE EOT, GS a).

use clap::ValueEnum;

use crate::printer::PaperLevel;

/// Something that goes wrong with the printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrinterFault {
    /// The roll nears its end; it still prints
    PaperLow,
    /// The roll is empty
    PaperOut,
    /// Somebody opens the cover
    CoverOpen,
    /// The paper jams
    Jam,
    /// The cutter jams
    CutterJam,
    /// It is too hot, for as long as this lasts
    Hot,
    /// Something inside breaks
    Broken,
    /// It takes everything and answers nothing
    Silent,
}

/// How the printer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mechanics {
    pub(super) paper: PaperLevel,
    pub(super) cover_open: bool,
    pub(super) hot: bool,
    pub(super) broken: bool,
    pub(super) silent: bool,
    jam: Jam,
    cutter: Jam,
}

/// A jam is over when its cause was removed *and* the printer was told to go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Jam {
    is_reported: bool,
    is_there: bool,
}

impl Jam {
    fn happen(&mut self) {
        *self = Self {
            is_reported: true,
            is_there: true,
        };
    }
}

impl Mechanics {
    pub(super) fn suffer(&mut self, fault: PrinterFault) {
        match fault {
            PrinterFault::PaperLow => self.paper = PaperLevel::NearEnd,
            PrinterFault::PaperOut => self.paper = PaperLevel::Out,
            PrinterFault::CoverOpen => self.cover_open = true,
            PrinterFault::Jam => self.jam.happen(),
            PrinterFault::CutterJam => self.cutter.happen(),
            PrinterFault::Hot => self.hot = true,
            PrinterFault::Broken => self.broken = true,
            PrinterFault::Silent => self.silent = true,
        }
    }

    /// Somebody takes out what was stuck.
    pub(super) fn unjam(&mut self) {
        self.jam.is_there = false;
        self.cutter.is_there = false;
    }

    /// `DLE ENQ`: tries again what was stuck.
    pub(super) fn try_again(&mut self) {
        self.jam.is_reported = self.jam.is_there;
        self.cutter.is_reported = self.cutter.is_there;
    }

    pub(super) fn is_online(&self) -> bool {
        !(self.cover_open || self.has_error() || self.paper == PaperLevel::Out)
    }

    fn has_error(&self) -> bool {
        self.jam.is_reported || self.cutter.is_reported || self.hot || self.broken
    }

    /// The answer to `DLE EOT n`.
    pub(super) fn real_time(&self, n: u8) -> Option<u8> {
        let bits = match n {
            1 => bit(!self.is_online(), 0x08),
            2 => {
                bit(self.cover_open, 0x04)
                    | bit(self.paper == PaperLevel::Out, 0x20)
                    | bit(self.has_error(), 0x40)
            }
            3 => self.errors(),
            4 => {
                bit(self.paper != PaperLevel::Adequate, 0x0c)
                    | bit(self.paper == PaperLevel::Out, 0x60)
            }
            _ => return None,
        };
        Some(0x12 | bits)
    }

    /// The automatic status.
    pub(super) fn automatic(&self) -> [u8; 4] {
        [
            0x10 | bit(!self.is_online(), 0x08) | bit(self.cover_open, 0x20),
            self.errors(),
            self.sensors(),
            0,
        ]
    }

    /// The answer to `GS r 1`.
    pub(super) fn sensors(&self) -> u8 {
        bit(self.paper != PaperLevel::Adequate, 0x03) | bit(self.paper == PaperLevel::Out, 0x0c)
    }

    fn errors(&self) -> u8 {
        bit(self.jam.is_reported, 0x04)
            | bit(self.cutter.is_reported, 0x08)
            | bit(self.broken, 0x20)
            | bit(self.hot, 0x40)
    }
}

fn bit(is_set: bool, mask: u8) -> u8 {
    if is_set { mask } else { 0 }
}
