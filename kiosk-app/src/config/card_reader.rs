//! `[card_reader]`: where the card reader is.

use std::path::PathBuf;

use serde::Deserialize;

use super::Baud;

/// The card reader.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CardReader {
    /// Serial port.
    pub port: PathBuf,
    /// Line speed.
    pub baud: Baud,
}

impl Default for CardReader {
    fn default() -> Self {
        Self {
            port: "/dev/ttyUSB0".into(),
            baud: Baud(115_200),
        }
    }
}
