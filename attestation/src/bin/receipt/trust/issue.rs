//! `receipt trust issue`: the last list, what has changed since, and the operator's key make the
//! next one.

use std::io;
use std::path::PathBuf;

use attestation::{
    DevicePublicKey, DraftError, OperatorKey, OperatorKeyError, TrustDraft, TrustList,
};
use clap::Args;

use crate::input::{self, InputError};
use crate::report::hex;

const DAY_S: u64 = 86_400;
/// The fewest hexadecimal digits that stand for a key.
const MIN_KEY_DIGITS: usize = 8;

#[derive(Args)]
pub(crate) struct Issue {
    /// The operator's secret key (PKCS#8 PEM).
    #[arg(long, value_name = "FILE")]
    operator_key: PathBuf,
    /// The operator's last list; without it the first one is made.
    #[arg(long, value_name = "LIST")]
    previous: Option<PathBuf>,
    /// List the key of this credential.
    #[arg(long, value_name = "FILE")]
    credential: Vec<PathBuf>,
    /// The key was replaced by another key of the same kiosk at that time.
    #[arg(long, value_name = "KEY=NEWKEY[@TIME]")]
    rotate: Vec<String>,
    /// The key does not count from that time on, until it is reinstated.
    #[arg(long, value_name = "KEY[@TIME]")]
    suspend: Vec<String>,
    /// A suspended key counts again.
    #[arg(long, value_name = "KEY")]
    reinstate: Vec<String>,
    /// The key does not count from that time on, for ever. If it was stolen: from the last moment
    /// at which it surely was not, because a thief can write earlier times.
    #[arg(long, value_name = "KEY[@TIME]")]
    revoke: Vec<String>,
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
    Draft(#[from] DraftError),
    #[error(
        "{key:?} does not name exactly one listed key; give more of its hexadecimal digits \
         (\"receipt trust show\" prints them)"
    )]
    WhichKey { key: String },
    #[error("{text:?} is not a time; write it like 2026-11-21T08:00:00Z")]
    Time { text: String },
    #[error("{text:?} does not say which key follows; write it as KEY=NEWKEY or KEY=NEWKEY@TIME")]
    Rotation { text: String },
    #[error("{path} is already there; give it with --previous too, so that the numbers go on")]
    NotPrevious { path: PathBuf },
    #[error("this machine does not know the time; set its clock")]
    Clock,
    #[error("cannot write the trust list {path}; choose a writable place")]
    Write { path: PathBuf, source: io::Error },
}

impl Issue {
    pub(crate) fn run(&self) -> Result<TrustList, IssueError> {
        let operator = OperatorKey::load(&self.operator_key)?;
        let now = crate::now().ok_or(IssueError::Clock)?;
        let mut draft = self.start(&operator)?;
        for path in &self.credential {
            draft.vouch(&input::credential(path)?)?;
        }
        self.change(&mut draft, now)?;
        let list = draft.issue(now, now + self.days * DAY_S)?;
        list.save(&self.output)
            .map_err(|source| IssueError::Write {
                path: self.output.clone(),
                source,
            })?;
        Ok(list)
    }

    /// A list that is in the way without being built upon would be followed by a lower number.
    fn start<'o>(&self, operator: &'o OperatorKey) -> Result<TrustDraft<'o>, IssueError> {
        match &self.previous {
            Some(path) => {
                let last = input::trust_list(path, &operator.public())?;
                Ok(TrustDraft::after(&last, operator)?)
            }
            None if self.output.exists() => Err(IssueError::NotPrevious {
                path: self.output.clone(),
            }),
            None => Ok(TrustDraft::first(operator)),
        }
    }

    fn change(&self, draft: &mut TrustDraft<'_>, now: u64) -> Result<(), IssueError> {
        for text in &self.reinstate {
            let key = find(draft, text)?;
            draft.reinstate(&key)?;
        }
        for text in &self.rotate {
            let (keys, from) = at(text, now)?;
            let keys = keys
                .split_once('=')
                .ok_or_else(|| IssueError::Rotation { text: text.clone() })?;
            let (old, new) = (find(draft, keys.0)?, find(draft, keys.1)?);
            draft.rotate(&old, &new, from)?;
        }
        for text in &self.suspend {
            let (key, from) = at(text, now)?;
            let key = find(draft, key)?;
            draft.suspend(&key, from)?;
        }
        for text in &self.revoke {
            let (key, from) = at(text, now)?;
            let key = find(draft, key)?;
            draft.revoke(&key, from)?;
        }
        Ok(())
    }
}

/// `KEY@TIME`; neither a name nor a number has an @.
fn at(text: &str, now: u64) -> Result<(&str, u64), IssueError> {
    let Some((key, time)) = text.split_once('@') else {
        return Ok((text, now));
    };
    let time = attestation::utc::parse(time).ok_or_else(|| IssueError::Time {
        text: time.to_owned(),
    })?;
    Ok((key, time))
}

fn find(draft: &TrustDraft<'_>, text: &str) -> Result<DevicePublicKey, IssueError> {
    let mut named = draft.keys().filter(|listed| {
        let by_digits =
            text.len() >= MIN_KEY_DIGITS && hex(listed.key.as_bytes()).starts_with(text);
        by_digits || listed.kiosk.as_str() == text
    });
    match (named.next(), named.next()) {
        (Some(listed), None) => Ok(listed.key),
        _ => Err(IssueError::WhichKey {
            key: text.to_owned(),
        }),
    }
}
