//! The real pcscd with the virtual reader `vpcd`, for one user alone: its socket is in a folder of
//! its own, so that tests and demonstrations need no rights and disturb no other daemon. Ends when
//! dropped.
//!
//! pcscd's socket has a fixed place. It is started in a mount namespace of its own (`unshare`, of
//! util-linux) in which that place is the folder; clients find it through the environment variable
//! [`SOCKET_VARIABLE`], which libpcsclite reads when it is first used.

use std::fs;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use test_ports::Ports;

use super::ports::listens;

/// What libpcsclite takes its socket's path from.
pub const SOCKET_VARIABLE: &str = "PCSCLITE_CSOCK_NAME";
/// Name that pcscd gives to the first virtual reader.
pub const READER: &str = "Virtual PCD 00 00";
/// How long pcscd may take until it listens.
const PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(5);
/// `$0` is the folder. `/run` is made anew because `/run/pcscd` need not be there.
const SCRIPT: &str = r#"mount -t tmpfs none /run && mkdir /run/pcscd \
    && mount --bind "$0/run" /run/pcscd && PATH=$PATH:/usr/sbin exec pcscd --foreground --config "$0/readers""#;

/// A running pcscd with one virtual reader.
#[derive(Debug)]
pub struct Pcscd {
    child: Child,
    folder: PathBuf,
    ports: Ports,
}

impl Pcscd {
    /// Starts it with its files in this folder.
    ///
    /// # Errors
    /// When pcscd, vpcd or unshare is not installed (Debian: `pcscd`, `vsmartcard-vpcd`,
    /// `util-linux`), or the kernel gives no namespace.
    pub fn start(folder: &Path) -> io::Result<Self> {
        let readers = folder.join("readers");
        fs::create_dir_all(folder.join("run"))?;
        fs::create_dir_all(&readers)?;
        let ports = Ports::reserve()?;
        let configuration = reader_configuration(ports.first())?;
        fs::write(readers.join("vpcd"), configuration)?;
        let mut pcscd = Self {
            child: spawn(folder)?,
            folder: folder.to_owned(),
            ports,
        };
        pcscd.wait()?;
        Ok(pcscd)
    }

    /// Its socket: the value of [`SOCKET_VARIABLE`] for its clients.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join("run/pcscd.comm")
    }

    /// The port on which the virtual reader waits for a document.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.ports.first()
    }

    /// Ends the daemon and starts it anew at the same place, as an upgrade of the system does.
    ///
    /// # Errors
    /// As [`Pcscd::start`].
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop();
        self.child = spawn(&self.folder)?;
        self.wait()
    }

    /// Ends the daemon.
    pub fn stop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(self.socket());
        let _ = fs::remove_file(self.folder.join("run/pcscd.pid"));
    }

    /// Until it listens to its clients, and its reader to documents: without the port it would go on
    /// without the reader.
    fn wait(&mut self) -> io::Result<()> {
        let begun = Instant::now();
        while UnixStream::connect(self.socket()).is_err() || !listens(self.child.id(), self.port())?
        {
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!(
                    "pcscd ended at once ({status}): are pcscd and vsmartcard-vpcd installed (scripts/setup.sh), and may this user make namespaces (unshare -rm true)?"
                )));
            }
            if begun.elapsed() > PATIENCE {
                return Err(io::Error::other("pcscd does not listen"));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(folder: &Path) -> io::Result<Child> {
    Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", SCRIPT])
        .arg(fs::canonicalize(folder)?)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
}

/// The package's own configuration, at another port.
fn reader_configuration(port: u16) -> io::Result<String> {
    const PACKAGED: &str = "/etc/reader.conf.d/vpcd";
    let packaged = fs::read_to_string(PACKAGED).map_err(|error| {
        let hint = "run scripts/setup.sh (Debian: apt-get install vsmartcard-vpcd)";
        io::Error::new(
            error.kind(),
            format!("failed to read {PACKAGED}: {hint}: {error}"),
        )
    })?;
    Ok(packaged.replace("0x8C7B", &format!("{port:#06x}")))
}
