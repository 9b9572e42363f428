//! `[card_reader]`: which card reader, where it is, who decodes the photos of cards, and whose
//! travel documents are trusted.

use std::path::PathBuf;

use hal::card::LineSpeed;
use hal::card::mrz_scanner::MrzScannerConfig;
use hal::card::serial::{CardReaderConfig, Timings};
use hal::wlt::{TIME_LIMIT, WltPlugin};
use serde::Deserialize;

use super::Baud;

/// The card reader.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CardReader {
    /// What kind of reader it is, and so what kind of documents it reads.
    pub kind: ReaderKind,
    /// Serial port.
    pub port: PathBuf,
    /// Line speed; without one it is found out.
    pub baud: Option<Baud>,
    /// Set a slower reader to 115,200 baud; only where the speed is found out.
    pub raise_baud: bool,
    /// Ask cards for an address written onto the chip after printing.
    pub newest_address: bool,
    /// Number of the security module that belongs into the reader, as the self-test prints it.
    pub sam: Option<String>,
    /// Shared library that decodes photos in WLT coding.
    pub wlt_plugin: Option<PathBuf>,
    /// Part of the name of a contactless reader; the first there is where it is not given.
    pub reader: Option<String>,
    /// Serial port, or input device, of a document scanner that reads the machine-readable zone; only
    /// beside a contactless reader.
    pub mrz_scanner: Option<PathBuf>,
    /// Speed of the serial line; on USB it means nothing.
    pub mrz_scanner_baud: Baud,
    /// Folder with certificates of the certification authorities whose travel documents are
    /// trusted, master lists and revocation lists.
    pub trust: PathBuf,
    /// Refuse travel documents whose authority has no current revocation list in the folder.
    pub require_revocation_list: bool,
    /// So many times the usual patience with reader and decoder. No setting: for stories on machines with
    /// much else to do.
    #[serde(skip)]
    pub patience: u32,
}

/// A kind of card reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReaderKind {
    /// A GA 467 module on a serial line: resident identity cards and residence permits.
    #[default]
    Serial,
    /// A contactless reader behind PC/SC: passports and identity cards by ICAO 9303.
    Pcsc,
}

impl Default for CardReader {
    fn default() -> Self {
        Self {
            kind: ReaderKind::Serial,
            port: "/dev/ttyUSB0".into(),
            baud: None,
            raise_baud: false,
            newest_address: true,
            sam: None,
            wlt_plugin: None,
            reader: None,
            mrz_scanner: None,
            mrz_scanner_baud: Baud(9_600),
            trust: "/etc/kiosk/csca".into(),
            require_revocation_list: false,
            patience: 1,
        }
    }
}

impl CardReader {
    /// The reader as its driver wants it.
    pub fn serial(&self) -> CardReaderConfig {
        CardReaderConfig {
            speed: match self.baud {
                Some(baud) => LineSpeed::Fixed(baud.get()),
                None => LineSpeed::Detect {
                    raise: self.raise_baud,
                },
            },
            newest_address: self.newest_address,
            sam: self.sam.clone(),
            timings: Timings::default().with_patience(self.patience),
            ..CardReaderConfig::on(&self.port)
        }
    }

    /// The document scanner as its driver wants it, if there is one.
    pub fn scanner(&self) -> Option<MrzScannerConfig> {
        Some(MrzScannerConfig {
            port: self.mrz_scanner.clone()?,
            baud: self.mrz_scanner_baud.get(),
        })
    }

    /// Whether there is a document scanner that nobody will ask, and what to do about it.
    pub fn unused_scanner(&self) -> Option<[&'static str; 2]> {
        let is_unused = self.kind == ReaderKind::Serial && self.mrz_scanner.is_some();
        is_unused.then_some([
            "A document scanner is set up, but this card reader's cards need no numbers.",
            "Remove `mrz_scanner` under [card_reader] from the settings file, or set `kind = \"pcsc\"` if \
             this kiosk is to read passports.",
        ])
    }

    /// The decoder of card photos, if there is one.
    pub fn photo_decoder(&self) -> Option<WltPlugin> {
        let decoder = self.wlt_plugin.as_ref().map(WltPlugin::new);
        decoder.map(|decoder| decoder.time_limit(TIME_LIMIT * self.patience))
    }
}
