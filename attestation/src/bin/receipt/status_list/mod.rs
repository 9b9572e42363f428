//! `receipt status`: shows status lists, and issues them where the operator's key is at hand.

#[cfg(feature = "log")]
mod issue;

use std::path::PathBuf;
use std::process::ExitCode;

use attestation::StatusList;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::report::line;
use crate::utc::rfc3339;
use crate::{Failure, input, status};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show a status list after checking that this operator signed it.
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
    /// Issue a kiosk's next status list.
    #[cfg(feature = "log")]
    Issue(issue::Issue),
}

/// Why a list could not be issued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StatusError {
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
                show(&input::status_list(&list, &operator)?, json);
            }
            #[cfg(feature = "log")]
            Self::Issue(issue) => {
                let list = issue.run().map_err(StatusError::from)?;
                show(&list, false);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(list: &StatusList, json: bool) {
    if json {
        println!("{:#}", as_json(list));
    } else {
        print!("{}", as_text(list));
    }
}

fn as_text(list: &StatusList) -> String {
    let mut text = String::new();
    line(&mut text, "Name", list.uri());
    line(
        &mut text,
        "Log",
        list.log().map_or("not named", String::as_str),
    );
    line(&mut text, "Issued", &rfc3339(list.issued_at()));
    line(&mut text, "Age", &status::age_of(list.age_s(crate::now())));
    let next = list.next_update().map(rfc3339);
    line(&mut text, "Next", next.as_deref().unwrap_or("not said"));
    line(&mut text, "Entries", &list.entries().to_string());
    for (index, status) in list.exceptions() {
        text.push_str(&format!("{index:>8}  {}\n", status.as_code()));
    }
    text
}

fn as_json(list: &StatusList) -> Value {
    let exceptions = list.exceptions();
    let exceptions: Vec<_> = exceptions
        .map(|(index, status)| json!({ "index": index, "status": status.as_code() }))
        .collect();
    json!({
        "uri": list.uri(),
        "log": list.log(),
        "issued_at": rfc3339(list.issued_at()),
        "age_s": list.age_s(crate::now()),
        "next_update": list.next_update().map(rfc3339),
        "entries": list.entries(),
        "exceptions": exceptions,
    })
}
