//! A story on a PC/SC reader of its own: the real pcscd with a virtual reader, for one test alone.
//!
//! libpcsclite takes the daemon's address from the environment when it is first used, so each story
//! runs in a process of its own: the test starts the daemon, then itself again with the address.

#[path = "on_reader.rs"]
mod on_reader;

use std::path::PathBuf;
use std::process::Command;

use hal::sim::passport::{PassportOptions, PassportSimulator, SimPassport};
use hal::sim::pcscd::{Pcscd, READER, SOCKET_VARIABLE};
use pcsc::{Card, Context, Protocols, Scope, ShareMode, State};

/// Tells the second process what the first one prepared.
const PORT: &str = "OWN_READER_PORT";
const FOLDER: &str = "OWN_READER_FOLDER";

/// Where the story takes place.
pub struct OwnReader {
    /// Port for documents.
    pub port: u16,
    /// A folder of its own.
    pub folder: PathBuf,
}

/// Tells the story of the test with this name.
pub fn alone(name: &str, story: impl FnOnce(&OwnReader)) {
    if let Ok(port) = std::env::var(PORT) {
        return story(&OwnReader {
            port: port.parse().unwrap(),
            folder: std::env::var_os(FOLDER).unwrap().into(),
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let pcscd = Pcscd::start(folder.path()).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(PORT, pcscd.port().to_string())
        .env(FOLDER, folder.path())
        .env(SOCKET_VARIABLE, pcscd.socket())
        .status()
        .unwrap();
    assert!(status.success(), "{name} failed; what it said is above");
}

impl OwnReader {
    /// Where the country's certificate and list are written.
    pub fn trust(&self) -> PathBuf {
        self.folder.join("trust")
    }

    /// A document beside the reader.
    pub fn options(&self, page: SimPassport) -> PassportOptions {
        PassportOptions {
            port: self.port,
            country: Some(self.folder.join("country")),
            trust: Some(self.trust()),
            ..PassportOptions::with_page(page)
        }
    }

    /// The document, on the reader.
    pub fn with(&self, options: PassportOptions) -> PassportSimulator {
        let simulator = PassportSimulator::start(PassportOptions {
            placed: true,
            ..options
        });
        let simulator = simulator.unwrap();
        self.wait_for(State::PRESENT);
        simulator
    }

    /// Waits until pcscd says this of the reader.
    pub fn wait_for(&self, wanted: State) {
        on_reader::wait_for(wanted);
    }

    /// A connection to what lies on the reader.
    pub fn connect(&self) -> Result<Card, pcsc::Error> {
        let context = Context::establish(Scope::User)?;
        let reader = std::ffi::CString::new(READER).unwrap();
        context.connect(&reader, ShareMode::Exclusive, Protocols::ANY)
    }
}
