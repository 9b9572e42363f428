//! `receipt log export`: from the kiosk's file, where no kiosk program holds it.

use std::path::PathBuf;
use std::process::ExitCode;

#[cfg(feature = "seal")]
use attestation::Recipient;
use attestation::{Exported, Log, Scope};
use clap::Args;

use super::entries;
use super::progress::Progress;
use crate::Failure;

#[derive(Args)]
pub(crate) struct Export {
    /// The kiosk's log (SQLite). The kiosk program must not run.
    log: PathBuf,
    /// The folder, which is made if it is not there; with --to, the new file.
    #[arg(value_name = "FOLDER or FILE")]
    target: PathBuf,
    /// Write the attestations too, in the clear: time, service, outcome and pseudonym of each
    /// visit. Only onto a disk that is as safe as the kiosk's.
    #[arg(long)]
    entries: bool,
    /// Write everything into one file that only this auditor can open (age1…, from age-keygen):
    /// "age --decrypt -i KEY FILE | tar x", then "receipt log check … log".
    #[cfg(feature = "seal")]
    #[arg(long, value_name = "AGE-KEY", conflicts_with = "entries", value_parser = auditor)]
    to: Option<Recipient>,
}

#[cfg(feature = "seal")]
fn auditor(text: &str) -> Result<Recipient, String> {
    Recipient::parse(text).map_err(|error| error.to_string())
}

impl Export {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let log = Log::open(&self.log)?;
        let mut progress = Progress::of("exported");
        let mut tell = |done, total| progress.tell(done, total);
        let done = self.write(&log, &mut tell)?;
        drop(progress);
        println!(
            "{} in {}, {} of them new; {} written",
            entries(done.size),
            self.target.display(),
            done.size - done.before,
            match done.files {
                1 => "1 file".to_owned(),
                files => format!("{files} files"),
            }
        );
        Ok(ExitCode::SUCCESS)
    }

    fn write(&self, log: &Log, tell: &mut dyn FnMut(u64, u64)) -> Result<Exported, Failure> {
        #[cfg(feature = "seal")]
        if let Some(auditor) = &self.to {
            return Ok(log.export_sealed(auditor, &self.target, tell)?);
        }
        let scope = if self.entries {
            Scope::Entries
        } else {
            Scope::Digests
        };
        Ok(log.export_telling(&self.target, scope, tell)?)
    }
}
