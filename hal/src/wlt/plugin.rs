//! The kiosk's side of the decoder's process: starts it, waits with a limit, ends it.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use zeroize::Zeroizing;

use super::protocol::{End, RGB_LEN, WLT_LEN};

/// The program beside the kiosk's own.
const HELPER: &str = "kiosk-wlt";
/// Longest time for one photo, start of the process included. Decoders take a few milliseconds.
pub const TIME_LIMIT: Duration = Duration::from_secs(3);
/// nobody: owns nothing on a Linux system. Used where the kiosk runs as root.
const NOBODY: u32 = 65_534;
/// The signal that ends a process which does what its filter forbids (signal(7)).
const SIGSYS: i32 = 31;

/// A decoder, ready to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WltPlugin {
    library: PathBuf,
    helper: PathBuf,
    limit: Duration,
}

/// A decoded picture of [`WIDTH`](super::protocol::WIDTH) times
/// [`HEIGHT`](super::protocol::HEIGHT) pixels; zeroed when dropped.
pub struct WltPicture {
    rgb: Zeroizing<Vec<u8>>,
}

impl WltPicture {
    /// R, G, B of each pixel, row by row. Every call is a place to review for leaks.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.rgb
    }

    /// The same, to keep.
    #[must_use]
    pub fn into_rgb(self) -> Zeroizing<Vec<u8>> {
        self.rgb
    }
}

impl std::fmt::Debug for WltPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[picture]")
    }
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum WltError {
    /// What should be decoded is no photo field.
    #[error("a photo in WLT coding has {WLT_LEN} bytes, not {0}")]
    NotWlt(usize),
    /// The helper program could not be started.
    #[error("failed to start the photo decoder's process {helper}")]
    Start {
        /// The program.
        helper: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The helper ended before the decoder was asked.
    #[error("the photo decoder {library} cannot be used: {}", describe(*.end))]
    Unusable {
        /// The library.
        library: PathBuf,
        /// Why.
        end: End,
    },
    /// The decoder did what nobody may.
    #[error("the photo decoder did something forbidden (a system call) and was ended")]
    Forbidden,
    /// The decoder crashed or ended by itself.
    #[error("the photo decoder crashed: {0}")]
    Crashed(ExitStatus),
    /// The decoder took too long and was ended.
    #[error("the photo decoder took longer than {0:?} and was ended")]
    TimedOut(Duration),
    /// The decoder did not want the photo.
    #[error("the photo decoder refused the photo with its error {0}")]
    Refused(u8),
    /// The pipe to the helper failed.
    #[error("failed to talk to the photo decoder's process")]
    Pipe(#[source] io::Error),
}

fn describe(end: End) -> &'static str {
    match end {
        End::NoSandbox => "this system's kernel has no Landlock or seccomp to lock it in with",
        End::NotLoaded => "the library or one that it needs could not be loaded",
        End::NoDecoder => "the library has no function kiosk_wlt_decode",
        End::InitRefused => "its kiosk_wlt_init refused (licence?)",
        End::Pipe => "its process lost the pipe",
    }
}

impl WltPlugin {
    /// The decoder in this shared library; the helper program lies beside the running one.
    pub fn new(library: impl Into<PathBuf>) -> Self {
        // Where it is not known where that is, starting it fails and says so.
        let own = std::env::current_exe().unwrap_or_default();
        Self::with_helper(library, own.with_file_name(HELPER))
    }

    /// The decoder in this shared library, with this helper program.
    pub fn with_helper(library: impl Into<PathBuf>, helper: impl Into<PathBuf>) -> Self {
        Self {
            library: library.into(),
            helper: helper.into(),
            limit: TIME_LIMIT,
        }
    }

    /// Another time limit.
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// The shared library.
    #[must_use]
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// Decodes one photo. Takes at most the time limit.
    ///
    /// # Errors
    /// [`WltError`]; whatever the decoder did, nothing of it is left.
    pub fn decode(&self, photo: &[u8]) -> Result<WltPicture, WltError> {
        if photo.len() != WLT_LEN {
            return Err(WltError::NotWlt(photo.len()));
        }
        let mut run = Run::start(self)?;
        run.give(photo);
        let mut answer = Zeroizing::new(vec![0; 1 + RGB_LEN]);
        match run.receive(&mut answer)? {
            received if received == answer.len() && answer[0] == 0 => {
                answer.drain(..1);
                Ok(WltPicture { rgb: answer })
            }
            received if received >= 1 && answer[0] != 0 => Err(WltError::Refused(answer[0])),
            _ => Err(run.post_mortem()),
        }
    }

    /// Loads the decoder and lets it go again without a photo, to see whether it can be used.
    ///
    /// # Errors
    /// [`WltError`].
    pub fn check(&self) -> Result<(), WltError> {
        let mut run = Run::start(self)?;
        drop(run.child.stdin.take());
        run.receive(&mut [0])?;
        let status = run.end()?;
        if status.success() {
            Ok(())
        } else {
            Err(run.cause(status))
        }
    }
}

/// One process. Dropping it ends it.
struct Run<'p> {
    plugin: &'p WltPlugin,
    child: Child,
    deadline: Instant,
}

