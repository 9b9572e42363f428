//! `[printer]`: the receipt printer, if there is one.

use std::path::PathBuf;
use std::sync::Arc;

use hal::printer::{Flow, Paper, PrinterConfig, QrMode, Style, TextMode, Typeface, TypefaceError};
use serde::Deserialize;

use super::PrinterBaud;

/// The receipt printer; a kiosk works without one.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Printer {
    /// Serial port or USB printer port; none if there is no printer.
    pub port: Option<PathBuf>,
    /// Line speed of a serial printer.
    pub baud: PrinterBaud,
    /// Flow control of a serial printer.
    pub flow: FlowControl,
    /// Width of the paper in millimetres.
    pub paper: PaperWidth,
    /// Who draws the letters.
    pub text: Letters,
    /// The font with which the kiosk draws them.
    pub font: PathBuf,
    /// Who draws the code.
    pub qr: Drawing,
    /// Whether it cuts its paper.
    pub cutter: bool,
}

impl Default for Printer {
    fn default() -> Self {
        Self {
            port: None,
            baud: PrinterBaud(115_200),
            flow: FlowControl::None,
            paper: PaperWidth(80),
            text: Letters::Gb18030,
            font: "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc".into(),
            qr: Drawing::Printer,
            cutter: true,
        }
    }
}

/// How a serial printer holds up what is sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowControl {
    /// Not at all.
    None,
    /// RTS/CTS.
    Hardware,
    /// XON/XOFF.
    Software,
}

/// Who draws the letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Letters {
    /// The printer, from GB 18030.
    Gb18030,
    /// The kiosk.
    Drawn,
}

/// Who draws the QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drawing {
    /// The printer.
    Printer,
    /// The kiosk.
    Drawn,
}

/// 58 or 80 millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct PaperWidth(u8);

impl TryFrom<i64> for PaperWidth {
    type Error = String;

    fn try_from(millimetres: i64) -> Result<Self, String> {
        match millimetres {
            58 => Ok(Self(58)),
            80 => Ok(Self(80)),
            other => Err(format!("{other} is no width of paper: give 58 or 80")),
        }
    }
}

impl Printer {
    /// The printer as its driver wants it; none if there is none.
    ///
    /// # Errors
    /// If the kiosk is to draw letters and has no font for it.
    pub fn to_driver(&self) -> Result<Option<PrinterConfig>, TypefaceError> {
        let Some(port) = &self.port else {
            return Ok(None);
        };
        let text = match self.text {
            Letters::Gb18030 => TextMode::Gb18030,
            Letters::Drawn => TextMode::Drawn(Arc::new(Typeface::read(&self.font)?)),
        };
        Ok(Some(PrinterConfig {
            baud: self.baud.get(),
            flow: match self.flow {
                FlowControl::None => Flow::None,
                FlowControl::Hardware => Flow::Hardware,
                FlowControl::Software => Flow::Software,
            },
            style: Style {
                paper: match self.paper.0 {
                    58 => Paper::Mm58,
                    _ => Paper::Mm80,
                },
                text,
                qr: match self.qr {
                    Drawing::Printer => QrMode::Native,
                    Drawing::Drawn => QrMode::Drawn,
                },
                cutter: self.cutter,
            },
            ..PrinterConfig::on(port)
        }))
    }
}
