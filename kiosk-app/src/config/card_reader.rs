//! `[card_reader]`: where the card reader is, and who decodes the photos of cards.

use std::path::PathBuf;

use hal::card::LineSpeed;
use hal::card::serial::CardReaderConfig;
use hal::wlt::WltPlugin;
use serde::Deserialize;

use super::Baud;

/// The card reader.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CardReader {
    /// Serial port.
    pub port: PathBuf,
    /// Line speed; without one it is found out.
    pub baud: Option<Baud>,
    /// Set a slower reader to 115,200 baud; only where the speed is found out.
    pub raise_baud: bool,
    /// Ask cards for an address written onto the chip after printing.
    pub newest_address: bool,
    /// Shared library that decodes photos in WLT coding.
    pub wlt_plugin: Option<PathBuf>,
}

impl Default for CardReader {
    fn default() -> Self {
        Self {
            port: "/dev/ttyUSB0".into(),
            baud: None,
            raise_baud: false,
            newest_address: true,
            wlt_plugin: None,
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
            ..CardReaderConfig::on(&self.port)
        }
    }

    /// The decoder of card photos, if there is one.
    pub fn photo_decoder(&self) -> Option<WltPlugin> {
        self.wlt_plugin.as_ref().map(WltPlugin::new)
    }
}
