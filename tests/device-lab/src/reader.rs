//! The card reader at the other end of the machine's USB cable: `hal-sim card` on the host, which
//! speaks GA 467 at the wire's speed.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{ChildStdin, Stdio};

use crate::disks::Parts;
use crate::error::LabError;
use crate::host::Running;
use crate::pictures::CARD_PORTRAIT;

/// The simulated reader with the demo card beside it.
pub struct Reader {
    /// Its serial port.
    pub port: PathBuf,
    commands: ChildStdin,
    _process: Running,
}

impl Reader {
    /// Starts it. Reading a chip takes 1.2 s: long enough to pull a cable, and well
    /// within the 2.5 s that the kiosk waits.
    pub fn start(parts: &Parts) -> Result<Self, LabError> {
        let mut process = Running::start(
            Running::command(&parts.simulators)
                .args(["card", "--chip-time-ms", "1200", "--card"])
                .arg(parts.home.join("kiosk-app/demo/card.toml"))
                .arg("--photo")
                .arg(parts.setup.join("portraits").join(CARD_PORTRAIT))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped()),
        )?;
        let (Some(commands), Some(output)) = (process.0.stdin.take(), process.0.stdout.take())
        else {
            return Err(LabError::Otherwise(String::from(
                "hal-sim card has no pipes",
            )));
        };
        let mut port = String::new();
        BufReader::new(output).read_line(&mut port).map_err(lost)?;
        Ok(Self {
            port: port.trim().into(),
            commands,
            _process: process,
        })
    }

    /// The card lies on the reader.
    pub fn place(&mut self) -> Result<(), LabError> {
        self.say("place")
    }

    /// The card is beside the reader.
    pub fn remove(&mut self) -> Result<(), LabError> {
        self.say("remove")
    }

    fn say(&mut self, line: &str) -> Result<(), LabError> {
        writeln!(self.commands, "{line}").map_err(lost)
    }
}

fn lost(source: std::io::Error) -> LabError {
    LabError::Line {
        line: "simulated reader",
        source,
    }
}
