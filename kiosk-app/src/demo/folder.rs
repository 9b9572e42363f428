//! The demo's output folder, and in it a kiosk that is freshly provisioned and enrolled.

use std::fs;
use std::path::{Path, PathBuf};

use attestation::Validity;

use super::{Arguments, DemoError, Scenario, Tongue, failed};
use crate::clock::WallTime;
use crate::config::Config;
use crate::provision::{Operator, StateFolder};

/// By this file an earlier demo's folder is known; nothing but a demo writes it.
const MARK: &str = ".kiosk-demo";

/// So many times the usual patience with the simulated reader and with the photo decoder, which are
/// programs on the same machine as everything else.
const PATIENCE: u32 = 10;

/// A prepared output folder.
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// The settings of the kiosk in it.
    pub config: Config,
}

impl Folder {
    /// Empties the folder of an earlier demo and sets up a kiosk in it.
    pub fn prepare(arguments: &Arguments, reader: &str) -> Result<Self, DemoError> {
        let path = arguments.out.clone();
        clear(&path)?;
        let state = arguments
            .state
            .clone()
            .unwrap_or_else(|| path.join("state"));
        let mark = path.join(MARK);
        fs::write(&mark, "Made by `kiosk demo`, which replaces this folder.\n")
            .map_err(failed("write", &mark))?;
        let settings = path.join("kiosk.toml");
        let text = settings_text(arguments, &state, reader)
            + &ledger_text(arguments)?
            + &printer_text(arguments)
            + challenge_text(arguments.scenario);
        fs::write(&settings, text).map_err(failed("write", &settings))?;
        let mut config = Config::load(&settings)?;
        config.card_reader.patience = PATIENCE;
        let operator = enrol(&config, &state)?;
        let public = path.join("operator.pub");
        fs::write(&public, operator.public_pem()).map_err(failed("write", &public))?;
        Ok(Self { path, config })
    }
}

/// Removes an earlier demo, and nothing else.
fn clear(path: &Path) -> Result<(), DemoError> {
    let empty = match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(failed("read", path)(error)),
    };
    if !empty {
        if !path.join(MARK).exists() {
            return Err(DemoError::NotOurs(path.into()));
        }
        fs::remove_dir_all(path).map_err(failed("empty", path))?;
    }
    fs::create_dir_all(path).map_err(failed("create", path))
}

/// The operator's keys lie beside the kiosk's: this is a demo.
fn enrol(config: &Config, state: &Path) -> Result<Operator, DemoError> {
    let keys = state.join("operator");
    if keys.exists() {
        return Ok(Operator::load(&keys)?);
    }
    let folder = StateFolder::of(config);
    let device = folder.provision()?;
    let operator = Operator::create(&keys)?;
    let now = WallTime::now().unix_seconds();
    // A clock that is set back a little must not end the demo.
    let validity = Validity {
        not_before: now - 86_400,
        not_after: now + 86_400,
    };
    let (kiosk, site) = (&config.kiosk.id, &config.kiosk.site);
    folder.enrol(&operator.enrol(kiosk, site, &device, validity), kiosk, site)?;
    Ok(operator)
}

/// Where the log is anchored, if the story has a chain.
fn ledger_text(arguments: &Arguments) -> Result<String, DemoError> {
    let read = |path| fs::read_to_string(path).map_err(failed("read", path));
    arguments
        .ledger
        .as_ref()
        .map_or_else(|| Ok(String::new()), read)
}

/// Where the receipt is printed, if the story has a printer.
fn printer_text(arguments: &Arguments) -> String {
    let port = arguments.printer.as_ref().map(quoted);
    port.map_or_else(String::new, |port| format!("[printer]\nport = {port}\n"))
}

/// Whether residents are asked to turn their head.
fn challenge_text(scenario: Scenario) -> &'static str {
    if scenario.is_challenged() {
        "[challenge]\nask = \"always\"\n"
    } else {
        ""
    }
}

/// A path as TOML writes it.
pub fn quoted(path: impl AsRef<Path>) -> String {
    toml::Value::String(path.as_ref().to_string_lossy().into_owned()).to_string()
}

fn settings_text(arguments: &Arguments, state: &Path, reader: &str) -> String {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let language = match arguments.language {
        Tongue::Zh => "zh",
        Tongue::En => "en",
    };
    format!(
        "# Settings of this demo's kiosk.\n\
         [kiosk]\nid = \"kiosk-demo\"\nsite = \"demo-hall\"\n\
         [paths]\nstate = {state}\nservices = {services}\nmanifest = {manifest}\n\
         weights = {weights}\nonnxruntime = {runtime}\n\
         [key_store]\nkind = \"file\"\n[screen]\nlanguage = \"{language}\"\nfullscreen = false\n\
         [card_reader]\n{reader}\
{waits}",
        state = quoted(state),
        services = quoted(home.join("services")),
        manifest = quoted(home.join("../models/manifest.toml")),
        weights = quoted(arguments.setup.join("models")),
        runtime = quoted(arguments.setup.join("lib/libonnxruntime.so.1.31.1")),
        waits = waits_text(arguments.scenario),
    )
}

/// A machine with much else to do gets the time it needs; where a wait is the story, it is short.
fn waits_text(scenario: Scenario) -> String {
    let unless = |awaited: Scenario, seconds: u16, usual: u16| match scenario == awaited {
        true => seconds,
        false => usual,
    };
    let card = unless(Scenario::CardRemoved, 20, 120);
    let capture = unless(Scenario::Nobody, 15, 300);
    let wallet = unless(Scenario::WalletNoKey, 30, 120);
    format!(
        "[waits]\nchoose = 300\nconsent = 300\nreceipt = 300\ncommit = 60\ncard = {card}\n\
         capture = {capture}\nchallenge = 300\nwallet = {wallet}\n"
    )
}
