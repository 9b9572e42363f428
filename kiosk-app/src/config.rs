//! The kiosk's settings: one typed TOML file. Unknown keys and impossible values are refused with
//! file, line and remedy. Every key but the kiosk's own names has a default; the defaults stand
//! in `kiosk.sample.toml`, and a test holds the two together.

mod panel;

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use attestation::Name;
use attestation::chain::{Address, Contracts, Settings};
use kiosk_ui::Language;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

pub use panel::Panel;

use crate::session::Limits;

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
    /// The face pipeline.
    #[serde(default)]
    pub face: Face,
    /// How long screens wait.
    #[serde(default)]
    pub waits: Waits,
}

/// Which kiosk this is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kiosk {
    /// Its identifier, as the operator enrolled it.
    #[serde(deserialize_with = "name")]
    pub id: Name,
    /// Identifier of the place where it stands.
    #[serde(deserialize_with = "name")]
    pub site: Name,
}

/// Where things lie.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// Log, keys and event file; must survive a restart.
    pub state: PathBuf,
    /// Folder of service files.
    pub services: PathBuf,
    /// The models' manifest.
    pub manifest: PathBuf,
    /// Folder of the networks' weights.
    pub weights: PathBuf,
    /// ONNX Runtime's shared library.
    pub onnxruntime: PathBuf,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            state: "/var/lib/kiosk".into(),
            services: "/etc/kiosk/services".into(),
            manifest: "/usr/share/kiosk/models/manifest.toml".into(),
            weights: "/usr/share/kiosk/models/weights".into(),
            onnxruntime: "/usr/lib/libonnxruntime.so".into(),
        }
    }
}

/// The log of attestations.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How large it may become, in GiB.
    pub limit_gib: Gibibytes,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            limit_gib: Gibibytes(8),
        }
    }
}

impl Log {
    /// How large it may become.
    pub fn limit_bytes(&self) -> u64 {
        u64::from(self.limit_gib.get()) << 30
    }
}

/// How keys are kept.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyStore {
    /// In what.
    pub kind: KeyStoreKind,
    /// Where the TPM is (TCG TSS 2.0 TCTI).
    pub tcti: String,
    /// Measurements that the keys are bound to.
    pub pcrs: Vec<Pcr>,
    /// A file on another medium that an encrypted key file is bound to.
    pub secret_file: Option<PathBuf>,
}

impl Default for KeyStore {
    fn default() -> Self {
        Self {
            kind: KeyStoreKind::Auto,
            tcti: hal::key::DEFAULT_TCTI.into(),
            pcrs: Vec::new(),
            secret_file: None,
        }
    }
}

/// In what keys are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyStoreKind {
    /// The TPM where there is one when the kiosk is provisioned, else the file.
    Auto,
    /// The TPM or nothing.
    Tpm,
    /// An encrypted file.
    File,
}

impl From<&KeyStore> for hal::key::Settings {
    fn from(settings: &KeyStore) -> Self {
        Self {
            choice: match settings.kind {
                KeyStoreKind::Auto => hal::key::Choice::Auto,
                KeyStoreKind::Tpm => hal::key::Choice::Tpm,
                KeyStoreKind::File => hal::key::Choice::File,
            },
            tcti: settings.tcti.clone(),
            pcrs: settings.pcrs.iter().map(|pcr| pcr.get()).collect(),
            secret_file: settings.secret_file.clone(),
        }
    }
}

/// Where the log is anchored, so that the kiosk itself cannot take it back.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "LedgerKeys")]
pub struct Ledger(Option<Settings>);

impl Ledger {
    /// How to anchor on a chain; none if the log is its own ledger.
    pub fn on_chain(&self) -> Option<&Settings> {
        self.0.as_ref()
    }
}

/// The keys as they stand in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LedgerKeys {
    kind: LedgerKind,
    endpoints: Vec<String>,
    chain_id: Option<u64>,
    registry: Option<String>,
    anchor: Option<String>,
    confirmations: Confirmations,
    batch: Batch,
    max_delay: Delay,
}

impl Default for LedgerKeys {
    fn default() -> Self {
        Self {
            kind: LedgerKind::Embedded,
            endpoints: Vec::new(),
            chain_id: None,
            registry: None,
            anchor: None,
            confirmations: Confirmations(3),
            batch: Batch(256),
            max_delay: Delay(600),
        }
    }
}

/// Which ledger.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LedgerKind {
    /// The log alone.
    Embedded,
    /// A contract on an EVM chain.
    Evm,
}

impl TryFrom<LedgerKeys> for Ledger {
    type Error = String;

