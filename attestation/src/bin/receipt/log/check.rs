//! `receipt log check`.

use std::path::PathBuf;
use std::process::ExitCode;

use attestation::{
    Contents, Cosigned, ExportFinding, ExportReport, WitnessPublicKey, check_witnessed_export,
    verifier_key,
};
use clap::Args;
use serde_json::{Value, json};

use super::entries;
use super::progress::Progress;
use crate::report::{hex, line, with_causes};
use crate::{Failure, input};
use attestation::utc::rfc3339;

#[derive(Args)]
pub(crate) struct Check {
    /// The operator's public key (operator.pub: PEM, or 32 bytes in base64).
    #[arg(long, value_name = "FILE")]
    operator: PathBuf,
    /// Require that this witness has cosigned a head (verifier key: name+hint+key); more than one
    /// may be given.
    #[arg(long, value_name = "KEY", value_parser = witness)]
    witness: Vec<WitnessPublicKey>,
    /// The folder with the file "checkpoint".
    folder: PathBuf,
    /// Print JSON for programs.
    #[arg(long)]
    json: bool,
}

/// A witness's verifier key on the command line.
pub(crate) fn witness(text: &str) -> Result<WitnessPublicKey, String> {
    WitnessPublicKey::parse(text).map_err(|error| error.to_string())
}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let operator = input::operator(&self.operator)?;
        let mut progress = Progress::of("checked");
        let mut tell = |done, total| progress.tell(done, total);
        let found = check_witnessed_export(&self.folder, &operator, &self.witness, &mut tell);
        drop(progress);
        Ok(match found {
            Ok(report) => accept(&report, self.json),
            Err(finding) => refuse(&finding, self.json),
        })
    }
}

fn accept(report: &ExportReport, json: bool) -> ExitCode {
    if json {
        println!("{:#}", as_json(report));
    } else {
        print!("{}", as_text(report));
    }
    ExitCode::SUCCESS
}

pub(super) fn refuse(finding: &ExportFinding, json: bool) -> ExitCode {
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
    let mut text = match report.contents {
        Contents::Entries => "WHOLE: every entry is the kiosk's, and they make the signed tree\n\n",
        Contents::Digests => {
            "WHOLE, DIGESTS ONLY: the hashes make the tree that the kiosk signed; the attestations \
             are not here\n\n"
        }
    }
    .to_owned();
    line(&mut text, "Log", &head.origin);
    line(&mut text, "Entries", &head.size.to_string());
    line(&mut text, "Root", &hex(&head.root));
    line(&mut text, "Credentials", &report.credentials.to_string());
    let key = verifier_key(&head.origin, &report.device);
    line(&mut text, "Key", &key);
    for seen in &report.witnessed {
        line(&mut text, "Witnessed", &seen_words(seen));
    }
    text
}

/// A witness's word, for people.
pub(crate) fn seen_words(seen: &Cosigned) -> String {
    let said = &seen.cosignature;
    format!(
        "{} by {}, at {}",
        entries(seen.size()),
        said.witness().name(),
        rfc3339(said.time())
    )
}

/// A witness's word, for programs.
pub(crate) fn seen_json(seen: &Cosigned) -> Value {
    json!({
        "witness": seen.cosignature.witness().verifier_key(),
        "size": seen.size(),
        "time": rfc3339(seen.cosignature.time()),
    })
}

fn as_json(report: &ExportReport) -> Value {
    let head = &report.head.checkpoint;
    json!({
        "holds": true,
        "contents": match report.contents {
            Contents::Entries => "entries",
            Contents::Digests => "digests",
        },
        "origin": head.origin,
        "size": head.size,
        "root": hex(&head.root),
        "credentials": report.credentials,
        "device": hex(report.device.as_bytes()),
        "verifier_key": verifier_key(&head.origin, &report.device),
        "witnessed": report.witnessed.iter().map(seen_json).collect::<Vec<_>>(),
    })
}
