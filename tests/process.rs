//! Programs in a story: no story waits for one without end. Whoever does not do within [`LONGEST`] what
//! is waited for is killed, and the story fails with what the program said.
//!
//! What a program says goes into files, not pipes: a pipe would stay open as long as anything that the
//! program has started, too, and could fill up while nobody reads.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for anything, on a machine with much else to do: a self-test with the stories' patience
/// gives up after 20 minutes (`kiosk-app/src/self_test/bench.rs`).
const LONGEST: Duration = Duration::from_secs(1500);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Waits until something has happened.
pub fn wait_for(what: &str, mut happened: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < LONGEST, "{what} did not come");
        thread::sleep(LOOK_EVERY);
    }
}

/// Runs a program to its end.
pub trait ToTheEnd {
    /// What it said and how it ended. It has nothing to read.
    fn to_the_end(&mut self) -> Output;
}

impl ToTheEnd for Command {
    fn to_the_end(&mut self) -> Output {
        let mut running = Running::start(self.stdin(Stdio::null()));
        let status = running.end();
        Output {
            status,
            stdout: read(&running.out),
            stderr: read(&running.err),
        }
    }
}

/// A program that runs; it ends with the story.
pub struct Running {
    name: String,
    process: Child,
    out: File,
    err: File,
    /// Bytes of the lines that were taken.
    heard: usize,
}

impl Running {
    /// Starts a program.
    pub fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let file = || tempfile::tempfile().expect("a temporary file");
        let (out, err) = (file(), file());
        let into = |file: &File| file.try_clone().expect("a second handle on a file");
        let started = command.stdout(into(&out)).stderr(into(&err)).spawn();
        Self {
            process: started.unwrap_or_else(|error| {
                panic!("{name} does not start (`make setup` brings what stories need): {error}")
            }),
            name,
            out,
            err,
            heard: 0,
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The next line of its standard output.
    pub fn line(&mut self) -> String {
        self.wait("a line", |running| {
            let out = read(&running.out);
            let rest = &out[running.heard..];
            let length = rest.iter().position(|byte| *byte == b'\n')?;
            running.heard += length + 1;
            let line = String::from_utf8_lossy(&rest[..length]);
            Some(line.trim().to_owned())
        })
    }

    /// Asks it to end, as systemd does, and waits for that.
    pub fn terminate(&mut self) -> ExitStatus {
        let id = self.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).to_the_end();
        assert!(told.status.success(), "{told:?}");
        self.end()
    }

    /// Waits for its end.
    pub fn end(&mut self) -> ExitStatus {
        self.wait("its end", |running| {
            running.process.try_wait().expect("a program of ours")
        })
    }

    fn wait<T>(&mut self, what: &str, mut found: impl FnMut(&mut Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            // Asked first: what it said before its end is there by then.
            let ended = self.process.try_wait().expect("a program of ours");
            if let Some(found) = found(self) {
                return found;
            }
            if ended.is_some() || begun.elapsed() > LONGEST {
                let _ = self.process.kill();
                let said = [read(&self.out), read(&self.err)].concat();
                let said = String::from_utf8_lossy(&said).into_owned();
                panic!(
                    "{}: {what} did not come ({ended:?}); it said:\n{said}",
                    self.name
                );
            }
            thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An X server without a screen, and the display that it picked.
pub fn virtual_display() -> (Running, String) {
    let mut server = Running::start(Command::new("Xvfb").args([
        "-displayfd",
        "1",
        "-screen",
        "0",
        "1080x1920x24",
    ]));
    let number = server.line();
    (server, format!(":{number}"))
}

/// All that is in a file, wherever the one who writes it is.
fn read(file: &File) -> Vec<u8> {
    let length = file.metadata().expect("a file's length").len();
    let mut bytes = vec![0; usize::try_from(length).expect("not so much")];
    file.read_exact_at(&mut bytes, 0).expect("a file of ours");
    bytes
}
