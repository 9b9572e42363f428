//! `kiosk demo`: the real program on simulated devices. The card reader is a process of its own
//! behind a pseudo-terminal (for passports: behind the real pcscd), the camera delivers frames at camera pace, and a resident touches
//! the screen through the same events as a person.

#![allow(clippy::print_stdout, reason = "the demo tells its user what happens")]

mod album;
mod cast;
mod ending;
mod folder;
mod passport;
mod power_cut;
mod resident;
mod scenario;
mod story;
mod time;

use std::path::PathBuf;
use std::time::Duration;

use hal::sim::camera::SlidesError;
pub use scenario::Scenario;

use crate::config::ConfigError;
use crate::provision::ProvisionError;
use crate::record::Outcome;
use crate::run::RunError;

/// What to play.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The story
    #[arg(long, value_enum, default_value_t = Scenario::Genuine)]
    pub scenario: Scenario,
    /// Without a window: every screen is saved as PNG
    #[arg(long)]
    pub headless: bool,
    /// Folder for what the demo leaves: screens, outcome.json, receipt.txt, operator.pub,
    /// events.jsonl; an earlier demo in it is replaced
    #[arg(long, default_value = "demo-out")]
    pub out: PathBuf,
    /// A real camera instead of the simulated one
    #[arg(long, value_name = "DEVICE")]
    pub camera: Option<PathBuf>,
    /// Recorded frames (JPEG or PNG) before the simulated camera, instead of a rendered person
    #[arg(long, value_name = "FOLDER", conflicts_with = "camera")]
    pub frames: Option<PathBuf>,
    /// The portrait on the card
    #[arg(long, value_name = "PICTURE")]
    pub card_photo: Option<PathBuf>,
    /// The photo field of the card as it is: 1,024 bytes in WLT coding
    #[arg(long, value_name = "FILE", conflicts_with = "card_photo")]
    pub photo_field: Option<PathBuf>,
    /// The licensed decoder of such photos (`wlt_plugin` of the settings)
    #[arg(long, value_name = "LIBRARY")]
    pub wlt_plugin: Option<PathBuf>,
    /// Language of the first screen
    #[arg(long, value_enum, default_value_t = Tongue::Zh)]
    pub language: Tongue,
    /// Touch the window yourself; the demo only puts the card on the reader
    #[arg(long, conflicts_with = "headless")]
    pub hands_on: bool,
    /// A fault of the card or the reader, by the name `hal-sim card --fault` knows
    #[arg(long)]
    pub card_fault: Option<String>,
    /// A receipt printer (as `hal-sim printer --link` makes one), on which the resident prints
    #[arg(long, value_name = "PORT")]
    pub printer: Option<PathBuf>,
    /// Folder that `make setup` filled: models, ONNX Runtime, portraits
    #[arg(long, default_value = ".setup")]
    pub setup: PathBuf,
    /// Keep the kiosk's state in this folder, across several demos
    #[arg(long, hide = true)]
    pub state: Option<PathBuf>,
    /// Settings of [ledger] for the demo's kiosk
    #[arg(long, value_name = "FILE", hide = true)]
    pub ledger: Option<PathBuf>,
    /// End only when the ledger's own thread has anchored
    #[arg(long, requires = "ledger", hide = true)]
    pub until_anchored: bool,
    /// Folder of the pcscd whose address is in the environment of this process
    #[arg(long, value_name = "FOLDER", hide = true)]
    pub reader_folder: Option<PathBuf>,
    /// Kill this process in its next commit
    #[arg(long, hide = true)]
    pub cut_power_at_commit: bool,
}

impl Arguments {
    /// Whether people, devices or state are other than the story's own, so that it may end otherwise.
    fn are_changed(&self) -> bool {
        self.hands_on
            || self.camera.is_some()
            || self.frames.is_some()
            || self.card_photo.is_some()
            || self.photo_field.is_some()
            || self.card_fault.is_some()
            || self.state.is_some()
    }
}

/// A language on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tongue {
    /// Chinese
    Zh,
    /// English
    En,
}

/// Why the demo failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder is somebody else's.
    #[error(
        "{0} holds files that are not an earlier demo's: give another folder with --out, or empty it"
    )]
    NotOurs(PathBuf),
    /// A file or process.
    #[error("failed to {doing} {path}")]
    File {
        /// What was being done.
        doing: &'static str,
        /// File or program.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The set-up is missing.
    #[error("{0} is missing: run `make setup` first, or give the folder it filled with --setup")]
    NotSetUp(PathBuf),
    /// The service below the contactless reader did not start.
    #[error("no pcscd of the demo's own is to be had, which a passport's story needs")]
    Pcscd(#[source] std::io::Error),
    /// No name that nobody can know before.
    #[error("the operating system gives no random numbers")]
    Random(#[source] getrandom::Error),
    /// The simulated reader did not start.
    #[error("the simulated card reader did not start: {0}")]
    Reader(String),
    /// The portrait for the simulated camera.
    #[error("no person can be made from the portrait {path}: {reason}")]
    Portrait {
        /// The picture.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Recorded frames.
    #[error(transparent)]
    Slides(#[from] SlidesError),
    /// Keys.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The kiosk.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Nothing came of it.
    #[error("the session did not end within {} s: the events file in the output folder says how far it came", .0.as_secs())]
    NoOutcome(Duration),
    /// Something else came of it.
    #[error(
        "the story should have ended as {0:?}: the events file and the pictures in the output folder show what happened"
    )]
    OtherOutcome(Outcome),
    /// The process to be killed lived on.
    #[error("the kiosk was to be killed at the commit, but it ended with {0}")]
    NotKilled(std::process::ExitStatus),
    /// The rehearsal before the power cut failed.
    #[error("the resident before the power cut was not served: the kiosk ended with {0}")]
    Rehearsal(std::process::ExitStatus),
}

/// Plays a story.
pub fn run(arguments: &Arguments) -> Result<(), DemoError> {
    let documents = arguments.scenario.is_contactless();
    match arguments.scenario {
        Scenario::PowerCut => power_cut::play(arguments),
        _ if documents && arguments.reader_folder.is_none() => passport::start_anew(),
        _ => story::play(arguments),
    }
}

fn failed(
    doing: &'static str,
    path: impl Into<PathBuf>,
) -> impl FnOnce(std::io::Error) -> DemoError {
    let path = path.into();
    move |source| DemoError::File {
        doing,
        path,
        source,
    }
}