    fn try_from(keys: LedgerKeys) -> Result<Self, String> {
        if keys.kind == LedgerKind::Embedded {
            return Ok(Self(None));
        }
        let missing = |key| format!("with kind = \"evm\", {key} is needed (see ledger.json)");
        let address = |text: Option<String>, key| {
            let text = text.ok_or_else(|| missing(key))?;
            let parsed = text.parse::<Address>();
            parsed.map_err(|_| format!("{key} is no address (0x and 40 hexadecimal digits)"))
        };
        let contracts = Contracts {
            chain_id: keys.chain_id.ok_or_else(|| missing("chain_id"))?,
            registry: address(keys.registry, "registry")?,
            anchor: address(keys.anchor, "anchor")?,
        };
        if keys.endpoints.is_empty() {
            return Err(missing("endpoints"));
        }
        let mut settings = Settings::new(keys.endpoints, contracts);
        settings.confirmations = at_least_one(keys.confirmations.get());
        settings.batch = at_least_one(keys.batch.get());
        settings.max_delay = Duration::from_secs(keys.max_delay.get().into());
        settings.check().map_err(|error| error.to_string())?;
        Ok(Self(Some(settings)))
    }
}

/// The ranges leave nothing else.
fn at_least_one(number: u64) -> NonZeroU64 {
    NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN)
}

/// The resident's screen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Screen {
    /// Language for the next resident.
    pub language: LanguageTag,
    /// Whether the window fills the screen.
    pub fullscreen: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            language: LanguageTag::Zh,
            fullscreen: true,
        }
    }
}

/// A language by its BCP 47 tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LanguageTag {
    /// Simplified Chinese.
    Zh,
    /// English.
    En,
}

impl From<LanguageTag> for Language {
    fn from(tag: LanguageTag) -> Self {
        match tag {
            LanguageTag::Zh => Self::Chinese,
            LanguageTag::En => Self::English,
        }
    }
}

/// The camera.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Camera {
    /// V4L2 device.
    pub device: PathBuf,
    /// Degrees by which its pictures are turned clockwise to stand upright.
    pub rotation: face_pipeline::Rotation,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            device: "/dev/video0".into(),
            rotation: face_pipeline::Rotation::None,
        }
    }
}

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

/// The face pipeline.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Face {
    /// Threads for a network.
    pub threads: Threads,
}

impl Default for Face {
    fn default() -> Self {
        Self {
            threads: Threads(2),
        }
    }
}

/// How long screens wait for a person.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Waits {
    /// Choosing a service.
    pub choose: Seconds,
    /// Reading the notice.
    pub consent: Seconds,
    /// Presenting the card.
    pub card: Seconds,
    /// Looking into the camera.
    pub capture: Seconds,
    /// Looking at the receipt.
    pub receipt: Seconds,
    /// Each step into the phone's wallet.
    pub wallet: Seconds,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            choose: Seconds(45),
            consent: Seconds(120),
            card: Seconds(60),
            capture: Seconds(30),
            receipt: Seconds(60),
            wallet: Seconds(60),
        }
    }
}

impl From<&Waits> for Limits {
    fn from(waits: &Waits) -> Self {
        Self {
            choose: waits.choose.into(),
            consent: waits.consent.into(),
            card: waits.card.into(),
            capture: waits.capture.into(),
            receipt: waits.receipt.into(),
            wallet: waits.wallet.into(),
            scan: waits.wallet.into(),
            ..Self::default()
        }
    }
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

/// Declares a whole number that is valid only within a range; the message says which.
macro_rules! ranged {
    ($(#[$meta:meta])* $name:ident($inner:ty), $range:expr, $what:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        #[serde(try_from = "i64")]
        pub struct $name($inner);

        impl $name {
            /// The number.
            pub fn get(self) -> $inner {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = String;

            fn try_from(value: i64) -> Result<Self, String> {
                <$inner>::try_from(value)
                    .ok()
                    .filter(|value| ($range).contains(value))
                    .map(Self)
                    .ok_or_else(|| format!("{value} is out of range: {}", $what))
            }
        }
    };
}

ranged!(
    /// A waiting time.
    Seconds(u16), 5..=600, "give 5 to 600 seconds");
ranged!(
    /// Room on the disk.
    Gibibytes(u16), 1..=1024, "give 1 to 1024 GiB");
ranged!(
    /// In which block, counted from its own, an anchor is there for good.
    Confirmations(u64), 1..=1000, "give 1 to 1000 blocks");
ranged!(
    /// How many attestations are anchored at once.
    Batch(u64), 1..=100_000, "give 1 to 100000 attestations");
ranged!(
    /// How long an attestation waits for others, in seconds.
    Delay(u32), 1..=86_400, "give 1 to 86400 seconds");
ranged!(
    /// Threads of a network.
    Threads(u8), 1..=16, "give 1 to 16 threads");
ranged!(
    /// A platform configuration register of a TPM (TCG PC Client Platform TPM Profile).
    Pcr(u8), 0..=23, "give a PCR from 0 to 23");
ranged!(
    /// A BCM pin number of the Raspberry Pi's 40-pin header.
    Pin(u8), 2..=27, "give a BCM pin from 2 to 27");
ranged!(
    /// Line speed of the card reader (GA 467).
    Baud(u32), [9_600, 19_200, 38_400, 57_600, 115_200],
    "give 9600, 19200, 38400, 57600 or 115200");

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        Self::from_secs(seconds.0.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../kiosk.sample.toml");

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
