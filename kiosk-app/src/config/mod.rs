//! The kiosk's settings: one typed TOML file, a file here for each of its sections. Unknown keys
//! and impossible values are refused with file, line and remedy. Every key but the kiosk's own names
//! has a default; the defaults stand in `kiosk.sample.toml`, and a test holds the two together.

mod camera;
mod card_reader;
mod challenge;
mod face;
mod key_store;
mod kiosk;
mod ledger;
mod log;
mod panel;
mod paths;
mod printer;
mod ranged;
mod screen;
mod speaker;
mod waits;

use std::path::{Path, PathBuf};

use attestation::Name;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

pub use camera::{Camera, Infrared, PictureFormat, Place, White};
pub use card_reader::{CardReader, ReaderKind};
pub use challenge::Challenge;
pub use face::Face;
pub use key_store::{KeyStore, KeyStoreKind};
pub use kiosk::Kiosk;
pub use ledger::Ledger;
pub use log::Log;
pub use panel::Panel;
pub use paths::Paths;
pub use printer::{Drawing, FlowControl, Letters, PaperWidth, Printer};
pub use ranged::*;
pub use screen::{LanguageTag, Screen};
pub use speaker::Speaker;
pub use waits::Waits;

/// All settings.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Which kiosk this is.
    pub kiosk: Kiosk,
    /// Where things lie.
    #[serde(default)]
    pub paths: Paths,
    /// The log of attestations.
    #[serde(default)]
    pub log: Log,
    /// How keys are kept.
    #[serde(default)]
    pub key_store: KeyStore,
    /// Where the log is anchored.
    #[serde(default)]
    pub ledger: Ledger,
    /// The resident's screen.
    #[serde(default)]
    pub screen: Screen,
    /// The camera.
    #[serde(default)]
    pub camera: Camera,
    /// The card reader.
    #[serde(default)]
    pub card_reader: CardReader,
    /// Lights, switches, buzzer.
    #[serde(default)]
    pub panel: Panel,
    /// The receipt printer.
    #[serde(default)]
    pub printer: Printer,
    /// The speaker.
    #[serde(default)]
    pub speaker: Speaker,
    /// The face pipeline.
    #[serde(default)]
    pub face: Face,
    /// Whether residents are asked to turn their head.
    #[serde(default)]
    pub challenge: Challenge,
    /// How long screens wait.
    #[serde(default)]
    pub waits: Waits,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(
        "cannot read the settings file {path}: check that it exists and is readable (a documented sample is kiosk.sample.toml)"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The file is not valid.
    #[error(
        "the settings file {path} is not valid: correct the line shown below (kiosk.sample.toml documents every key)"
    )]
    Parse {
        /// The file.
        path: PathBuf,
        /// Cause, with line and column.
        source: Box<toml::de::Error>,
    },
}

impl Config {
    /// Reads the settings file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.into(),
            source,
        })?;
        toml::from_str(&text).map_err(|source| ConfigError::Parse {
            path: path.into(),
            source: Box::new(source),
        })
    }
}

/// Reads an identifier that will stand in attestations.
pub(crate) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    Name::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../kiosk.sample.toml");

    fn refused(text: &str) -> String {
        toml::from_str::<Config>(text).unwrap_err().to_string()
    }

    #[test]
    fn the_sample_documents_exactly_the_defaults() {
        let sample: Config = toml::from_str(SAMPLE).unwrap();
        let minimal: Config =
            toml::from_str("[kiosk]\nid = 'kiosk-0001'\nsite = 'city-hospital.hall-1'").unwrap();
        assert_eq!(sample, minimal);
    }

    const ON_CHAIN: &str = "[kiosk]\nid = 'a'\nsite = 'b'\n[ledger]\nkind = 'evm'\n\
        endpoints = ['http://127.0.0.1:8545']\nchain_id = 1337\n\
        registry = '0x1111111111111111111111111111111111111111'\n\
        anchor = '0x2222222222222222222222222222222222222222'\n";

    #[test]
    fn a_ledger_on_a_chain_needs_to_be_told_where() {
        let config: Config = toml::from_str(ON_CHAIN).unwrap();
        assert_eq!(config.ledger.on_chain().unwrap().contracts.chain_id, 1337);
        for (key, said) in [
            ("chain_id = 1337", "chain_id is needed"),
            ("registry = '0x1", "registry is no address"),
            ("['http://127.0.0.1:8545']", "endpoints is needed"),
            ("http://", "must be an address"),
        ] {
            let wrong = ON_CHAIN.replace(
                key,
                match key {
                    "registry = '0x1" => "registry = '0x",
                    "['http://127.0.0.1:8545']" => "[]",
                    "http://" => "ftp://",
                    _ => "",
                },
            );
            let message = refused(&wrong);
            assert!(message.contains(said), "{message}");
        }
    }

    #[test]
    fn a_mistyped_key_is_refused_with_its_line() {
        let message = refused("[kiosk]\nid = 'a'\nsite = 'b'\n[camera]\ndevise = '/dev/video0'");
        assert!(
            message.contains("line 5") && message.contains("devise"),
            "{message}"
        );
    }

    #[test]
    fn an_impossible_value_is_refused_with_its_line_and_what_would_be_possible() {
        let message = refused("[kiosk]\nid = 'a'\nsite = 'b'\n[waits]\ncapture = 0");
        assert!(
            message.contains("line 5") && message.contains("5 to 600"),
            "{message}"
        );
        let message = refused("[kiosk]\nid = 'A kiosk'\nsite = 'b'");
        assert!(
            message.contains("line 2") && message.contains("A-Z a-z 0-9"),
            "{message}"
        );
        let message = refused("[kiosk]\nid = 'a'\nsite = 'b'\n[card_reader]\nbaud = 300");
        assert!(
            message.contains("line 5") && message.contains("115200"),
            "{message}"
        );
    }
}