impl<'p> Run<'p> {
    fn start(plugin: &'p WltPlugin) -> Result<Self, WltError> {
        // The process works elsewhere and may look into the library's real folder only.
        let library = plugin.library.canonicalize();
        let mut command = Command::new(&plugin.helper);
        command
            .arg(library.as_ref().unwrap_or(&plugin.library))
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let child = command.spawn().map_err(|source| WltError::Start {
            helper: plugin.helper.clone(),
            source,
        })?;
        Ok(Self {
            plugin,
            child,
            deadline: Instant::now() + plugin.limit,
        })
    }

    /// A photo is smaller than a pipe's buffer, so this never waits. A process that has ended says
    /// why when its answer does not come.
    fn give(&mut self, photo: &[u8]) {
        if let Some(mut stdin) = self.child.stdin.take() {
            let _ = stdin.write_all(photo);
        }
    }

    /// Fills `answer` as far as there is one before the process ends or its time does.
    fn receive(&mut self, answer: &mut [u8]) -> Result<usize, WltError> {
        let Some(mut stdout) = self.child.stdout.take() else {
            return Ok(0);
        };
        let mut received = 0;
        while received < answer.len() {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || !is_readable(&stdout, left).map_err(WltError::Pipe)? {
                return Err(WltError::TimedOut(self.plugin.limit));
            }
            match stdout.read(&mut answer[received..]) {
                Ok(0) => break,
                Ok(count) => received += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(WltError::Pipe(error)),
            }
        }
        Ok(received)
    }

    /// Why the process ended without an answer.
    fn post_mortem(&mut self) -> WltError {
        match self.end() {
            Ok(status) => self.cause(status),
            Err(error) => error,
        }
    }

    /// How the process ended. One that has closed its output and goes on is not waited for longer
    /// than its time.
    fn end(&mut self) -> Result<ExitStatus, WltError> {
        while Instant::now() < self.deadline {
            match self.child.try_wait().map_err(WltError::Pipe)? {
                Some(status) => return Ok(status),
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        Err(WltError::TimedOut(self.plugin.limit))
    }

    fn cause(&self, status: ExitStatus) -> WltError {
        if status.signal() == Some(SIGSYS) {
            return WltError::Forbidden;
        }
        match status.code().and_then(End::from_code) {
            Some(end) => WltError::Unusable {
                library: self.plugin.library.clone(),
                end,
            },
            None => WltError::Crashed(status),
        }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        // SIGKILL cannot be caught, so the wait is short.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether there is something to read, or its end, before the time is over.
fn is_readable(stream: &impl AsFd, time: Duration) -> io::Result<bool> {
    let time = Timespec::try_from(time).map_err(io::Error::other)?;
    match poll(&mut [PollFd::new(stream, PollFlags::IN)], Some(&time)) {
        Ok(count) => Ok(count > 0),
        Err(rustix::io::Errno::INTR) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
