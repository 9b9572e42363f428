//! The process in which an integrator's photo decoder runs. In: the path of its shared library as
//! the only argument, one photo on standard input. Out: on standard output the decoder's answer and
//! the picture (`hal::wlt::protocol`), or an exit status that says why there is none.
//!
//! The order matters: everything but reading the system's libraries and the decoder's folder is
//! given up before the library is loaded, because loading runs its code; files are given up before
//! the decoder is asked. A library that takes the photo from standard input while it is loaded has
//! nowhere to carry it.

mod plugin;
mod sandbox;

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use hal::wlt::protocol::{End, RGB_LEN, WLT_LEN};

use plugin::Plugin;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [library] = &arguments[..] else {
        eprintln!("usage: kiosk-wlt LIBRARY < photo > picture (started by the kiosk)");
        return ExitCode::from(2);
    };
    match serve(Path::new(library)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(end) => ExitCode::from(end.code()),
    }
}

fn serve(library: &Path) -> Result<(), End> {
    let refused = |error: &dyn std::error::Error, end| {
        eprintln!("kiosk-wlt: {error}");
        end
    };
    sandbox::enter(library).map_err(|error| refused(&error, End::NoSandbox))?;
    let plugin = Plugin::load(library)?;
    sandbox::close().map_err(|error| refused(&error, End::NoSandbox))?;

    let mut photo = [0; WLT_LEN];
    match read_all(&mut photo) {
        Ok(WLT_LEN) => {}
        // Somebody only wanted to know whether it comes this far.
        Ok(0) => return Ok(()),
        _ => return Err(End::Pipe),
    }
    // One more byte in front for the answer; untouched pixels are black.
    let mut answer = vec![0; 1 + RGB_LEN];
    let status = plugin.decode(&photo, &mut answer[1..]);
    answer[0] = u8::try_from(status).unwrap_or(u8::MAX);
    let sent = if status == 0 { &answer } else { &answer[..1] };
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(sent)
        .and_then(|()| stdout.flush())
        .map_err(|_| End::Pipe)
}

/// Reads until the buffer is full or the input ends.
fn read_all(buffer: &mut [u8]) -> io::Result<usize> {
    let mut stdin = io::stdin().lock();
    let mut received = 0;
    while received < buffer.len() {
        match stdin.read(&mut buffer[received..])? {
            0 => break,
            count => received += count,
        }
    }
    Ok(received)
}
