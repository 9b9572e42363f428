//! `receipt status`: shows status lists, and issues them where the operator's key is at hand.

#[cfg(feature = "log")]
mod issue;

use std::process::ExitCode;

use attestation::StatusList;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::list::Show;
use crate::report::line;
use crate::{Failure, input, status};
use attestation::utc::rfc3339;

#[cfg(feature = "log")]
pub(crate) use issue::IssueError;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show a status list after checking that this operator signed it.
    Show(Show),
    /// Issue a kiosk's next status list.
    #[cfg(feature = "log")]
    Issue(issue::Issue),
}

impl Command {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Show(show) => {
                let operator = input::operator(&show.operator)?;
                let list = input::status_list(&show.list, &operator)?;
                show.print(&as_json(&list), &as_text(&list));
            }
            #[cfg(feature = "log")]
            Self::Issue(issue) => print!("{}", as_text(&issue.run()?)),
        }
        Ok(ExitCode::SUCCESS)
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
