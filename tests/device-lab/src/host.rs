//! Programs of the host that the lab uses: run to the end, or kept running until dropped.

use std::ffi::OsStr;
use std::process::{Child, Command, Stdio};

use crate::error::LabError;

/// Runs a program to its end and returns what it printed.
pub fn run(command: &mut Command) -> Result<String, LabError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| LabError::Program {
            program: program.clone(),
            said: error.to_string(),
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(LabError::Program { program, said })
}

/// A process that ends with its owner, at once, as if its power were cut; also when the lab itself is
/// killed.
pub struct Running(pub Child);

impl Running {
    /// Prepares a program for [`Running::start`].
    pub fn command(program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        command
    }

    /// Starts a program that [`Running::command`] prepared.
    pub fn start(command: &mut Command) -> Result<Self, LabError> {
        let program = command
            .get_args()
            .nth(3)
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let child = command.spawn().map_err(|error| LabError::Program {
            program,
            said: error.to_string(),
        })?;
        Ok(Self(child))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
