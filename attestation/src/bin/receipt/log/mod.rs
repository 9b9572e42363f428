//! `receipt log`: checks an exported log from its files alone, witnesses it, and exports one where
//! no kiosk program holds it.

mod check;
#[cfg(feature = "log")]
mod export;
mod progress;
mod witness;

#[cfg(feature = "log")]
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::Failure;
#[cfg(feature = "evm")]
pub(crate) use check::{seen_json, seen_words, witness as witness_key};
pub(crate) use witness::WitnessError;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check that an exported log is whole. Exit code 0 only if all of it holds.
    Check(check::Check),
    /// Write a log out as files; a later export into the same folder only adds.
    ///
    /// Without more, only hashes, head and credentials are written: they may be published, and
    /// witnesses need no more.
    #[cfg(feature = "log")]
    Export(export::Export),
    /// Cosign the head of an exported log, after checking that it grew out of the last one seen.
    Witness(witness::Cosign),
    /// Make a witness's key, and print the verifier key that others need.
    #[cfg(feature = "log")]
    WitnessKey {
        /// The witness's name; by convention a URL without a scheme.
        #[arg(long)]
        name: String,
        /// The new key file (PKCS#8 PEM); it stays secret.
        key: PathBuf,
    },
    /// Put a witness's cosignature into an exported log.
    AddCosignature(witness::Add),
}

impl Command {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Check(check) => check.run(),
            #[cfg(feature = "log")]
            Self::Export(export) => export.run(),
            Self::Witness(cosign) => cosign.run(),
            #[cfg(feature = "log")]
            Self::WitnessKey { name, key } => Ok(witness::make_key(&name, &key)?),
            Self::AddCosignature(add) => add.run(),
        }
    }
}

/// "1 entry", "2 entries".
fn entries(number: u64) -> String {
    match number {
        1 => "1 entry".to_owned(),
        number => format!("{number} entries"),
    }
}
