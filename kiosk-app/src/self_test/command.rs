//! `kiosk self-test` on the command line: tests, shows, keeps a dated record, writes the page; or
//! checks a page that a kiosk wrote.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use attestation::{NotAKey, OperatorPublicKey, TrustList, TrustListError};

use super::report::Verdict;
use super::table::{self, Style};
use super::{CheckReportError, News, Progress, Tested, page, seal, test};
use crate::clock::WallTime;
use crate::config::Config;
use crate::provision::{ProvisionError, StateFolder};

const DAY_S: u64 = 86_400;

/// What to test, and what to do with the result.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Settings file
    #[arg(long, required_unless_present = "check_report")]
    config: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long, requires = "config")]
    json: bool,
    /// Also write a readiness report that the kiosk signs
    #[arg(long, value_name = "FILE.html", requires = "config")]
    report: Option<PathBuf>,
    /// Test nothing: check that an enrolled kiosk signed exactly this report
    #[arg(
        long,
        value_name = "FILE.html",
        requires = "operator",
        conflicts_with = "config"
    )]
    check_report: Option<PathBuf>,
    /// The operator's public key, for --check-report
    #[arg(long, value_name = "operator.pub", requires = "check_report")]
    operator: Option<PathBuf>,
    /// The operator's trust list, for --check-report: did the kiosk's key still count?
    #[arg(long, value_name = "LIST", requires = "check_report")]
    trust: Option<PathBuf>,
    /// So many times the usual time for each check: for stories on machines with much else to do
    #[arg(long, hide = true, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    patience: u32,
}

/// What a terminal can do; found out by `main`.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Columns.
    pub width: usize,
    /// Whether standard output shows colours.
    pub colour: bool,
    /// Whether a person watches standard error.
    pub watched: bool,
}

/// What to print, and whether the kiosk is ready or the report genuine.
pub struct Said {
    /// For standard output.
    pub text: String,
    /// The exit code is 0 for this, else 1. A record or report that could not be written is not
    /// good either.
    pub good: bool,
}

