//! `receipt log`: checks an exported log from its files alone, and exports one where no kiosk
//! program holds it.

use std::path::PathBuf;
use std::process::ExitCode;

use attestation::{ExportFinding, ExportReport, check_export, verifier_key};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::report::{hex, line, with_causes};
use crate::{Failure, input};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check that an exported log is whole. Exit code 0 only if all of it holds.
    Check {
        /// The operator's public key (operator.pub: PEM, or 32 bytes in base64).
        #[arg(long, value_name = "FILE")]
        operator: PathBuf,
        /// The folder with the file "checkpoint".
        folder: PathBuf,
        /// Print JSON for programs.
        #[arg(long)]
        json: bool,
    },
    /// Write a log out as files; a later export into the same folder only adds.
    #[cfg(feature = "log")]
    Export {
        /// The kiosk's log (SQLite). The kiosk program must not run.
        log: PathBuf,
        /// The folder; it is made if it is not there.
        folder: PathBuf,
    },
}

impl Command {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Check {
                operator,
                folder,
                json,
            } => {
                let operator = input::operator(&operator)?;
                Ok(match check_export(&folder, &operator) {
                    Ok(report) => accept(&report, json),
                    Err(finding) => refuse(&finding, json),
                })
            }
            #[cfg(feature = "log")]
            Self::Export { log, folder } => export(&log, &folder),
        }
    }
}

#[cfg(feature = "log")]
fn export(log: &std::path::Path, folder: &std::path::Path) -> Result<ExitCode, Failure> {
    let done = attestation::Log::open(log)?.export(folder)?;
    println!(
        "{} entries in {}, {} of them new; {} files written",
        done.size,
        folder.display(),
        done.size - done.before,
        done.files
    );
    Ok(ExitCode::SUCCESS)
}

fn accept(report: &ExportReport, json: bool) -> ExitCode {
    if json {
        println!("{:#}", as_json(report));
    } else {
        print!("{}", as_text(report));
    }
    ExitCode::SUCCESS
}

fn refuse(finding: &ExportFinding, json: bool) -> ExitCode {
    let (code, message) = (finding.as_code(), with_causes(finding));
    if json {
        let found = json!({ "holds": false, "code": code, "message": message });
        println!("{found:#}");
    } else {
        println!("REFUSED ({code})\n{message}");
    }
    ExitCode::from(1)
}

fn as_text(report: &ExportReport) -> String {
    let head = &report.head.checkpoint;
    let mut text =
        "WHOLE: every entry is the kiosk's, and they make the signed tree\n\n".to_owned();
    line(&mut text, "Log", &head.origin);
    line(&mut text, "Entries", &head.size.to_string());
    line(&mut text, "Root", &hex(&head.root));
    line(&mut text, "Credentials", &report.credentials.to_string());
    let key = verifier_key(&head.origin, &report.device);
    line(&mut text, "Key", &key);
    text
}

fn as_json(report: &ExportReport) -> Value {
    let head = &report.head.checkpoint;
    json!({
        "holds": true,
        "origin": head.origin,
        "size": head.size,
        "root": hex(&head.root),
        "credentials": report.credentials,
        "device": hex(report.device.as_bytes()),
        "verifier_key": verifier_key(&head.origin, &report.device),
    })
}
