//! Does the printer print? A slip comes out, which only the technician can judge.

use std::fmt::Display;

use hal::printer::{PaperLevel, PrinterProbe, ProbeError, Trouble, probe};

use super::Finding;
use crate::clock::WallTime;
use crate::config::{Config, Printer};
use crate::errors::chain;
use crate::slip::test_slip;

/// Prints the technician's slip.
pub fn print(config: &Config, now: WallTime) -> Finding {
    let settings = &config.printer;
    let driver = match settings.to_driver() {
        Ok(Some(driver)) => driver,
        Ok(None) => {
            return Finding::not_there("No printer is set up; a kiosk works without one.");
        }
        Err(error) => {
            return Finding::warning(
                format!("The slip cannot be drawn: {}.", chain(&error)),
                "Install the font, correct `font` under [printer] in the settings file, or let the \
                 printer draw the letters (`text = \"gb18030\"`).",
            );
        }
    };
    let port = driver.port.display().to_string();
    match probe(&driver, &test_slip(&config.kiosk.id.to_string(), now)) {
        Ok(seen) => judge(seen, &port),
        Err(error) => no_answer(&error, settings, &port),
    }
}

fn judge(seen: PrinterProbe, port: &dyn Display) -> Finding {
    match (seen.trouble, seen.paper) {
        (Some(trouble), _) => Finding::warning(
            format!("The printer at {port} answers, but does not print: {trouble}."),
            remedy(trouble),
        ),
        (None, PaperLevel::NearEnd) => Finding::warning(
            format!("The printer at {port} has printed a slip, but its roll is nearly empty."),
            "Put in a new roll.",
        ),
        (None, _) => Finding::look(
            format!(
                "The printer at {port} has printed a slip. Look whether the Chinese text and the code \
                 are clear and the paper is cut."
            ),
            "If no slip came out: put the roll in the other way round, its printing side up. If the text \
             or the code is wrong, set `text = \"drawn\"` or `qr = \"drawn\"` under [printer] in the \
             settings file.",
        ),
    }
}

fn remedy(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::PaperOut => "Put in a new roll, the printing side up, and close the cover.",
        Trouble::CoverOpen => "Close the printer's cover until it clicks.",
        Trouble::CutterJam | Trouble::Jam => {
            "Open the cover, take out the paper, put it in anew and close the cover."
        }
        Trouble::Resting => "Wait ten minutes. If it stays, check the printer's power supply.",
        Trouble::Broken => "Switch the printer off and on. If it stays, replace it.",
        Trouble::Offline => "Press the printer's feed or on-line button once.",
    }
}

fn no_answer(error: &ProbeError, settings: &Printer, port: &dyn Display) -> Finding {
    let baud = settings.baud.get();
    match error {
        ProbeError::NotFound { .. } => Finding::warning(
            format!("There is no printer at {port}."),
            "Check the printer's power and cable. If it is at another port, correct `port` under \
             [printer] in the settings file (/dev/usb/lp0, or /dev/serial/by-id).",
        ),
        ProbeError::Port { .. } => Finding::warning(
            format!("The port {port} cannot be used: {}.", chain(error)),
            "Check that no other program uses the printer and that the kiosk's user belongs to the \
             groups \"lp\" and \"dialout\".",
        ),
        ProbeError::Silent { .. } => Finding::warning(
            format!("Nothing answers at {port} ({baud} baud if it is a serial printer)."),
            "Check the printer's power and cable and, for a serial printer, `baud` under [printer] \
             in the settings file. A printer that cannot say how it is cannot be used.",
        ),
    }
}
