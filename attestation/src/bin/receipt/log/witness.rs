//! `receipt log witness` and what belongs to it. A witness needs the published files only: it
//! checks that the head is the kiosk's and grew out of the last one that it saw, remembers it, and
//! then signs. What it remembers is written before it signs, so that it never signs two histories.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attestation::{
    ExportFinding, NotAWitness, OperatorKeyError, PublishedLog, SignedCheckpoint, WitnessKey,
    WitnessPublicKey,
};
use clap::Args;

use super::{check, entries};
use crate::{Failure, input};

/// Larger than any note, in bytes.
const MAX_NOTE_BYTES: u64 = 16 << 10;

#[derive(Args)]
pub(crate) struct Cosign {
    /// The operator's public key (operator.pub: PEM, or 32 bytes in base64).
    #[arg(long, value_name = "FILE")]
    operator: PathBuf,
    /// The witness's secret key (see "witness-key").
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The witness's name, as it was given to "witness-key".
    #[arg(long)]
    name: String,
    /// The folder in which the witness remembers the last head of each log. Never delete it.
    #[arg(long, value_name = "FOLDER")]
    memory: PathBuf,
    /// The folder with the file "checkpoint".
    folder: PathBuf,
    /// The cosigned note to be written, for the operator ("add-cosignature").
    note: PathBuf,
}

#[derive(Args)]
pub(crate) struct Add {
    /// The operator's public key (operator.pub: PEM, or 32 bytes in base64).
    #[arg(long, value_name = "FILE")]
    operator: PathBuf,
    /// The witness's verifier key (name+hint+key).
    #[arg(long, value_name = "KEY", value_parser = check::witness)]
    witness: WitnessPublicKey,
    /// The folder with the file "checkpoint".
    folder: PathBuf,
    /// The note that the witness cosigned.
    note: PathBuf,
}

/// Why nothing could be witnessed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WitnessError {
    #[error(transparent)]
    Key(#[from] OperatorKeyError),
    #[error("{name:?} cannot be a witness's name: it stands in a note, without spaces or +")]
    Name { name: String, source: NotAWitness },
    #[error("cannot read or write {path}; nothing was cosigned")]
    File { path: PathBuf, source: io::Error },
    #[error(
        "{path} does not hold a head of this log that the kiosk signed: the memory was changed, or \
         the kiosk has a new key; if the operator says so, begin a new memory"
    )]
    Memory {
        path: PathBuf,
        source: attestation::NoteError,
    },
    #[error("this machine does not know the time; set its clock")]
    Clock,
}

impl Cosign {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let operator = input::operator(&self.operator)?;
        let key = load(&self.name, &self.key)?;
        let log = match PublishedLog::open(&self.folder, &operator) {
            Ok(log) => log,
            Err(finding) => return Ok(check::refuse(&finding, false)),
        };
        let memory = self.memory.join(file_name(&log));
        if let Some(seen) = remembered(&memory, &log)?
            && let Err(finding) = log.grew_from(&seen.checkpoint)
        {
            return Ok(check::refuse(&finding, false));
        }
        let note = log.head().note(log.device());
        let now = crate::now().ok_or(WitnessError::Clock)?;
        fs::create_dir_all(&self.memory).map_err(failed(&self.memory))?;
        write(&memory, &note)?;
        let said = key.cosign(&log.head().checkpoint, now);
        write(&self.note, &(note + &said.line()))?;
        println!(
            "{} cosigned: {}",
            entries(log.head().checkpoint.size),
            key.public().verifier_key()
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl Add {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let operator = input::operator(&self.operator)?;
        let note = input::read(&self.note, MAX_NOTE_BYTES)?;
        let note = String::from_utf8_lossy(&note);
        let added = PublishedLog::open(&self.folder, &operator)
            .and_then(|log| log.add_cosignature(&note, &self.witness));
        Ok(match added {
            Ok(added) => {
                println!(
                    "{} cosigned by {}",
                    entries(added.size()),
                    self.witness.name()
                );
                ExitCode::SUCCESS
            }
            Err(ExportFinding::NotWritten { path, source }) => {
                return Err(WitnessError::File { path, source }.into());
            }
            Err(finding) => check::refuse(&finding, false),
        })
    }
}

#[cfg(feature = "log")]
pub(super) fn make_key(name: &str, path: &Path) -> Result<ExitCode, WitnessError> {
    let named = |source| WitnessError::Name {
        name: name.to_owned(),
        source,
    };
    let key = WitnessKey::generate(name)?.map_err(named)?;
    key.save(path)?;
    println!("{}", key.public().verifier_key());
    Ok(ExitCode::SUCCESS)
}

fn load(name: &str, path: &Path) -> Result<WitnessKey, WitnessError> {
    let key = WitnessKey::load(name, path)?;
    key.map_err(|source| WitnessError::Name {
        name: name.to_owned(),
        source,
    })
}

/// An origin holds slashes; a file name does not.
fn file_name(log: &PublishedLog) -> String {
    let origin = &log.head().checkpoint.origin;
    format!("{}.checkpoint", origin.replace('/', "_"))
}

fn remembered(path: &Path, log: &PublishedLog) -> Result<Option<SignedCheckpoint>, Failure> {
    if !path.exists() {
        return Ok(None);
    }
    let note = input::read(path, MAX_NOTE_BYTES)?;
    let seen = SignedCheckpoint::from_note(&String::from_utf8_lossy(&note), log.device());
    let seen = seen.map_err(|source| WitnessError::Memory {
        path: path.to_owned(),
        source,
    });
    Ok(Some(seen?))
}

/// Beside its place first, so that a power cut leaves the old one whole.
fn write(path: &Path, text: &str) -> Result<(), WitnessError> {
    let beside = path.with_added_extension("unfinished");
    fs::write(&beside, text)
        .and_then(|()| fs::File::open(&beside)?.sync_all())
        .and_then(|()| fs::rename(&beside, path))
        .map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> WitnessError {
    let path = path.to_owned();
    |source| WitnessError::File { path, source }
}