/// Why a self-test has no result.
#[derive(Debug, thiserror::Error)]
pub enum SelfTestError {
    /// A file cannot be written.
    #[error("failed to write {path}: check that the folder exists and may be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A file cannot be read.
    #[error("failed to read {path}: check that it exists and is a text file")]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The report cannot be written as JSON: a defect.
    #[error("failed to write the report as JSON")]
    Json(#[from] serde_json::Error),
    /// Not the operator's key.
    #[error("{path} is not an operator's public key: give the operator.pub file")]
    NotAnOperatorKey {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: NotAKey,
    },
    /// The trust list cannot be gone by.
    #[error("cannot go by the trust list {path} ({})", source.as_code())]
    NotATrustList {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: TrustListError,
    },
    /// Another user's kiosk: whatever that user can do, this one saying so would mean nothing.
    #[error(transparent)]
    OtherUser(#[from] ProvisionError),
    /// The report is not genuine.
    #[error("REFUSED")]
    Refused(#[from] CheckReportError),
}

/// Does what was asked.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<Said, SelfTestError> {
    match arguments {
        Arguments {
            check_report: Some(report),
            operator: Some(operator),
            trust,
            ..
        } => check(report, operator, trust.as_deref()),
        Arguments {
            config,
            json,
            report,
            patience,
            ..
        } => {
            let config = config.as_deref().unwrap_or(Path::new(""));
            must_be_ours(config)?;
            let tested = test(config, progress(terminal), *patience);
            tell(&tested, *json, report.as_deref(), terminal)
        }
    }
}

/// Settings that cannot be read are the first check's.
fn must_be_ours(config: &Path) -> Result<(), ProvisionError> {
    Config::load(config).map_or(Ok(()), |config| StateFolder::of(&config).must_be_ours())
}

fn tell(
    tested: &Tested,
    json: bool,
    page: Option<&Path>,
    terminal: Terminal,
) -> Result<Said, SelfTestError> {
    if terminal.watched {
        eprint!("{CLEAR_LINE}");
    }
    let report = &tested.report;
    let mut text = if json {
        serde_json::to_string_pretty(&report.to_json())?
    } else {
        let style = Style {
            width: terminal.width,
            colour: terminal.colour,
        };
        table::render(report, style)
    };
    // What was found is told even if it cannot be written down: the disk may be what is broken.
    let kept = told(keep(tested));
    let page = told(page.map_or(Ok(None), |path| write_page(tested, path)));
    if let Some(Some(line)) = page.as_ref().filter(|_| !json) {
        text.push_str(&format!("  {line}\n"));
    }
    Ok(Said {
        text,
        good: report.verdict() == Verdict::Ready && kept.is_some() && page.is_some(),
    })
}

/// What was written; none, and a line on standard error, if that failed.
fn told<T>(written: Result<T, SelfTestError>) -> Option<T> {
    written
        .inspect_err(|error| eprintln!("kiosk: {}", crate::errors::chain(error)))
        .ok()
}

/// Erases the line of the progress.
const CLEAR_LINE: &str = "\r\u{1b}[K";

fn progress(terminal: Terminal) -> Progress {
    if !terminal.watched {
        return Box::new(|_| {});
    }
    Box::new(|news| match news {
        News::Begins(name) => eprint!("{CLEAR_LINE}Testing: {name} …"),
        News::Watch(what) => eprintln!("{CLEAR_LINE}{what}"),
    })
}

/// Appends the dated record to the state folder.
fn keep(tested: &Tested) -> Result<(), SelfTestError> {
    let Some(state) = &tested.state else {
        return Ok(());
    };
    let path = state.self_tests();
    let mut line = serde_json::to_string(&tested.report.to_json())?;
    line.push('\n');
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .map_err(|source| SelfTestError::Write { path, source })
}

fn write_page(tested: &Tested, path: &Path) -> Result<Option<String>, SelfTestError> {
    let (page, signed) = match &tested.identity {
        Some(identity) => (
            seal::signed_page(&tested.report, identity)?,
            "signed by this kiosk",
        ),
        None => (
            page::render(&tested.report, "", None),
            "NOT signed, because this kiosk is not enrolled",
        ),
    };
    fs::write(path, page).map_err(|source| SelfTestError::Write {
        path: path.into(),
        source,
    })?;
    Ok(Some(format!("Report ({signed}): {}", path.display())))
}

fn check(report: &Path, operator: &Path, trust: Option<&Path>) -> Result<Said, SelfTestError> {
    let read = |path: &Path| {
        fs::read_to_string(path).map_err(|source| SelfTestError::Read {
            path: path.into(),
            source,
        })
    };
    let key = OperatorPublicKey::parse(&read(operator)?).map_err(|source| {
        SelfTestError::NotAnOperatorKey {
            path: operator.into(),
            source,
        }
    })?;
    let list = trust.map(|path| trust_list(path, &key)).transpose()?;
    let genuine = seal::check_report(&read(report)?, &key, list.as_ref())?;
    let verdict = match genuine.verdict.as_str() {
        "ready" => Verdict::Ready,
        _ => Verdict::NotReady,
    };
    Ok(Said {
        text: format!(
            "GENUINE: kiosk {} at {} signed exactly this report.\n\
             On {}, by its own clock, it was {}.\n{}",
            genuine.kiosk,
            genuine.site,
            genuine.time,
            verdict.words(),
            of_list(list.as_ref()),
        ),
        good: true,
    })
}

/// What the answer rests on: how old the list is, or that none was asked.
fn of_list(list: Option<&TrustList>) -> String {
    let Some(list) = list else {
        return "No trust list was given (--trust), so a withdrawn key is not noticed.\n".into();
    };
    let now = WallTime::now().unix_seconds();
    let days = now.saturating_sub(list.issued_at()) / DAY_S;
    let late = if list.next_update() <= now {
        ", and a newer one is due"
    } else {
        ""
    };
    let number = list.sequence();
    format!("Its key counted, by trust list number {number}, {days} days old{late}.\n")
}

fn trust_list(path: &Path, operator: &OperatorPublicKey) -> Result<TrustList, SelfTestError> {
    let file = File::open(path).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(TrustList::MAX_BYTES as u64 + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    let bytes = file.map_err(|source| SelfTestError::Read {
        path: path.into(),
        source,
    })?;
    TrustList::decode(&bytes, operator).map_err(|source| SelfTestError::NotATrustList {
        path: path.into(),
        source,
    })
}
