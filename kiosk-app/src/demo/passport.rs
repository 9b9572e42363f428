//! The devices of a passport's story: the real pcscd on a virtual reader, for this demo alone, and
//! on it a chip that a country signed which does not exist (`hal-sim passport`).

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use hal::sim::pcscd::{Pcscd, SOCKET_VARIABLE};

use super::folder::quoted;
use super::scenario::Scenario;
use super::{Arguments, DemoError, failed};

/// What is printed in the demo's passport and written on its chip.
const PASSPORT: &str = "demo/passport.toml";
/// Where pcscd listens in its folder ([`Pcscd::socket`]), known before it runs.
const SOCKET: &str = "run/pcscd.comm";

/// A reader for travel documents.
pub struct Desk {
    pcscd: Pcscd,
    folder: PathBuf,
}

/// Starts this program anew with the address of its own pcscd in the environment, where the PC/SC
/// library takes it from; it cannot be told later. Comes back only with an error.
pub fn start_anew() -> Result<(), DemoError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(DemoError::Random)?;
    let name = format!("kiosk-demo-{:016x}", u64::from_ne_bytes(random));
    let folder = std::env::temp_dir().join(name);
    // Of this user alone, and new: whoever can write there can answer for the reader.
    let made = DirBuilder::new().mode(0o700).create(&folder);
    made.map_err(failed("create", &folder))?;
    let this = std::env::current_exe().map_err(failed("find", "this program"))?;
    let error = Command::new(&this)
        .args(std::env::args_os().skip(1))
        .arg("--reader-folder")
        .arg(&folder)
        .env(SOCKET_VARIABLE, folder.join(SOCKET))
        .exec();
    Err(failed("start", this)(error))
}

impl Desk {
    /// Starts pcscd in the folder that [`start_anew`] made.
    pub fn open(folder: &Path) -> Result<Self, DemoError> {
        let pcscd = Pcscd::start(folder).map_err(DemoError::Pcscd)?;
        Ok(Self {
            pcscd,
            folder: folder.to_owned(),
        })
    }

    /// The arguments of `hal-sim` for this story's passport.
    pub fn lay_out(&self, arguments: &Arguments, portrait: &Path, command: &mut Command) {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        command
            .args(["passport", "--port", &self.pcscd.port().to_string()])
            .arg("--passport")
            .arg(home.join(PASSPORT))
            .arg("--portrait")
            .arg(portrait)
            .arg("--write-csca")
            .arg(self.trust());
        if arguments.scenario == Scenario::PassportCloned {
            // It is laid on again and again, and a busy pcscd must see that it was away.
            command.args(["--away-ms", "5000"]);
        }
        if arguments.scenario.has_scanner() {
            command.arg("--scanner").arg(self.scanner());
        }
        if let Some(fault) = fault(arguments) {
            command.args(["--fault", fault]);
        }
    }

    /// `[card_reader]` of the settings.
    pub fn settings(&self, scenario: Scenario) -> String {
        let trust = quoted(self.trust());
        let scanner = match scenario.has_scanner() {
            true => format!("mrz_scanner = {}\n", quoted(self.scanner())),
            false => String::new(),
        };
        format!("kind = \"pcsc\"\ntrust = {trust}\nrequire_revocation_list = true\n{scanner}")
    }

    fn scanner(&self) -> PathBuf {
        self.folder.join("scanner")
    }

    fn trust(&self) -> PathBuf {
        self.folder.join("trust")
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.pcscd.stop();
        // What is left is a socket's folder and certificates of nobody, in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn fault(arguments: &Arguments) -> Option<&str> {
    let own = arguments.scenario == Scenario::PassportCloned;
    let asked = arguments.card_fault.as_deref();
    asked.or(own.then_some("cloned"))
}
