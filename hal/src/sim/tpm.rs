//! A TPM 2.0 without the chip: the program `swtpm` (libtpms, the reference implementation) on two
//! neighbouring TCP ports of this machine, with its state in a folder of its own. Ends when dropped.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use test_ports::Ports;

use super::ports::listens;

/// How long swtpm may take until it listens.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(5);

/// A running swtpm.
#[derive(Debug)]
pub struct SoftTpm {
    child: Child,
    state: PathBuf,
    ports: Ports,
}

impl SoftTpm {
    /// Switches on the TPM whose memory is in this folder; a new one if it is empty.
    ///
    /// # Errors
    /// When swtpm is not installed (Debian: `swtpm`) or does not start.
    pub fn start(state: &Path) -> io::Result<Self> {
        fs::create_dir_all(state)?;
        let ports = Ports::reserve()?;
        let mut tpm = Self {
            child: spawn(state, &ports)?,
            state: state.to_owned(),
            ports,
        };
        tpm.wait()?;
        Ok(tpm)
    }

    /// Where it is, for the TPM software stack.
    pub fn tcti(&self) -> String {
        format!("swtpm:host=127.0.0.1,port={}", self.ports.first())
    }

    /// Cuts its power and switches it on again, at the same place.
    ///
    /// # Errors
    /// As [`SoftTpm::start`].
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop();
        self.child = spawn(&self.state, &self.ports)?;
        self.wait()
    }

    fn stop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Until its control channel listens: it opens that after the other one.
    fn wait(&mut self) -> io::Result<()> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("swtpm ended at once: {status}")));
            }
            if listens(self.child.id(), self.ports.second())? {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                return Err(io::Error::other("swtpm does not listen"));
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for SoftTpm {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(state: &Path, ports: &Ports) -> io::Result<Child> {
    let (server, control) = (ports.first(), ports.second());
    Command::new("swtpm")
        .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
        .arg("--tpmstate")
        .arg(format!("dir={}", state.display()))
        .arg("--server")
        .arg(format!("type=tcp,port={server},bindaddr=127.0.0.1"))
        .arg("--ctrl")
        .arg(format!("type=tcp,port={control},bindaddr=127.0.0.1"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::new(
                error.kind(),
                "swtpm is not installed: run scripts/setup.sh (Debian: apt-get install swtpm)",
            ),
            _ => error,
        })
}
