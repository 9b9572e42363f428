//! ONNX Runtime as its maker builds it reports to its maker (1DS, since 1.31 on Linux, too): as soon as
//! it is loaded it makes a number for the device, kept in a database under the user's cache, and gets
//! ready to send. Telling it to stop afterwards comes too late, and what happens then is its business.
//! Only a variable in the environment keeps it from beginning, so nothing here loads it without.

use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::error::Error;

/// The runtime does not report if this is set (onnxruntime/core/platform/posix/telemetry_1ds.cc).
const VARIABLE: &str = "ORT_DISABLE_TELEMETRY";
const OFF: &str = "1";

/// Starts this program anew, in its own place, with reporting switched off, if it is not yet. The first
/// thing a program does: it comes back only to a program that can load networks.
///
/// # Errors
/// When the system does not start it.
pub fn forbid_telemetry() -> io::Result<()> {
    if is_off() {
        return Ok(());
    }
    let mut arguments = env::args_os();
    let mut again = Command::new(env::current_exe()?);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    Err(again.args(arguments).env(VARIABLE, OFF).exec())
}

/// Refuses to go on where the runtime would report.
pub(crate) fn check() -> Result<(), Error> {
    is_off().then_some(()).ok_or(Error::Telemetry)
}

fn is_off() -> bool {
    env::var_os(VARIABLE).is_some_and(|value| value == OFF)
}
