//! `receipt status issue`: a kiosk's last list, what has changed since, and the operator's key make
//! the next one.

use std::io;
use std::path::PathBuf;

use attestation::{
    Name, NotAStatusUri, OperatorKey, OperatorKeyError, StatusDraft, StatusDraftError, StatusList,
    StatusListError, StatusUri,
};
use clap::Args;

use crate::input::{self, InputError};

const DAY_S: u64 = 86_400;

/// INDEX is the place of a verification in the kiosk's log, as "receipt verify --json" prints it.
#[derive(Args)]
pub(crate) struct Issue {
    /// The operator's secret key (PKCS#8 PEM).
    #[arg(long, value_name = "FILE")]
    operator_key: PathBuf,
    /// The last list of the kiosk; without it the first one is made.
    #[arg(long, value_name = "LIST", conflicts_with_all = ["kiosk", "site", "uri"])]
    previous: Option<PathBuf>,
    /// The kiosk, for its first list.
    #[arg(long, required_unless_present = "previous")]
    kiosk: Option<Name>,
    /// Its site, for its first list.
    #[arg(long, required_unless_present = "previous")]
    site: Option<Name>,
    /// Where the list is published, if wallets shall find it there (the kiosk must name it too).
    #[arg(long)]
    uri: Option<String>,
    /// For how many verifications there shall be room at least.
    #[arg(long, default_value_t = 100_000)]
    entries: u64,
    /// The verification does not count, for ever.
    #[arg(long, value_name = "INDEX")]
    invalidate: Vec<u64>,
    /// The verification does not count, until it is reinstated.
    #[arg(long, value_name = "INDEX")]
    suspend: Vec<u64>,
    /// A suspended verification counts again.
    #[arg(long, value_name = "INDEX")]
    reinstate: Vec<u64>,
    /// In how many days there will be a newer list.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=3650))]
    days: u64,
    /// The new list.
    #[arg(value_name = "LIST")]
    output: PathBuf,
}

/// Why no list was issued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssueError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Key(#[from] OperatorKeyError),
    #[error(transparent)]
    Draft(#[from] StatusDraftError),
    #[error(transparent)]
    Uri(#[from] NotAStatusUri),
    #[error("give --kiosk and --site for a first list, or --previous")]
    WhichKiosk,
    #[error("{path} is already there; give it with --previous too, so that nothing is forgotten")]
    NotPrevious { path: PathBuf },
    #[error("this machine does not know the time; set its clock")]
    Clock,
    #[error("the list that was made cannot be read again; this is a defect")]
    Unreadable(#[from] StatusListError),
    #[error("cannot write the status list {path}; choose a writable place")]
    Write { path: PathBuf, source: io::Error },
}

impl Issue {
    pub(crate) fn run(&self) -> Result<StatusList, IssueError> {
        let operator = OperatorKey::load(&self.operator_key)?;
        let now = crate::now().ok_or(IssueError::Clock)?;
        let mut draft = self.start(&operator)?;
        draft.extend(self.entries)?;
        for index in &self.reinstate {
            draft.reinstate(*index)?;
        }
        for index in &self.suspend {
            draft.suspend(*index)?;
        }
        for index in &self.invalidate {
            draft.invalidate(*index)?;
        }
        let text = draft.issue(&operator, now, self.days * DAY_S)?;
        let list = StatusList::decode(text.as_bytes(), &operator.public())?;
        StatusList::save(&text, &self.output).map_err(|source| IssueError::Write {
            path: self.output.clone(),
            source,
        })?;
        Ok(list)
    }

    /// A list that is in the way without being built upon would bring back what was invalid.
    fn start(&self, operator: &OperatorKey) -> Result<StatusDraft, IssueError> {
        match (&self.previous, &self.site, &self.kiosk) {
            (Some(path), ..) => {
                let last = input::status_list(path, &operator.public())?;
                Ok(StatusDraft::after(&last, operator)?)
            }
            (None, Some(_), Some(_)) if self.output.exists() => Err(IssueError::NotPrevious {
                path: self.output.clone(),
            }),
            (None, Some(site), Some(kiosk)) => {
                let uri = self.uri.as_deref().map(StatusUri::parse).transpose()?;
                let uri = uri.unwrap_or_else(|| StatusUri::of(site, kiosk));
                Ok(StatusDraft::first(site, kiosk, &uri, self.entries)?)
            }
            _ => Err(IssueError::WhichKiosk),
        }
    }
}
