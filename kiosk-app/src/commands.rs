//! What technicians and operators do from a terminal. Each gives the text to print.

use std::fs;
use std::path::{Path, PathBuf};

use attestation::{DevicePublicKey, Name, NotAKey, Validity};
use clap::Subcommand;
use hal::camera::v4l::CameraInfo;
use hal::panel::PanelError;

use crate::clock::WallTime;
use crate::config::{Config, ConfigError};
use crate::events::EventFile;
use crate::ledger::{self, LedgerError};
use crate::panel_desk::PanelSource;
use crate::provision::{Enrolment, Operator, ProvisionError, Rotation, StateFolder};
use crate::record::Record;
use crate::services::{Services, ServicesError};

const SECONDS_PER_DAY: u64 = 86_400;

/// The operator's commands.
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Make the operator's keys: operator.key and pseudonym.key stay secret, operator.pub goes
    /// to everybody who checks receipts
    Create {
        /// New folder for the keys
        folder: PathBuf,
    },
    /// Vouch for a kiosk's key
    Enrol(Box<EnrolArguments>),
}

/// What the operator vouches for.
#[derive(Debug, clap::Args)]
pub struct EnrolArguments {
    /// Folder of the operator's keys
    #[arg(long)]
    operator: PathBuf,
    /// Identifier of the kiosk
    #[arg(long)]
    kiosk: Name,
    /// Identifier of the place where it stands
    #[arg(long)]
    site: Name,
    /// The kiosk's public key, 64 hexadecimal digits, as `kiosk provision` printed it
    #[arg(long, value_parser = device_key)]
    device_key: DevicePublicKey,
    /// For how many days
    #[arg(long, default_value_t = 730)]
    days: u16,
    /// New folder to send to the kiosk (`kiosk provision --enrolment`)
    #[arg(long)]
    out: PathBuf,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Services.
    #[error(transparent)]
    Services(#[from] ServicesError),
    /// Keys.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// The wipe was not confirmed with the right name.
    #[error("nothing was destroyed: --confirm says {said}, but these are the settings of {kiosk}")]
    NotConfirmed {
        /// What was said.
        said: Name,
        /// Whose settings these are.
        kiosk: Name,
    },
    /// The tamper switch cannot be read.
    #[error(
        "nothing was signed off: the tamper switch cannot be read (a running kiosk holds it: stop it)"
    )]
    Panel(#[from] PanelError),
    /// The case is open.
    #[error("nothing was signed off: the case is open; close it, or see why its switch says so")]
    CaseOpen,
    /// The sign-off cannot be written down.
    #[error("the kiosk is signed off, but the event could not be written to {path}")]
    Events {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is no chain in the settings.
    #[error("the settings name no chain: set kind = \"evm\" and the keys below it in [ledger]")]
    NoChain,
    /// A folder exists already.
    #[error("failed to create {path}: give the path of a folder that does not exist yet")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
}

/// Checks a settings file and the services it names.
pub fn check(config: &Path) -> Result<String, CommandError> {
    let config = Config::load(config)?;
    let services = Services::load(&config.paths.services)?;
    let mut said = format!(
        "The settings of {} at {} are valid; residents can choose from {} services.",
        config.kiosk.id,
        config.kiosk.site,
        services.iter().count(),
    );
    if let Some(unused) = config.card_reader.unused_scanner() {
        said.push_str(&format!("\nWARNING: {}", unused.join(" ")));
    }
    Ok(said)
}

/// The cameras that are plugged in, with the words by which the settings name them.
pub fn cameras() -> String {
    let found = hal::camera::v4l::cameras();
    if found.is_empty() {
        return String::from(
            "No camera is plugged in, or this user may not open it (group \"video\").",
        );
    }
    let lines: Vec<String> = found.iter().map(camera_lines).collect();
    lines.join("\n")
}

fn camera_lines(camera: &CameraInfo) -> String {
    let by_path = camera.stable.as_ref().unwrap_or(&camera.node);
    let mut text = format!(
        "{}\n    device = {:?}\n",
        camera.name,
        by_path.display().to_string()
    );
    if let Some(usb) = &camera.usb {
        text += &format!("    device = \"{usb}\"\n");
    }
    text += &format!("    now at {}; gives", camera.node.display());
    for (coding, width, height) in &camera.codings {
        text += &format!(" {}", coding.four_cc());
        if *width > 0 {
            text += &format!(" up to {width}×{height}");
        }
    }
    if camera.codings.is_empty() {
        text += " nothing that a kiosk understands";
    }
    text + "\n"
}

/// Makes the kiosk's key, or takes in the operator's enrolment.
pub fn provision(config: &Path, enrolment: Option<&Path>) -> Result<String, CommandError> {
    let config = Config::load(config)?;
    let state = own_state(&config)?;
    let public = state.provision()?;
    let Some(folder) = enrolment else {
        let key = hex(public.as_bytes());
        return Ok(format!(
            "This kiosk's public key is\n\n    {key}\n\nSend it to the operator, who runs\n\n    \
             kiosk operator enrol --operator KEYS --kiosk {} --site {} --device-key {key} --out ENROLMENT\n\n\
             and install what comes back with `kiosk provision --config … --enrolment ENROLMENT`.",
            config.kiosk.id, config.kiosk.site,
        ));
    };
    state.enrol(
        &Enrolment::read(folder)?,
        &config.kiosk.id,
        &config.kiosk.site,
    )?;
    let identity = state.load()?;
    let mut said = format!(
        "Enrolled as {} at {}. The kiosk is ready to run.",
        identity.credential.kiosk, identity.credential.site
    );
    if config.ledger.on_chain().is_some() {
        let sender = ledger::sender(&state)?.address();
        said.push_str(&format!(
            "\nIt will anchor from {sender}, once the operator has listed it: run `kiosk ledger \
             enrolment --config …` and send what it prints to the operator."
        ));
    }
    Ok(said)
}

/// The state folder, for commands that write keys: its owner's alone.
fn own_state(config: &Config) -> Result<StateFolder, ProvisionError> {
    let state = StateFolder::of(config);
    state.must_be_ours()?;
    Ok(state)
}

/// Makes the successor of the kiosk's key and says what to do with it.
pub fn rotate(config: &Path) -> Result<String, CommandError> {
    let config = Config::load(config)?;
    let Rotation { present, successor } = own_state(&config)?.prepare_rotation()?;
    let (old, new) = (hex(present.as_bytes()), hex(successor.as_bytes()));
    Ok(format!(
        "This kiosk's next public key is\n\n    {new}\n\nUntil the operator has vouched for it, the \
         kiosk works on under its present key. The operator runs\n\n    \
         kiosk operator enrol --operator KEYS --kiosk {} --site {} --device-key {new} --out ENROLMENT\n\n\
         and, on the kiosk, while it is stopped, `kiosk provision --config … --enrolment ENROLMENT` \
         puts it in the place of the present one. Then the operator says so in the trust list:\n\n    \
         receipt trust issue --operator-key KEYS/operator.key --previous LIST \\\n        \
         --credential ENROLMENT/credential.cose --rotate {old}={new} NEW-LIST",
        config.kiosk.id, config.kiosk.site,
    ))
}

/// Destroys the kiosk's keys, if its name was given.
pub fn wipe(config: &Path, confirm: &Name) -> Result<String, CommandError> {
    let config = Config::load(config)?;
    if *confirm != config.kiosk.id {
        return Err(CommandError::NotConfirmed {
            said: confirm.clone(),
            kiosk: config.kiosk.id,
        });
    }
    let state = own_state(&config)?;
    state.wipe()?;
    let mut said = format!(
        "The keys of {} are destroyed; nobody can sign as this kiosk any more. Its log is still in \
         {}, for the auditor. Tell the operator, who revokes the key in the trust list. To use the \
         kiosk again, provision it and have it enrolled anew.",
        config.kiosk.id,
        config.paths.state.display(),
    );
    // Not refused: who is in a hurry to destroy keys must not be sent away first.
    if state.is_running() {
        said.push_str(
            "\nWARNING: the kiosk is running and still has the keys in its memory. Stop it now: \
             `systemctl stop kiosk`.",
        );
    }
    Ok(said)
}

/// A technician has looked into why the case was open: checks that it is closed now, and opens the
/// way to new keys.
pub fn sign_off(config: &Path, by: &Name) -> Result<String, CommandError> {
    let config = Config::load(config)?;
    let state = own_state(&config)?;
    // A kiosk without a tamper switch has nothing to say against it.
    let case = PanelSource::of_case(&config.panel.wiring);
    if case.map_or(Ok(false), |case| case.is_case_open())? {
        return Err(CommandError::CaseOpen);
    }
    state.sign_off(by)?;
    let path = state.events();
    EventFile::open(&path)
        .map_err(|source| CommandError::Events { path, source })?
        .write(&Record::SignedOff { by: by.to_string() });
    Ok(format!(
        "Signed off by {by}. The old keys of {kiosk} are destroyed. So that it can serve again:\n\n  \
         1. Tell the operator, who revokes the old key in the trust list.\n  \
         2. kiosk provision --config …                      (makes a new key, says what the operator does)\n  \
         3. kiosk provision --config … --enrolment FOLDER   (takes in what the operator sent back)\n  \
         4. kiosk self-test --config …",
        kiosk = config.kiosk.id,
    ))
}

/// The operator's side.
pub fn operator(command: OperatorCommand) -> Result<String, CommandError> {
    match command {
        OperatorCommand::Create { folder } => {
            Operator::create(&folder)?;
            let folder = folder.display();
            Ok(format!(
                "The operator's keys are in {folder}. Keep operator.key and pseudonym.key secret and \
                 backed up; give operator.pub to everybody who checks receipts."
            ))
        }
        OperatorCommand::Enrol(arguments) => enrol(&arguments),
    }
}

fn enrol(arguments: &EnrolArguments) -> Result<String, CommandError> {
    let EnrolArguments {
        operator,
        kiosk,
        site,
        device_key,
        days,
        out,
    } = arguments;
    let now = WallTime::now().unix_seconds();
    let validity = Validity {
        not_before: now,
        not_after: now + u64::from(*days) * SECONDS_PER_DAY,
    };
    let enrolment = Operator::load(operator)?.enrol(kiosk, site, device_key, validity);
    fs::create_dir(out).map_err(|source| CommandError::Folder {
        path: out.clone(),
        source,
    })?;
    enrolment.write(out)?;
    Ok(format!(
        "{kiosk} at {site} is vouched for during {days} days. Bring the folder {} to the kiosk; \
         it holds a secret, so delete it afterwards.",
        out.display()
    ))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn device_key(text: &str) -> Result<DevicePublicKey, String> {
    let bytes =
        parse_hex(text).ok_or("give 64 hexadecimal digits, as `kiosk provision` printed them")?;
    DevicePublicKey::from_bytes(&bytes).map_err(|error: NotAKey| error.to_string())
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, d| byte << 4 | d))
        .collect();
    (digits.len() == 64)
        .then(|| bytes.try_into().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody plugged a scanner in and expects it to be used.
    #[test]
    fn a_check_of_the_settings_warns_of_a_scanner_that_nobody_will_ask() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("kiosk.toml");
        let said_of = |kind: &str| {
            let text = format!(
                "[kiosk]\nid = \"kiosk-1\"\nsite = \"hall\"\n[paths]\nservices = {:?}\n\
                 [card_reader]\nkind = {kind:?}\nmrz_scanner = \"/dev/ttyACM0\"\n",
                concat!(env!("CARGO_MANIFEST_DIR"), "/services"),
            );
            fs::write(&settings, text).unwrap();
            check(&settings).unwrap()
        };
        let said = said_of("serial");
        assert!(
            said.contains("WARNING") && said.contains("`mrz_scanner`"),
            "{said}"
        );
        assert!(!said_of("pcsc").contains("WARNING"));
    }
}
