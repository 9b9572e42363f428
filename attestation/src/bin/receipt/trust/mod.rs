//! `receipt trust`: shows trust lists, and issues them where the operator's key is at hand.

#[cfg(feature = "log")]
mod issue;

use std::process::ExitCode;

use attestation::{ListedKey, TrustList};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::list::Show;
use crate::report::{hex, line};
use crate::{Failure, input, status};
use attestation::utc::rfc3339;

#[cfg(feature = "log")]
pub(crate) use issue::IssueError;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show a trust list after checking that this operator signed it.
    Show(Show),
    /// Issue the next trust list.
    ///
    /// KEY is the name of a kiosk with one key, or the first eight or more hexadecimal digits of the key.
    /// TIME is like 2026-11-21T08:00:00Z, or left out for now.
    #[cfg(feature = "log")]
    Issue(issue::Issue),
}

impl Command {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Show(show) => {
                let operator = input::operator(&show.operator)?;
                let list = input::trust_list(&show.list, &operator)?;
                show.print(&as_json(&list), &as_text(&list));
            }
            #[cfg(feature = "log")]
            Self::Issue(issue) => print!("{}", as_text(&issue.run()?)),
        }
        Ok(ExitCode::SUCCESS)
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
