//! `kiosk log …`: what operators and auditors do with the log of a kiosk that is not running. Each
//! gives the text to print, and tells meanwhile how far it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use attestation::{Exported, Recipient, Scope, WitnessPublicKey};
use clap::Subcommand;

use crate::assemble::{StartError, open_store};
use crate::config::{Config, ConfigError};
use crate::provision::{ProvisionError, StateFolder};
use crate::store::{Store, StoreError};

/// The commands.
#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// Re-verify every attestation in this kiosk's log
    Audit {
        /// Settings file
        #[arg(long)]
        config: PathBuf,
    },
    /// Write the log out as files; a later export into the same folder only adds
    ///
    /// Without more, only hashes, head and credentials are written. They tell nothing about a
    /// visit, may be published, and are all that witnesses need.
    Export {
        /// Settings file
        #[arg(long)]
        config: PathBuf,
        /// Write the attestations too, in the clear: time, service, outcome and pseudonym of each
        /// visit. Only onto a disk that is as safe as the kiosk's
        #[arg(long)]
        entries: bool,
        /// Write everything into one file that only this auditor can open (age1…, from
        /// age-keygen): "age --decrypt -i KEY FILE | tar x", then "receipt log check … log"
        #[arg(long, value_name = "AGE-KEY", conflicts_with = "entries", value_parser = auditor)]
        to: Option<Recipient>,
        /// The folder, which is made if it is not there; with --to, the new file
        #[arg(value_name = "FOLDER or FILE")]
        target: PathBuf,
    },
    /// Keep what a witness said about a head of this log; later exports carry it
    AddCosignature {
        /// Settings file
        #[arg(long)]
        config: PathBuf,
        /// The witness's verifier key (name+hint+key)
        #[arg(long, value_name = "KEY", value_parser = witness)]
        witness: WitnessPublicKey,
        /// The note that the witness cosigned
        note: PathBuf,
    },
    /// How large the log is, and how many more attestations have room
    Size {
        /// Settings file
        #[arg(long)]
        config: PathBuf,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum LogCommandError {
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another user's log.
    #[error(transparent)]
    OtherUser(#[from] ProvisionError),
    /// Start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The log is damaged.
    #[error("the log is NOT whole: keep the kiosk's state folder as it is and call the operator")]
    Audit(#[source] StoreError),
    /// The log.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the user's.
    #[error("cannot read {path}; check that it is there and that you may read it")]
    File {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
}

/// Does it.
pub fn run(
    command: LogCommand,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<String, LogCommandError> {
    match command {
        LogCommand::Audit { config } => audit(&open(&config)?, progress),
        LogCommand::Export {
            config,
            entries,
            to,
            target,
        } => {
            let scope = if entries {
                Scope::Entries
            } else {
                Scope::Digests
            };
            export(&open(&config)?, scope, to.as_ref(), &target, progress)
        }
        LogCommand::AddCosignature {
            config,
            witness,
            note,
        } => add_cosignature(&mut open(&config)?, &witness, &note),
        LogCommand::Size { config } => size(&open(&config)?),
    }
}

fn audit(store: &Store, progress: &mut dyn FnMut(u64, u64)) -> Result<String, LogCommandError> {
    let report = store.audit_telling(progress);
    let report = report.map_err(LogCommandError::Audit)?;
    Ok(format!(
        "The log is whole: {}, every signature and every tree node holds.",
        attestations(report.entries)
    ))
}

/// Opening writes: what a power cut left half done is finished.
fn open(config: &Path) -> Result<Store, LogCommandError> {
    let config = Config::load(config)?;
    StateFolder::of(&config).must_be_ours()?;
    Ok(open_store(&config)?)
}

fn export(
    store: &Store,
    scope: Scope,
    auditor: Option<&Recipient>,
    target: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<String, LogCommandError> {
    let done = match auditor {
        Some(auditor) => store.export_sealed(auditor, target, progress)?,
        None => store.export(target, scope, progress)?,
    };
    Ok(exported(&done, target))
}

fn exported(done: &Exported, target: &Path) -> String {
    format!(
        "{} in {}, {} of them new.",
        attestations(done.size),
        target.display(),
        done.size - done.before
    )
}

fn add_cosignature(
    store: &mut Store,
    witness: &WitnessPublicKey,
    path: &Path,
) -> Result<String, LogCommandError> {
    let note = fs::read_to_string(path).map_err(|source| LogCommandError::File {
        path: path.to_owned(),
        source,
    })?;
    let seen = store.accept_cosignature(&note, witness)?;
    Ok(format!(
        "{} has seen {}; exports say so from now on.",
        witness.name(),
        attestations(seen.size())
    ))
}

fn size(store: &Store) -> Result<String, LogCommandError> {
    const MEBI: u64 = 1 << 20;
    let room = store.room()?;
    let mut text = format!(
        "{} take {} MiB of {} MiB.",
        attestations(room.entries),
        room.used_bytes.div_ceil(MEBI),
        room.limit_bytes / MEBI
    );
    if let Some(left) = room.entries_left() {
        text.push_str(&format!(" Room for about {left} more."));
    }
    if room.is_short() {
        text.push_str(
            " It is time to raise `limit_gib` under [log], or to replace the kiosk's key and log.",
        );
    }
    Ok(text)
}

/// "1 attestation", "2 attestations".
pub(crate) fn attestations(number: u64) -> String {
    match number {
        1 => String::from("1 attestation"),
        number => format!("{number} attestations"),
    }
}

fn auditor(text: &str) -> Result<Recipient, String> {
    Recipient::parse(text).map_err(|error| error.to_string())
}

fn witness(text: &str) -> Result<WitnessPublicKey, String> {
    WitnessPublicKey::parse(text).map_err(|error| error.to_string())
}
