//! `[card_reader]`: which card reader, where it is, and whose travel documents are trusted.

use std::path::PathBuf;

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
    /// Line speed.
    pub baud: Baud,
    /// Part of the name of a contactless reader; the first there is where it is not given.
    pub reader: Option<String>,
    /// Folder with certificates of the certification authorities whose travel documents are
    /// trusted, master lists and revocation lists.
    pub trust: PathBuf,
    /// Refuse travel documents whose authority has no current revocation list in the folder.
    pub require_revocation_list: bool,
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
            baud: Baud(115_200),
            reader: None,
            trust: "/etc/kiosk/csca".into(),
            require_revocation_list: false,
        }
    }
}
