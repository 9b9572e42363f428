//! A root shell in the machine, on a virtio port: one command at a time, its output and its status.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::LabError;

/// Ends the output of a command; its exit status and a line feed follow. (ASCII record separator.)
const END: u8 = 0x1e;
/// A command may load networks; nothing takes longer than that.
const PATIENCE: Duration = Duration::from_secs(600);
/// An unanswered greeting is sent again: the shell may not have been there to hear it.
const GREETING_AGAIN: Duration = Duration::from_secs(5);

/// The shell.
pub struct Shell {
    path: PathBuf,
    stream: UnixStream,
}

/// What a command left.
pub struct Said {
    /// Its exit status.
    pub status: i32,
    /// What it printed, both outputs together.
    pub text: String,
}

impl Shell {
    /// Connects to the port, waits until a shell answers and the machine has come to rest.
    pub fn connect(path: &Path, patience: Duration) -> Result<Self, LabError> {
        let stream = UnixStream::connect(path).map_err(lost)?;
        let mut shell = Self {
            path: path.to_owned(),
            stream,
        };
        let begun = Instant::now();
        for number in 0.. {
            // Only the answer to the newest greeting counts: after it, none is on its way any more.
            if shell.greet(number)? {
                break;
            }
            if begun.elapsed() > patience {
                return Err(LabError::Missing {
                    what: String::from("the machine's shell"),
                    waited: patience,
                    last: String::from("the console's log says how far the start came"),
                });
            }
        }
        // It says "degraded" where some unit failed, which is the story's business.
        shell.attempt("systemctl is-system-running --wait")?;
        Ok(shell)
    }

    /// Whether a shell answers this greeting in time.
    fn greet(&mut self, number: u32) -> Result<bool, LabError> {
        let word = format!("greeting-{number}-heard");
        self.send(&format!("echo {word}; printf '\\036%d\\n' 0"))?;
        let until = Instant::now() + GREETING_AGAIN;
        while let Some(said) = self.hear(until.saturating_duration_since(Instant::now()))? {
            if said.text.contains(&word) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Runs a command and returns what it said, however it ended.
    pub fn attempt(&mut self, command: &str) -> Result<Said, LabError> {
        self.send(&format!(
            "( {command}\n) </dev/null 2>&1; printf '\\036%d\\n' $?"
        ))?;
        self.hear(PATIENCE)?.ok_or_else(|| LabError::Missing {
            what: format!("the end of `{command}`"),
            waited: PATIENCE,
            last: format!("nothing on {}", self.path.display()),
        })
    }

    /// Runs a command that must succeed.
    pub fn run(&mut self, command: &str) -> Result<String, LabError> {
        let said = self.attempt(command)?;
        if said.status == 0 {
            return Ok(said.text);
        }
        Err(LabError::Inside {
            command: command.to_owned(),
            status: said.status,
            said: said.text,
        })
    }

    fn send(&mut self, line: &str) -> Result<(), LabError> {
        self.stream
            .write_all(format!("{line}\n").as_bytes())
            .map_err(lost)
    }

    fn hear(&mut self, patience: Duration) -> Result<Option<Said>, LabError> {
        let until = Instant::now() + patience;
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            if let Some(said) = ended(&bytes) {
                return Ok(Some(said));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.stream.set_read_timeout(Some(left)).map_err(lost)?;
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(lost(ErrorKind::UnexpectedEof.into())),
                Ok(count) => bytes.extend_from_slice(&chunk[..count]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(e) => return Err(lost(e)),
            }
        }
    }
}

/// The output of a command that has come to its end.
fn ended(bytes: &[u8]) -> Option<Said> {
    let end = bytes.iter().rposition(|byte| *byte == END)?;
    let status = bytes[end + 1..].strip_suffix(b"\n")?;
    let status = std::str::from_utf8(status).ok()?.trim().parse().ok()?;
    Some(Said {
        status,
        text: String::from_utf8_lossy(&bytes[..end]).into_owned(),
    })
}

fn lost(source: std::io::Error) -> LabError {
    LabError::Line {
        line: "shell",
        source,
    }
}
