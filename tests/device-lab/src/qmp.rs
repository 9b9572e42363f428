//! The emulator's side door (QEMU Machine Protocol): plugs, touches, pictures of the screen, and what
//! happens to the machine.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::error::LabError;

/// QEMU answers at once unless the host is very busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to a running emulator.
pub struct Qmp {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
    partial: String,
    events: VecDeque<Value>,
}

impl Qmp {
    /// Connects and takes over.
    pub fn connect(path: &Path) -> Result<Self, LabError> {
        let stream = UnixStream::connect(path).map_err(lost)?;
        let lines = BufReader::new(stream.try_clone().map_err(lost)?);
        let mut qmp = Self {
            stream,
            lines,
            partial: String::new(),
            events: VecDeque::new(),
        };
        qmp.next(Instant::now() + PATIENCE)?;
        qmp.command("qmp_capabilities", &json!({}))?;
        Ok(qmp)
    }

    /// Executes a command.
    pub fn command(&mut self, command: &str, arguments: &Value) -> Result<Value, LabError> {
        let line = json!({ "execute": command, "arguments": arguments }).to_string() + "\n";
        self.stream.write_all(line.as_bytes()).map_err(lost)?;
        let until = Instant::now() + PATIENCE;
        loop {
            let mut answer = self
                .next(until)?
                .ok_or_else(|| refused(command, "no answer"))?;
            if answer.get("event").is_some() {
                self.events.push_back(answer);
            } else if let Some(error) = answer.get("error") {
                return Err(refused(
                    command,
                    error["desc"].as_str().unwrap_or("no reason given"),
                ));
            } else {
                return Ok(answer["return"].take());
            }
        }
    }

    /// Waits until the emulator reports this event.
    pub fn event(&mut self, name: &str, patience: Duration) -> Result<Value, LabError> {
        let until = Instant::now() + patience;
        loop {
            while let Some(event) = self.events.pop_front() {
                if event["event"] == name {
                    return Ok(event);
                }
            }
            let missing = || LabError::Missing {
                what: format!("the emulator's event {name}"),
                waited: patience,
                last: String::from("other events"),
            };
            let event = self.next(until)?.ok_or_else(missing)?;
            self.events.push_back(event);
        }
    }

    /// The next message, if one comes in time.
    fn next(&mut self, until: Instant) -> Result<Option<Value>, LabError> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.stream.set_read_timeout(Some(left)).map_err(lost)?;
            match self.lines.read_line(&mut self.partial) {
                Ok(0) => return Err(lost(std::io::ErrorKind::UnexpectedEof.into())),
                Ok(_) => {
                    let line = std::mem::take(&mut self.partial);
                    return serde_json::from_str(&line)
                        .map(Some)
                        .map_err(|e| lost(e.into()));
                }
                Err(e)
                    if matches!(
                        e.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) => {}
                Err(e) => return Err(lost(e)),
            }
        }
    }
}

fn lost(source: std::io::Error) -> LabError {
    LabError::Line {
        line: "control line (QMP)",
        source,
    }
}

fn refused(command: &str, reason: &str) -> LabError {
    LabError::Refused {
        command: command.to_owned(),
        reason: reason.to_owned(),
    }
}
