//! The result of a self-test as a value: whose, when, with which software, every check, and the
//! verdict that follows from them. Its JSON is canonical (RFC 8785: sorted keys, no spaces, whole
//! numbers), because it is what the kiosk signs.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Check, Finding};
use crate::clock::WallTime;
use crate::commands::hex;
use crate::config::Config;
use crate::provision::Identity;

/// The version of the JSON's keys.
const FORMAT: &str = "kiosk-self-test/1";

/// The file of the running program, even if its name has been given to a newer one (proc(5)).
const THIS_PROGRAM: &str = "/proc/self/exe";

/// The result of a self-test.
pub struct Report {
    /// Which kiosk; none if the settings cannot be read.
    pub kiosk: Option<String>,
    /// Where it stands.
    pub site: Option<String>,
    /// SHA-256 of the models' manifest, and so of every network.
    pub models: Option<String>,
    /// SHA-256 of the running program; none if the system does not show it.
    pub software_sha256: Option<String>,
    /// The public half of the device key.
    pub device_key: Option<String>,
    time: WallTime,
    checks: Vec<Check>,
}

/// Whether residents can be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing failed.
    Ready,
    /// Something failed.
    NotReady,
}

impl Report {
    /// A report in which nothing has been checked yet.
    pub fn begin(time: WallTime) -> Self {
        Self {
            kiosk: None,
            site: None,
            models: None,
            software_sha256: sha256_of(Path::new(THIS_PROGRAM)),
            device_key: None,
            time,
            checks: Vec::new(),
        }
    }

    /// Names the kiosk: as the operator enrolled it, else as its settings say.
    pub fn is_about(&mut self, config: &Config, identity: Option<&Identity>) {
        let (kiosk, site) = identity.map_or((&config.kiosk.id, &config.kiosk.site), |identity| {
            (&identity.credential.kiosk, &identity.credential.site)
        });
        self.kiosk = Some(kiosk.to_string());
        self.site = Some(site.to_string());
        self.device_key = identity.map(|identity| hex(identity.device.public().as_bytes()));
        self.models = sha256_of(&config.paths.manifest);
    }

    /// Adds a check.
    pub fn add(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// Adds checks.
    pub fn extend(&mut self, checks: Vec<Check>) {
        self.checks.extend(checks);
    }

    /// When the test began.
    pub fn time(&self) -> WallTime {
        self.time
    }

    /// The software's version.
    pub fn software(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// All checks, in order.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Whether residents can be served.
    pub fn verdict(&self) -> Verdict {
        let failed = |check: &Check| matches!(check.finding, Finding::Failed { .. });
        if self.checks.iter().any(failed) {
            Verdict::NotReady
        } else {
            Verdict::Ready
        }
    }

    /// The verdict in a sentence that names what to look after.
    pub fn summary(&self) -> String {
        let failed = self.names(|finding| matches!(finding, Finding::Failed { .. }));
        let warnings = self.names(|finding| matches!(finding, Finding::Warning { .. }));
        let verdict = match failed.as_str() {
            "" => String::from("Residents can be served."),
            failed => format!("Failed: {failed}."),
        };
        match warnings.as_str() {
            "" => verdict,
            warnings => format!("{verdict} Warnings: {warnings}."),
        }
    }

    fn names(&self, of: impl Fn(&Finding) -> bool) -> String {
        let those = self.checks.iter().filter(|check| of(&check.finding));
        those.map(|check| check.name).collect::<Vec<_>>().join(", ")
    }

    /// The report as programs read it; the keys are stable.
    pub fn to_json(&self) -> Map<String, Value> {
        let checks: Vec<Value> = self.checks.iter().map(Check::to_json).collect();
        let entries = [
            ("format", json!(FORMAT)),
            ("kiosk", json!(self.kiosk)),
            ("site", json!(self.site)),
            ("time", json!(self.time.rfc3339())),
            ("software", json!(self.software())),
            ("software_sha256", json!(self.software_sha256)),
            ("models", json!(self.models)),
            ("device_key", json!(self.device_key)),
            ("verdict", json!(self.verdict().code())),
            ("checks", json!(checks)),
        ];
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }
}

fn sha256_of(path: &Path) -> Option<String> {
    fs::read(path).ok().map(|bytes| hex(&Sha256::digest(bytes)))
}

impl Verdict {
    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::NotReady => "not_ready",
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::NotReady => "NOT READY",
        }
    }
}
