//! `receipt trust`: shows trust lists, and issues them where the operator's key is at hand.

#[cfg(feature = "log")]
mod issue;

use std::path::PathBuf;
use std::process::ExitCode;

use attestation::{ListedKey, TrustList};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::report::{hex, line};
use crate::{Failure, input, status};
use attestation::utc::rfc3339;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show a trust list after checking that this operator signed it.
    Show {
        /// The operator's public key (operator.pub: PEM, or 32 bytes in base64).
        #[arg(long, value_name = "FILE")]
        operator: PathBuf,
        /// The list.
        list: PathBuf,
        /// Print JSON for programs.
        #[arg(long)]
        json: bool,
    },
    /// Issue the next trust list.
    #[cfg(feature = "log")]
    Issue(issue::Issue),
}

/// Why a list could not be issued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrustError {
    #[cfg(feature = "log")]
    #[error(transparent)]
    Issue(#[from] issue::IssueError),
}

impl Command {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Show {
                operator,
                list,
                json,
            } => {
                let operator = input::operator(&operator)?;
                show(&input::trust_list(&list, &operator)?, json);
            }
            #[cfg(feature = "log")]
            Self::Issue(issue) => {
                let list = issue.run().map_err(TrustError::from)?;
                show(&list, false);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(list: &TrustList, json: bool) {
    if json {
        println!("{:#}", as_json(list));
    } else {
        print!("{}", as_text(list));
    }
}

fn as_text(list: &TrustList) -> String {
    let mut text = String::new();
    line(&mut text, "Sequence", &list.sequence().to_string());
    line(&mut text, "Issued", &rfc3339(list.issued_at()));
    line(&mut text, "Next", &rfc3339(list.next_update()));
    line(&mut text, "Keys", &list.keys().len().to_string());
    for listed in list.keys() {
        text.push_str(&format!(
            "\n{}  {}\n  valid from {} until before {}\n  {}\n",
            hex(listed.key.as_bytes()),
            listed.kiosk,
            rfc3339(listed.validity.not_before),
            rfc3339(listed.validity.not_after),
            status::state(&listed.state),
        ));
    }
    text
}

fn as_json(list: &TrustList) -> Value {
    let keys: Vec<_> = list.keys().iter().map(key_json).collect();
    json!({
        "sequence": list.sequence(),
        "issued_at": rfc3339(list.issued_at()),
        "next_update": rfc3339(list.next_update()),
        "keys": keys,
    })
}

fn key_json(listed: &ListedKey) -> Value {
    json!({
        "key": hex(listed.key.as_bytes()),
        "kiosk": listed.kiosk.as_str(),
        "not_before": rfc3339(listed.validity.not_before),
        "not_after": rfc3339(listed.validity.not_after),
        "state": listed.state.as_code(),
        "from": listed.state.ended().map(rfc3339),
    })
}
